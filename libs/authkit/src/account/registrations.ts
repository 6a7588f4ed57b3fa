import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { newId } from '../kernel/random.js';
import { Outbox } from '../mail/outbox.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { PasswordPolicy } from '../passwords/password-policy.service.js';
import { PasswordService } from '../passwords/password.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { OneTimeTokenRecord } from '../storage/one-time-token.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type AuthUser, type KnownUser, type NewUser } from '../storage/user.store.js';
import { assertRoles, requireEmail, withoutProtected } from './account-input.js';
import { AccountWipers } from './account-wipers.js';
import { EmailPolicyGate } from './email-policy.js';
import { EmailVerification } from './email-verification.js';
import { linkInvalid, OneTimeTokens } from './one-time-tokens.js';
import { newUsername } from './new-username.js';
import { PasswordResets } from './password-resets.js';
import { orConflict } from './refusals.js';

/** What the statements after the hash take at most, so that their number does not show. */
const LEVEL_MS = 50;
const TELL_EVERY_MS = 3_600_000;

export interface Registration {
  email: string;
  /** Null for an account whose owner signs in by other means; no client can ask for that. */
  password: string | null;
  username?: string | null;
  /** Host columns, already validated. */
  [field: string]: unknown;
}

export interface RegistrationGrants {
  /** Instead of `registration.defaultRoles`. */
  roles?: readonly string[];
  /** @default false */
  emailVerified?: boolean;
  /** Mails a link to choose the first password; for an account without one. @default false */
  sendPasswordLink?: boolean;
}

/** How accounts come to be. */
@Injectable()
export class Registrations {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly policy: PasswordPolicy,
    private readonly emailPolicy: EmailPolicyGate,
    private readonly passwords: PasswordService,
    private readonly sessions: SessionService,
    private readonly verification: EmailVerification,
    private readonly resets: PasswordResets,
    private readonly tokens: OneTimeTokens,
    private readonly wipers: AccountWipers,
    private readonly outbox: Outbox,
    private readonly unit: UnitOfWork,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Makes an account. Throws `email_taken`, `username_taken` or `conflict` (409) and 422 for what is not valid. */
  async create(input: Registration, grants: RegistrationGrants = {}): Promise<AuthUser> {
    return this.store(await this.prepare(input, grants), 'host', grants.sendPasswordLink);
  }

  /**
   * Makes an account as a client asks for it. With `requireVerifiedEmail` the answer is null, and takes the same time,
   * whether the address is taken or not: the mailbox tells (ASVS 6.3.8).
   */
  async register(input: Registration): Promise<AuthUser | null> {
    const wanted = await this.prepare(input, {});
    if (!this.options.registration.requireVerifiedEmail) return this.store(wanted, 'client');
    const [stored] = await Promise.allSettled([this.storeOrTell(wanted), setTimeout(LEVEL_MS)]);
    if (stored.status === 'rejected') throw stored.reason;
    return null;
  }

  /**
   * For the owner of an address who says that the registration was somebody else's: ends the password, the sessions and
   * the links of an account not proven. Throws `link_invalid` (410).
   */
  async disown(record: OneTimeTokenRecord): Promise<void> {
    const { userId, email } = record;
    const user = (await this.users.findById(userId))?.user;
    if (!user) throw linkInvalid('the user is gone');
    const at = this.clock.now();
    await this.unit.run(async () => {
      await this.tokens.consume(record);
      const where = { email, emailVerified: false };
      if (!(await this.users.changePassword(userId, { from: undefined, to: null, endSessions: true, at, where })))
        throw linkInvalid('the address is proven, or another');
      await this.wipers.wipe(user, 'registration_disowned');
      await this.tokens.discard(userId);
      // The owner may register it now.
      await this.tokens.rememberRegistration(user);
    });
    await this.sessions.markAllRevoked(userId, 'registration_disowned');
    await this.events.emit('registration.disowned', { email }, { subject: userId });
  }

  private async prepare(input: Registration, grants: RegistrationGrants): Promise<NewUser> {
    const { email: rawEmail, password, username: rawUsername, ...fields } = input;
    const { defaultRoles, reservedUsernames } = this.options.registration;
    const email = requireEmail(rawEmail);
    const username = typeof rawUsername === 'string' ? newUsername(rawUsername, reservedUsernames) : null;
    const roles = grants.roles ?? defaultRoles;
    assertRoles(roles);
    if (password !== null) await this.policy.assert(password, { email, username });
    await this.emailPolicy.assertAcceptable(email, 'register');
    // Usernames are public, so this may be told at once, before the hash is spent.
    if (username !== null && (await this.users.findByIdentifier({ username })))
      throw new AuthKitError('username_taken');
    const passwordHash = password === null ? null : await this.passwords.hash(password);
    const at = this.clock.now();
    const emailVerified = grants.emailVerified ?? false;
    return { id: newId(at), email, username, passwordHash, emailVerified, roles, fields: withoutProtected(fields), at };
  }

  private async store(wanted: NewUser, by: 'client' | 'host', sendPasswordLink = false): Promise<AuthUser> {
    const { email, passwordHash, emailVerified } = wanted;
    const created = await orConflict(() =>
      this.unit.run(async () => {
        const { user } = await this.users.create(wanted);
        if (by === 'client') await this.tokens.rememberRegistration(user);
        if (sendPasswordLink) await this.resets.write(user, passwordHash, 'set_password');
        else if (this.options.registration.verifyEmail && passwordHash !== null && !emailVerified)
          await this.verification.write(user, passwordHash);
        return user;
      }),
    );
    await this.events.emit('user.registered', { email }, { subject: created.id });
    return created;
  }

  private async storeOrTell(wanted: NewUser): Promise<void> {
    try {
      await this.store(wanted, 'client');
    } catch (error) {
      if (!(error instanceof AuthKitError) || error.code !== 'email_taken') throw error;
      await this.registerAgain(wanted);
    }
  }

  private async registerAgain(wanted: NewUser): Promise<void> {
    const known = (await this.users.findByIdentifier({ email: wanted.email })) as KnownUser | null;
    if (!known?.user.active) return;
    const replaced = await this.replace(known, wanted);
    if (!replaced) await this.tellOwner(known.user);
    await this.events.emit('registration.repeated', { replaced }, { subject: known.user.id });
  }

  /** Not each time: anybody can ask for that mail. */
  private tellOwner(user: AuthUser): Promise<void> {
    return this.unit.run(async () => {
      const isDue = await this.tokens.mayNotify(user, 'already_registered', TELL_EVERY_MS);
      if (isDue) await this.outbox.enqueue(user, 'already_registered', {});
    });
  }

  /**
   * Gives an account that nobody has proven or is using to whoever registers it now: somebody else may have registered
   * the address before, and must not know the password of the account its owner proves. False where it must stay.
   */
  private async replace({ user, passwordHash: from }: KnownUser, wanted: NewUser): Promise<boolean> {
    const { verifyEmail } = this.options.registration;
    if (user.emailVerified || !verifyEmail || (await this.sessions.list(user.id)).length > 0) return false;
    // One that the host has made or imported has more to it than a registration: roles, data, a password of before.
    if (!(await this.tokens.isOfClient(user.id))) return false;
    const { passwordHash: to, fields, at } = wanted;
    const where = { emailVerified: false };
    try {
      await orConflict(() =>
        this.unit.run(async () => {
          // The link first, in the order of the verification, so that the two wait for each other and do not lock up.
          await this.verification.write(user, to);
          if (!(await this.users.changePassword(user.id, { from, to, endSessions: true, at, where })))
            throw new AuthKitError('password_changed_meanwhile');
          await this.wipers.wipe(user, 'registration_disowned');
          if (Object.keys(fields).length > 0) await this.users.updateProfile(user.id, fields, at);
        }),
      );
      return true;
    } catch (error) {
      // What the store cannot do, and what has changed meanwhile, must not tell that there is an account.
      if (error instanceof AuthKitError && ['password_changed_meanwhile', 'not_supported'].includes(error.code))
        return false;
      throw error;
    }
  }
}
