import { Inject, Injectable } from '@nestjs/common';
import { AccountService } from './account/account.service.js';
import { Deletions } from './account/deletions.js';
import { EmailVerification, type EmailProof } from './account/email-verification.js';
import { PasswordResets } from './account/password-resets.js';
import { Registrations, type Registration, type RegistrationGrants } from './account/registrations.js';
import type { ImportUser } from './importing/import-user.js';
import { UserImporter } from './importing/user-importer.js';
import { AuthKitError } from './kernel/errors.js';
import { AttemptLimiter } from './login/attempt-limiter.js';
import { LoginService } from './login/login.service.js';
import type { CredentialTransport } from './kernel/credential-transport.js';
import { AccessTokens, type AccessClaims } from './sessions/access-token.js';
import { SessionService, type LiveSession } from './sessions/session.service.js';
import { TokenPairs, type TokenPair } from './sessions/token-pair.js';
import { UserStore, type AuthUser, type KnownUser, type LoginIdentifier } from './storage/user.store.js';

/** A user who has just signed in. */
export interface SignIn<U extends AuthUser = AuthUser> extends TokenPair {
  readonly user: U;
  readonly sessionId: string;
}

/** What host code may do with accounts and sessions; every method is in force on return. Inject it as `AuthService<User>`. */
@Injectable()
export class AuthService<U extends AuthUser = AuthUser> {
  constructor(
    private readonly accounts: AccountService,
    private readonly registrations: Registrations,
    private readonly verification: EmailVerification,
    private readonly resets: PasswordResets,
    private readonly logins: LoginService,
    private readonly sessions: SessionService,
    private readonly tokens: TokenPairs,
    private readonly accessTokens: AccessTokens,
    @Inject(UserStore) private readonly users: UserStore,
    private readonly importer: UserImporter,
    private readonly deletions: Deletions,
    private readonly limiter: AttemptLimiter,
  ) {}

  /**
   * Makes an account. Its user gets a mail with a link that proves the address, or with `sendPasswordLink` one to choose
   * the first password. Throws 409 (`email_taken`, `username_taken`, `conflict`) or 422.
   */
  async register(input: Registration, grants?: RegistrationGrants): Promise<U> {
    return (await this.registrations.create(input, grants)) as U;
  }

  /**
   * Makes an account of another system's, with its password hash; `UserImporter` does so for many. Its id is a new one
   * unless it is a UUID. Throws 409 (`email_taken`, `username_taken`, `conflict`) or 422.
   */
  async importUser(user: ImportUser): Promise<U> {
    return (await this.importer.importOne(user)) as U;
  }

  /** The user with this e-mail address or username, as typed, or with just the one given; null when there is none. */
  async findUser(identifier: string | LoginIdentifier): Promise<U | null> {
    return ((await this.logins.find(identifier))?.user as U | undefined) ?? null;
  }

  /** Signs in by password, without a captcha. Throws `invalid_credentials` (401), `rate_limited` (429), or 503 when too many log in at once. */
  async login(identifier: string, password: string, transport: CredentialTransport = 'bearer'): Promise<SignIn<U>> {
    return this.signIn(await this.logins.withPassword(identifier, password, transport, { captchaToken: null }));
  }

  /** Signs in a user whom the host has authenticated by other means; `amr` says how (RFC 8176), `authenticatedAt` when. */
  async issueFor(
    user: { id: string } | string,
    options: { transport?: CredentialTransport; amr?: readonly string[]; authenticatedAt?: Date } = {},
  ): Promise<SignIn<U>> {
    const known = (await this.users.findById(typeof user === 'string' ? user : user.id)) as KnownUser | null;
    if (!known) throw new AuthKitError('user_not_found');
    const { transport = 'bearer', amr = [], authenticatedAt } = options;
    return this.signIn(await this.logins.complete(known, transport, amr, authenticatedAt?.getTime()));
  }

  /** Exchanges a bearer session's refresh token for new tokens. Throws 401. */
  async refresh(refreshToken: string): Promise<SignIn<U>> {
    return this.signIn(await this.sessions.refresh(refreshToken, 'bearer'));
  }

  /** Ends the session that an access token (expired or not) or a refresh token proves; false when it proves none. */
  async logout(token: string): Promise<boolean> {
    const session = this.sessions.sessionOfAccessToken(token) ?? (await this.sessions.sessionOfRefreshToken(token));
    return session !== null && this.sessions.revoke(session.id, 'logout', session.userId);
  }

  /** Ends one session; false when there was nothing to end. */
  revoke(sessionId: string): Promise<boolean> {
    return this.sessions.revokeAnyones(sessionId);
  }

  /** Ends every session of a user, those of logins still under way too. Throws `user_not_found` (404). */
  async revokeAll(userId: string): Promise<void> {
    if (!(await this.sessions.revokeAll(userId, 'revoked_by_host'))) throw new AuthKitError('user_not_found');
  }

  /** Replaces all roles; in force at the user's next request. Throws `last_admin` (409), `user_not_found` (404) or 422. */
  setRoles(userId: string, roles: readonly string[]): Promise<void> {
    return this.accounts.setRoles(userId, roles);
  }

  /** Deactivating ends every session. Throws `last_admin` (409) or `user_not_found` (404). */
  setActive(userId: string, active: boolean): Promise<void> {
    return this.accounts.setActive(userId, active);
  }

  /**
   * Erases the account, without a grace period. Throws `last_admin` (409), `user_not_found` (404), `not_supported` (501), or
   * what `account.onErase` throws; the account is closed then, and erased later.
   */
  deleteUser(userId: string): Promise<void> {
    return this.deletions.deleteNow(userId);
  }

  /** Sets a password, which lifts a disabled one's ban, and ends every session. Throws `user_not_found` (404) or 422. */
  setPassword(userId: string, password: string): Promise<void> {
    return this.accounts.setPassword(userId, password);
  }

  /** Lets the password of a user sign in again that too many failures have disabled. Throws `user_not_found` (404). */
  async unlock(userId: string): Promise<void> {
    await this.accounts.get(userId);
    await this.limiter.clearAccount(userId);
  }

  /** Mails a link to choose the first password, good for `linkLifetimes.setPassword`. Throws `user_not_found` (404). */
  sendPasswordLink(userId: string): Promise<void> {
    return this.resets.send(userId, 'set_password');
  }

  /** Mails a link that proves the address; nothing if it is proven. Throws `user_not_found` (404). */
  sendVerificationLink(userId: string): Promise<void> {
    return this.verification.send(userId);
  }

  /**
   * Says whether the address is proven to be the user's. The first proof takes away password, sessions, devices and links,
   * which may be those of somebody who registered the address before its owner: `keepPassword` says that the proof is of
   * this very registration. Throws `user_not_found` (404), `password_changed_meanwhile` (409) when something else was
   * quicker, and `not_supported` (501) where a store cannot take a password away.
   */
  setEmailVerified(userId: string, verified: boolean, proof: EmailProof = {}): Promise<void> {
    return verified ? this.verification.setVerified(userId, proof) : this.verification.setUnverified(userId);
  }

  /**
   * To be called after the host has changed or deleted a user's row by its own statement: the user's sessions
   * are read again at their next request. Without a bus other nodes do so within a minute only.
   */
  forgetUser(userId: string): Promise<void> {
    return this.sessions.forgetUser(userId);
  }

  /** Claims of a genuine, current access token; says nothing of the session. Throws 401. */
  verifyAccessToken(token: string): AccessClaims {
    return this.accessTokens.verify(token);
  }

  private signIn(live: LiveSession): SignIn<U> {
    return { ...this.tokens.of(live), user: live.known.user as U, sessionId: live.session.id };
  }
}
