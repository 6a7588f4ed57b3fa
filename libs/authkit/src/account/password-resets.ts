import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { AttemptLimiter } from '../login/attempt-limiter.js';
import { Outbox } from '../mail/outbox.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { assertPasswordLength, assertPasswordShape } from '../passwords/password-policy.js';
import { PasswordPolicy } from '../passwords/password-policy.service.js';
import { PasswordService } from '../passwords/password.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { LinkPurpose, OneTimeTokenRecord } from '../storage/one-time-token.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type AuthUser, type KnownUser, type UserCondition } from '../storage/user.store.js';
import { AccountWipers } from './account-wipers.js';
import { Links } from './links.js';
import { fingerprintOf, linkInvalid, OneTimeTokens } from './one-time-tokens.js';

/** A mail with a link to choose a password. */
export type PasswordLinkTemplate = 'reset_password' | 'set_password' | 'login_disabled';

/** What a new password puts an end to; links by which the user stops something stay good. */
const ENDED: readonly LinkPurpose[] = [
  'verify_email',
  'disown_registration',
  'reset_password',
  'set_password',
  'change_email',
];
const DAY_MS = 86_400_000;

/** Passwords chosen by a link that is mailed to the user. */
@Injectable()
export class PasswordResets {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly tokens: OneTimeTokens,
    private readonly links: Links,
    private readonly outbox: Outbox,
    private readonly unit: UnitOfWork,
    private readonly wipers: AccountWipers,
    private readonly policy: PasswordPolicy,
    private readonly passwords: PasswordService,
    private readonly limiter: AttemptLimiter,
    private readonly sessions: SessionService,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Mails a link to an active user with this address, with or without a password; nothing to anybody else. */
  async forgot(email: string): Promise<void> {
    const known = (await this.users.findByIdentifier({ email })) as KnownUser | null;
    if (known?.user.active) await this.sendTo(known, 'reset_password');
  }

  /** Mails a link to a user; it ends the one before. Throws `user_not_found` (404). */
  async send(userId: string, template: PasswordLinkTemplate = 'reset_password'): Promise<void> {
    const known = (await this.users.findById(userId)) as KnownUser | null;
    if (!known) throw new AuthKitError('user_not_found');
    await this.sendTo(known, template);
  }

  /** Tells a user that the password signs in no more, with a link to choose another; at most once a day. */
  async sendDisabledNotice(userId: string): Promise<void> {
    const known = (await this.users.findById(userId)) as KnownUser | null;
    if (known?.user.active) await this.sendTo(known, 'login_disabled', DAY_MS);
  }

  /** Writes the mail with the link, in the unit of work of the change. */
  async write(user: AuthUser, passwordHash: string | null, template: PasswordLinkTemplate): Promise<void> {
    const purpose = template === 'set_password' ? 'set_password' : 'reset_password';
    const token = await this.tokens.issue(user, purpose, { passwordHash });
    const link = this.links.to('resetPassword', token);
    await this.outbox.enqueue(user, template, { link, lifetime: this.tokens.lifetimeOf(purpose) });
  }

  /**
   * Sets the password a link was mailed for, ends every session and whatever spares a device a check, and proves the
   * address. Signs nobody in. Throws `link_invalid` (410), or 422 for the password, which does not use the link up.
   */
  async reset(token: string, newPassword: string): Promise<void> {
    const field = 'newPassword';
    // What needs to know neither the user nor other services, before anything is looked up.
    assertPasswordShape(newPassword, field);
    assertPasswordLength(newPassword, this.options.passwords.minLength, field);
    const record = await this.tokens.getLive(token, 'reset_password', 'set_password');
    const { user, passwordHash: from } = await this.ownerOf(record);
    await this.policy.assert(newPassword, { field, email: user.email, username: user.username });
    const to = await this.passwords.hash(newPassword);
    const at = this.clock.now();
    const { email } = record;
    const provesEmail = await this.unit.run(async () => {
      await this.tokens.consume(record);
      // The hash that the link was made for, and the address it went to: what changed meanwhile has ended it.
      if (!(await this.users.changePassword(user.id, { from, to, endSessions: true, at, where: { email } })))
        throw linkInvalid('the account has changed meanwhile');
      await this.wipers.wipe(user, user.emailVerified ? 'password_reset' : 'first_proof');
      await this.tokens.discard(user.id, ...(user.emailVerified ? ENDED : []));
      await this.outbox.enqueue(user, 'password_changed', {});
      return !user.emailVerified && (await this.prove(user.id, { email, passwordHash: to }, at));
    });
    await this.sessions.markAllRevoked(user.id, 'password_reset');
    await this.limiter.clearAccount(user.id);
    await this.events.emit('password.changed', { by: 'reset' }, { subject: user.id });
    if (provesEmail) await this.events.emit('email.verified', { email, by: 'reset' }, { subject: user.id });
  }

  private async ownerOf({ userId, email, fingerprint }: OneTimeTokenRecord): Promise<KnownUser> {
    const known = (await this.users.findById(userId)) as KnownUser | null;
    if (!known?.user.active) throw linkInvalid('the user is gone or inactive');
    if (known.user.email !== email || fingerprintOf(known.passwordHash) !== fingerprint)
      throw linkInvalid('the address or the password has changed');
    return known;
  }

  private async prove(userId: string, where: UserCondition, at: number): Promise<boolean> {
    try {
      return await this.users.setEmailVerified(userId, true, at, where);
    } catch (error) {
      // A store that is told of proofs in another way.
      if (error instanceof AuthKitError && error.code === 'not_supported') return false;
      throw error;
    }
  }

  private async sendTo(
    { user, passwordHash }: KnownUser,
    template: PasswordLinkTemplate,
    every?: number,
  ): Promise<void> {
    const isSent = await this.unit.run(async () => {
      if (every !== undefined && !(await this.tokens.mayNotify(user, template, every))) return false;
      await this.write(user, passwordHash, template);
      return true;
    });
    if (isSent) await this.events.emit('password.reset_requested', { template }, { subject: user.id });
  }
}
