import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { Outbox } from '../mail/outbox.js';
import { SessionService } from '../sessions/session.service.js';
import type { OneTimeTokenRecord } from '../storage/one-time-token.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type AuthUser, type KnownUser } from '../storage/user.store.js';
import { Links } from './links.js';
import { fingerprintOf, linkInvalid, OneTimeTokens } from './one-time-tokens.js';

/** Proof that an address is its user's, by a link that is mailed there. */
@Injectable()
export class EmailVerification {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly tokens: OneTimeTokens,
    private readonly links: Links,
    private readonly outbox: Outbox,
    private readonly unit: UnitOfWork,
    private readonly sessions: SessionService,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * Writes the mail with the link, in the unit of work of the change. The link is good as long as the hash stays the same:
   * the owner of the address must not prove it for somebody who has registered it since.
   */
  async write(user: AuthUser, passwordHash: string | null): Promise<void> {
    const token = await this.tokens.issue(user, 'verify_email', { passwordHash });
    // Whoever registered somebody else's address could change the password: that must not save the account.
    const disownToken = await this.tokens.issue(user, 'disown_registration');
    await this.outbox.enqueue(user, 'verify_email', {
      link: this.links.to('verifyEmail', token),
      lifetime: this.tokens.lifetimeOf('verify_email'),
      disownLink: this.links.to('notMe', disownToken),
    });
  }

  /** Mails another link, if the address is an active user's who has not proven it. */
  async resend(email: string): Promise<void> {
    const known = (await this.users.findByIdentifier({ email })) as KnownUser | null;
    if (known?.user.active) await this.writeUnlessVerified(known);
  }

  /** Mails another link; nothing if the address is proven. Throws `user_not_found` (404). */
  async send(userId: string): Promise<void> {
    const known = (await this.users.findById(userId)) as KnownUser | null;
    if (!known) throw new AuthKitError('user_not_found');
    await this.writeUnlessVerified(known);
  }

  /** Proves the address a link was mailed to. A link that has worked does nothing more. Throws `link_invalid` (410). */
  async verify(token: string): Promise<void> {
    const record = await this.tokens.find(token, 'verify_email');
    if (!record) throw linkInvalid('no such link');
    try {
      if (record.consumedAt === null) return await this.prove(record);
    } catch (error) {
      if (!(error instanceof AuthKitError) || error.code !== 'link_invalid') throw error;
      // The same link may have been quicker in another request.
    }
    if (!(await this.hasWorked(token))) throw linkInvalid('expired, replaced or meant for another password');
  }

  private async prove(record: OneTimeTokenRecord): Promise<void> {
    const known = (await this.users.findById(record.userId)) as KnownUser | null;
    if (!known || known.user.email !== record.email || fingerprintOf(known.passwordHash) !== record.fingerprint)
      throw linkInvalid('the account has changed');
    const { user, passwordHash } = known;
    const at = this.clock.now();
    await this.unit.run(async () => {
      await this.tokens.consume(record);
      if (user.emailVerified) return;
      const where = { email: record.email, passwordHash };
      if (!(await this.users.setEmailVerified(user.id, true, at, where))) throw linkInvalid('the account has changed');
      await this.tokens.discard(user.id, 'disown_registration');
    });
    if (user.emailVerified) return;
    await this.sessions.forgetUser(user.id);
    await this.events.emit('email.verified', { email: record.email, by: 'link' }, { subject: user.id });
  }

  private async hasWorked(token: string): Promise<boolean> {
    const record = await this.tokens.find(token, 'verify_email');
    if (!record || record.consumedAt === null) return false;
    const user = (await this.users.findById(record.userId))?.user;
    return user !== undefined && user.emailVerified && user.email === record.email;
  }

  private async writeUnlessVerified({ user, passwordHash }: KnownUser): Promise<void> {
    if (!user.emailVerified) await this.unit.run(() => this.write(user, passwordHash));
  }
}
