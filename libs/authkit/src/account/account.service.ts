import { Inject, Injectable } from '@nestjs/common';
import { KnownDevices } from '../devices/known-devices.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { Outbox } from '../mail/outbox.js';
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
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type AuthUser, type GuardedChange, type KnownUser } from '../storage/user.store.js';
import { assertRoles, withoutProtected } from './account-input.js';
import { orConflict } from './refusals.js';

/** What happens to an account that exists, except signing in. */
@Injectable()
export class AccountService {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly sessionStore: SessionStore,
    private readonly policy: PasswordPolicy,
    private readonly passwords: PasswordService,
    private readonly limiter: AttemptLimiter,
    private readonly sessions: SessionService,
    private readonly cache: SessionCache,
    private readonly devices: KnownDevices,
    private readonly unit: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

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
    const attempt = await this.limiter.begin({ userId, name: known.user.email, device, captchaToken: null });
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
    if (!active) {
      await this.sessions.markAllRevoked(userId, 'user_deactivated');
      await this.devices.forgetAll(userId);
    }
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
    await this.cache.forgetUser(userId);
    if (outcome === 'changed') await this.events.emit('roles.changed', { before, after: roles }, { subject: userId });
  }

  private async known(id: string): Promise<KnownUser> {
    const known = (await this.users.findById(id)) as KnownUser | null;
    if (!known) throw new AuthKitError('user_not_found');
    return known;
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
    await this.unit.run(async () => {
      // The new epoch in the same statement ends every session, of logins still under way too; the links that were made
      // for the hash before are dead with it.
      if (!(await this.users.changePassword(id, { from, to, endSessions: true, at }))) {
        throw new AuthKitError('password_changed_meanwhile');
      }
      await this.outbox.enqueue(known.user, 'password_changed', {});
    });
    if (keepSessionId !== undefined) {
      await this.sessionStore.restamp(keepSessionId, known.sessionEpoch, known.sessionEpoch + 1, at);
    }
    await this.sessions.markAllRevoked(id, 'password_changed', keepSessionId);
  }
}

function ownerOf({ user: { email, username } }: KnownUser): PasswordOwner {
  return { email, username };
}

function assertChangeable(outcome: GuardedChange): void {
  if (outcome === 'not_found') throw new AuthKitError('user_not_found');
  if (outcome === 'last_admin') throw new AuthKitError('last_admin');
}
