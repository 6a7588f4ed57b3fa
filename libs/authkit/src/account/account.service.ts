import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError, type ProblemCode } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { newId } from '../kernel/random.js';
import { ALIKE, problemOfRoles } from '../kernel/role-names.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { PasswordPolicy, type PasswordOwner } from '../passwords/password-policy.service.js';
import { assertPasswordShape } from '../passwords/password-policy.js';
import { PasswordService } from '../passwords/password.service.js';
import { AttemptLimiter } from '../login/attempt-limiter.js';
import type { KnownDevice } from '../login/known-device.js';
import { SessionCache } from '../sessions/session-cache.js';
import { SessionService } from '../sessions/session.service.js';
import { SessionStore } from '../storage/session.store.js';
import {
  UserConflictError,
  UserStore,
  type AuthUser,
  type GuardedChange,
  type KnownUser,
} from '../storage/user.store.js';
import { canonicalEmail } from './email-address.js';
import { EmailPolicyGate } from './email-policy.js';
import { canonicalUsername, isReservedUsername } from './username.js';

/** Columns that a client can never set, whatever the host's DTO declares. */
export const PROTECTED_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'roles',
  'permissions',
  'active',
  'emailVerified',
  'passwordHash',
  'sessionEpoch',
  'createdAt',
  'changedAt',
]);

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
  emailVerified?: boolean;
}

/** What happens to an account, except signing in. */
@Injectable()
export class AccountService {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly sessionStore: SessionStore,
    private readonly policy: PasswordPolicy,
    private readonly passwords: PasswordService,
    private readonly limiter: AttemptLimiter,
    private readonly emailPolicy: EmailPolicyGate,
    private readonly sessions: SessionService,
    private readonly cache: SessionCache,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Makes an account. Throws `email_taken`, `username_taken` or `conflict` (409) and 422 for what is not valid. */
  async register(input: Registration, grants: RegistrationGrants = {}): Promise<AuthUser> {
    const { email: rawEmail, password, username: rawUsername, ...fields } = input;
    const email = canonicalEmail(rawEmail) ?? refuseField('email', 'invalid_email', 'Give one e-mail address.');
    const username = this.newUsername(rawUsername);
    const roles = grants.roles ?? this.options.registration.defaultRoles;
    assertRoles(roles);
    if (password !== null) await this.policy.assert(password, { email, username });
    await this.emailPolicy.assertAcceptable(email, 'register');
    // Usernames are public, so this may be told at once, before the hash is spent.
    if (username !== null && (await this.users.findByIdentifier({ username })))
      throw new AuthKitError('username_taken');
    const passwordHash = password === null ? null : await this.passwords.hash(password);
    const at = this.clock.now();
    const user = {
      id: newId(at),
      email,
      username,
      passwordHash,
      emailVerified: grants.emailVerified ?? false,
      roles,
      fields: withoutProtected(fields),
      at,
    };
    const created = await orConflict(async () => this.users.create(user));
    await this.events.emit('user.registered', { email }, { subject: created.user.id });
    return created.user;
  }

  /** Throws `user_not_found` (404). */
  async get(id: string): Promise<AuthUser> {
    return (await this.known(id)).user;
  }

  /** Sets host columns; what is protected is left out. */
  async updateProfile(id: string, fields: Readonly<Record<string, unknown>>): Promise<AuthUser> {
    const { email: _email, username: _username, password: _password, ...profile } = withoutProtected(fields);
    const updated = await orConflict(async () => this.users.updateProfile(id, profile, this.clock.now()));
    if (!updated) throw new AuthKitError('user_not_found');
    return updated.user;
  }

  /**
   * Replaces the password of a user who knows the present one and ends the user's other sessions.
   * A wrong present password counts as a failed login of the account.
   * Throws `invalid_credentials` (401), `rate_limited` (429) or `password_changed_meanwhile` (409).
   */
  async changePassword(
    userId: string,
    sessionId: string,
    currentPassword: string,
    newPassword: string,
    device?: KnownDevice | null,
  ): Promise<void> {
    assertPasswordShape(currentPassword, 'currentPassword');
    const known = await this.known(userId);
    await this.policy.assert(newPassword, { ...ownerOf(known), field: 'newPassword' });
    const attempt = await this.limiter.begin({ userId, name: known.user.email, device });
    if (!(await attempt.judge(() => this.passwords.verify(currentPassword, known.passwordHash)))) {
      await this.events.emit('login.failed', { reason: 'wrong_current_password' }, { subject: userId, sessionId });
      throw new AuthKitError('invalid_credentials', { reason: 'wrong current password' });
    }
    await this.replacePassword(known, newPassword, known.passwordHash, sessionId);
    await this.events.emit('password.changed', { by: 'user' }, { subject: userId, sessionId });
  }

  /** Sets a password on the host's word and ends every session. */
  async setPassword(userId: string, newPassword: string): Promise<void> {
    const known = await this.known(userId);
    await this.policy.assert(newPassword, ownerOf(known));
    await this.replacePassword(known, newPassword, undefined);
    await this.limiter.clearAccount(userId);
    await this.events.emit('password.changed', { by: 'host' }, { subject: userId });
  }

  /** Throws `last_admin` (409) or `user_not_found` (404). Deactivating ends every session. */
  async setActive(userId: string, active: boolean): Promise<void> {
    const outcome = await this.users.setActive(userId, active, this.clock.now(), this.options.adminRole);
    assertChangeable(outcome);
    // Also when it was inactive already: a crash may have come between that change and this.
    if (!active) await this.sessions.markAllRevoked(userId, 'user_deactivated');
    if (outcome === 'unchanged') return;
    await this.events.emit(active ? 'user.activated' : 'user.deactivated', {}, { subject: userId });
  }

  /** Replaces all roles; in force at the user's next request. Throws `last_admin` (409), `user_not_found` (404) or 422. */
  async setRoles(userId: string, roles: readonly string[]): Promise<void> {
    assertRoles(roles);
    const before = (await this.known(userId)).user.roles;
    const at = this.clock.now();
    const outcome = await orConflict(async () => this.users.setRoles(userId, roles, at, this.options.adminRole));
    assertChangeable(outcome);
    this.cache.forgetUser(userId);
    if (outcome === 'changed') await this.events.emit('roles.changed', { before, after: roles }, { subject: userId });
  }

  /** Where login needs a verified address, taking that back ends every session. Throws `user_not_found` (404). */
  async setEmailVerified(userId: string, verified: boolean): Promise<void> {
    if (!(await this.users.setEmailVerified(userId, verified, this.clock.now())))
      throw new AuthKitError('user_not_found');
    this.cache.forgetUser(userId);
    if (!verified && this.options.registration.requireVerifiedEmail) {
      await this.sessions.revokeAll(userId, 'email_unverified');
    }
  }

  private async known(id: string): Promise<KnownUser> {
    const known = (await this.users.findById(id)) as KnownUser | null;
    if (!known) throw new AuthKitError('user_not_found');
    return known;
  }

  private newUsername(raw: string | null | undefined): string | null {
    if (raw === undefined || raw === null) return null;
    const username = canonicalUsername(raw);
    if (username === null) {
      return refuseField('username', 'invalid_username', 'Use 3 to 32 letters, digits and single . _ - between them.');
    }
    if (isReservedUsername(username, this.options.registration.reservedUsernames)) {
      return refuseField('username', 'reserved_username', 'This username is reserved.');
    }
    return username;
  }

  private async replacePassword(
    known: KnownUser,
    password: string,
    from: string | null | undefined,
    keepSessionId?: string,
  ): Promise<void> {
    const { id } = known.user;
    const to = await this.passwords.hash(password);
    const at = this.clock.now();
    // The new epoch in the same statement ends every session, of logins still under way too.
    if (!(await this.users.changePassword(id, { from, to, endSessions: true, at }))) {
      throw new AuthKitError('password_changed_meanwhile');
    }
    if (keepSessionId !== undefined) {
      await this.sessionStore.restamp(keepSessionId, known.sessionEpoch, known.sessionEpoch + 1, at);
    }
    await this.sessions.markAllRevoked(id, 'password_changed', keepSessionId);
  }
}

function ownerOf({ user: { email, username } }: KnownUser): PasswordOwner {
  return { email, username };
}

function withoutProtected(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !PROTECTED_FIELDS.has(name) && value !== undefined),
  );
}

function assertRoles(roles: readonly string[]): void {
  const problem = problemOfRoles(roles);
  if (problem) refuseField('roles', problem.code, problem.detail);
}

function refuseField(field: string, code: string, detail: string): never {
  throw new AuthKitError('validation_failed', { errors: [{ field, code, detail }] });
}

function assertChangeable(outcome: GuardedChange): void {
  if (outcome === 'not_found') throw new AuthKitError('user_not_found');
  if (outcome === 'last_admin') throw new AuthKitError('last_admin');
}

const CONFLICTS: Record<Exclude<UserConflictError['field'], 'roles'>, ProblemCode> = {
  email: 'email_taken',
  username: 'username_taken',
  other: 'conflict',
};

async function orConflict<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof UserConflictError)) throw error;
    if (error.field === 'roles') refuseField('roles', ALIKE.code, ALIKE.detail);
    throw new AuthKitError(CONFLICTS[error.field]);
  }
}
