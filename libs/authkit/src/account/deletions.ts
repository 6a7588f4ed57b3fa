import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { Outbox } from '../mail/outbox.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionService } from '../sessions/session.service.js';
import { DeletionStore } from '../storage/deletion.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type AuthUser } from '../storage/user.store.js';
import { Erasures } from './erasures.js';
import { Links } from './links.js';
import { linkInvalid, OneTimeTokens } from './one-time-tokens.js';

/** The end of an account, asked for and thought over. */
@Injectable()
export class Deletions {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly store: DeletionStore,
    private readonly erasures: Erasures,
    private readonly tokens: OneTimeTokens,
    private readonly links: Links,
    private readonly outbox: Outbox,
    private readonly unit: UnitOfWork,
    private readonly sessions: SessionService,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Notes that a user wants the account deleted, ends every session, and mails a link that stops it; when that will be,
   * epoch milliseconds. Without a grace period the account is erased before this returns. Throws `deletion_disabled` (403),
   * `last_admin` (409) or `not_supported` (501).
   */
  async request(userId: string): Promise<number> {
    const { enabled, grace } = this.options.account.deletion;
    if (!enabled) throw new AuthKitError('deletion_disabled');
    const user = await this.deletable(userId);
    const at = this.clock.now();
    if (grace === 0) {
      await this.erasures.eraseNow(userId, 'user', { retryLater: true });
      return at;
    }
    const deletionAt = await this.unit.run(async () => {
      const { dueAt } = await this.store.request({ userId, by: 'user', requestedAt: at, dueAt: at + grace });
      const token = await this.tokens.issue(user, 'cancel_deletion', { lifetime: dueAt - at });
      const cancelLink = this.links.to('cancelDeletion', token);
      await this.outbox.enqueue(user, 'deletion_requested', { deletionAt: dueAt, cancelLink });
      await this.users.endSessions!(userId, at);
      return dueAt;
    });
    await this.sessions.markAllRevoked(userId, 'deletion_requested');
    await this.events.emit('user.deletion_requested', { deletionAt }, { subject: userId });
    return deletionAt;
  }

  /** Stops a deletion that is not due yet. Throws `link_invalid` (410). */
  async cancel(token: string): Promise<void> {
    const record = await this.tokens.getLive(token, 'cancel_deletion');
    const { userId } = record;
    await this.unit.run(async () => {
      await this.tokens.consume(record);
      if (!(await this.store.withdraw(userId, this.clock.now()))) throw linkInvalid('the deletion is due or gone');
    });
    await this.events.emit('user.deletion_cancelled', {}, { subject: userId, actor: { kind: 'user', id: userId } });
  }

  /** Erases an account on the host's word. Throws what {@link request} throws, and what the hook `onErase` throws. */
  async deleteNow(userId: string): Promise<void> {
    await this.deletable(userId);
    await this.erasures.eraseNow(userId, 'host', { retryLater: false });
  }

  private async deletable(userId: string): Promise<AuthUser> {
    if (!this.users.supports('remove')) throw new AuthKitError('not_supported');
    const known = await this.users.findById(userId);
    if (!known) throw new AuthKitError('user_not_found');
    // To say it early. What decides is the erasure itself.
    if (await this.users.isLastAdmin(userId, this.options.adminRole)) throw new AuthKitError('last_admin');
    return known.user;
  }
}
