import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { Outbox } from '../mail/outbox.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionService } from '../sessions/session.service.js';
import type { OneTimeTokenRecord } from '../storage/one-time-token.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type AuthUser, type KnownUser } from '../storage/user.store.js';
import { AccountWipers } from './account-wipers.js';
import { Links } from './links.js';
import { fingerprintOf, linkInvalid, OneTimeTokens } from './one-time-tokens.js';

/** What the host knows of a proof of its own. */
export interface EmailProof {
  /**
   * The proof is of this very registration, such as a code that the app has mailed for it: who proves the address knows
   * the password. Without it whatever was there before the first proof is taken away. @default false
   */
  keepPassword?: boolean;
}

/** Proof that an address is its user's, by a link that is mailed there or on the host's word. */
@Injectable()
export class EmailVerification {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly tokens: OneTimeTokens,
    private readonly links: Links,
    private readonly outbox: Outbox,
    private readonly unit: UnitOfWork,
    private readonly wipers: AccountWipers,
    private readonly sessions: SessionService,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
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
    await this.writeUnlessVerified(await this.known(userId));
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

  /**
   * Takes the host's word for it; nothing if the address is proven. Whoever registered somebody else's address keeps
   * nothing, unless `keepPassword` is set. Throws `user_not_found` (404) or `password_changed_meanwhile` (409).
   */
  async setVerified(userId: string, { keepPassword = false }: EmailProof = {}): Promise<void> {
    const { user } = await this.known(userId);
    if (user.emailVerified) return;
    const { email } = user;
    const at = this.clock.now();
    await this.unit.run(async () => {
      // The links first, in the order of the flows that use one, so that they wait for each other and do not lock up.
      await this.tokens.discard(userId, ...(keepPassword ? (['disown_registration'] as const) : []));
      if (!keepPassword) await this.takeAway(user, at);
      const where = keepPassword ? { email } : { email, passwordHash: null };
      if (!(await this.users.setEmailVerified(userId, true, at, where))) throw changedMeanwhile();
    });
    if (keepPassword) await this.sessions.forgetUser(userId);
    else await this.sessions.markAllRevoked(userId, 'email_proven');
    await this.events.emit('email.verified', { email, by: 'host' }, { subject: userId });
  }

  /** Where login needs a verified address, this ends every session. Throws `user_not_found` (404). */
  async setUnverified(userId: string): Promise<void> {
    if (!(await this.users.setEmailVerified(userId, false, this.clock.now()))) throw new AuthKitError('user_not_found');
    await this.sessions.forgetUser(userId);
    if (this.options.registration.requireVerifiedEmail) await this.sessions.revokeAll(userId, 'email_unverified');
  }

  private async takeAway(user: AuthUser, at: number): Promise<void> {
    const where = { email: user.email, emailVerified: false };
    if (!(await this.users.changePassword(user.id, { from: undefined, to: null, endSessions: true, at, where })))
      throw changedMeanwhile();
    await this.wipers.wipe(user, 'first_proof');
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

  private async known(userId: string): Promise<KnownUser> {
    const known = (await this.users.findById(userId)) as KnownUser | null;
    if (!known) throw new AuthKitError('user_not_found');
    return known;
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

/** By a link, most likely: then the password is that of the owner of the address. */
const changedMeanwhile = () =>
  new AuthKitError('password_changed_meanwhile', { reason: 'the address was proven or changed, or the user is gone' });
