import { Inject, Injectable } from '@nestjs/common';
import { Links } from '../account/links.js';
import { linkInvalid, OneTimeTokens } from '../account/one-time-tokens.js';
import { Clock } from '../kernel/clock.js';
import { AuthEvents } from '../kernel/events.js';
import { Outbox } from '../mail/outbox.js';
import { SessionService } from '../sessions/session.service.js';
import { DeviceStore } from '../storage/device.store.js';
import { SessionStore } from '../storage/session.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type KnownUser } from '../storage/user.store.js';

/** Logins of which their user says: this was not me. */
@Injectable()
export class DisownedLogins {
  constructor(
    private readonly sessionStore: SessionStore,
    private readonly sessions: SessionService,
    private readonly devices: DeviceStore,
    @Inject(UserStore) private readonly users: UserStore,
    private readonly unit: UnitOfWork,
    private readonly tokens: OneTimeTokens,
    private readonly links: Links,
    private readonly outbox: Outbox,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends the session that a notice was about, forgets its device and mails a link to choose another password, because
   * somebody else knows the present one. Once: of many at once all others throw `link_invalid` (410).
   */
  async disown(token: string): Promise<void> {
    const record = await this.tokens.getLive(token, 'not_me');
    const { userId, slot: sessionId } = record;
    const known = (await this.users.findById(userId)) as KnownUser | null;
    if (!known) throw linkInvalid('the user is gone');
    const at = this.clock.now();
    const ended = await this.unit.run(async () => {
      await this.tokens.consume(record);
      await this.devices.revokeOfSession(sessionId, userId, at);
      await this.startReset(known);
      return this.sessionStore.revoke(sessionId, 'disowned', at, userId);
    });
    this.sessions.forgetUser(userId);
    await this.events.emit('login.disowned', {}, { subject: userId, sessionId });
    if (ended) {
      await this.events.emit('session.revoked', { reason: 'disowned', scope: 'one' }, { subject: userId, sessionId });
    }
  }

  private async startReset({ user, passwordHash }: KnownUser): Promise<void> {
    if (!user.active) return;
    const token = await this.tokens.issue(user, 'reset_password', { passwordHash });
    const link = this.links.to('resetPassword', token);
    await this.outbox.enqueue(user, 'reset_password', { link, lifetime: this.tokens.lifetimeOf('reset_password') });
  }
}
