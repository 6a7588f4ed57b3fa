import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { canonicalEmail } from '../account/email-address.js';
import { canonicalUsername } from '../account/username.js';
import { AfterReply } from '../kernel/after-reply.js';
import { Clock } from '../kernel/clock.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import { AuthEvents, type AnyAuthEvent } from '../kernel/events.js';
import { newId } from '../kernel/random.js';
import { LoginService } from '../login/login.service.js';
import { OutboxWorker } from '../mail/outbox-worker.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { PasswordService } from '../passwords/password.service.js';
import { AccessTokens, SKEW_SECONDS } from '../sessions/access-token.js';
import { AuthCookies } from '../sessions/cookies.js';
import { SessionService } from '../sessions/session.service.js';
import { TokenPairs, type TokenPair } from '../sessions/token-pair.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { SessionStore } from '../storage/session.store.js';
import { UserStore, type AuthUser, type KnownUser } from '../storage/user.store.js';
import { FixedClock } from './fixed-clock.js';

/** An account that a test wants to exist. */
export interface TestUser {
  /** @default one that nobody else has */
  email?: string;
  /** @default none */
  username?: string;
  /** No policy is applied. @default none, so nothing is hashed, and a login by password fails */
  password?: string;
  /** @default those of `registration.defaultRoles` */
  roles?: readonly string[];
  /** @default true */
  emailVerified?: boolean;
  /** @default true */
  active?: boolean;
  /** Host columns. */
  [field: string]: unknown;
}

/** How a user acts in a test. */
export interface ActingOptions {
  /** Given to the user first, instead of the roles held. @default as they are */
  roles?: readonly string[];
  /** How the credential travels. @default `credentials.default` of the app */
  transport?: CredentialTransport;
  /** How the user has signed in (RFC 8176). @default ['pwd'] */
  amr?: readonly string[];
  /** When the user last proved who they are. @default now */
  authenticatedAt?: Date;
}

/** A user who is signed in, and what such a user's client sends. */
export interface Acting<U extends AuthUser = AuthUser> extends TokenPair {
  readonly user: U;
  readonly sessionId: string;
  /** The Authorization header; in cookie transport both cookies, and an Origin as browsers send it. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Users and sessions for tests of an app, listening or not. The tokens, the sessions and the guard that judges them are
 * the real ones.
 */
export class TestAuth<U extends AuthUser = AuthUser> {
  /** What has happened since this was made, oldest first. */
  readonly events: AnyAuthEvent[] = [];

  constructor(private readonly app: INestApplicationContext) {
    this.get(AuthEvents).subscribe({ onAuthEvent: (event) => void this.events.push(event) });
  }

  /** The app's clock, where {@link withFixedClock} has replaced it; throws where it has not. */
  get clock(): FixedClock {
    const clock = this.get(Clock);
    if (clock instanceof FixedClock) return clock;
    throw new Error('The app runs on a real clock. Call withFixedClock(builder) before builder.compile().');
  }

  /** Makes an account straight in the user store: no policy, no event, and no hashing unless a password is given. */
  async user(wanted: TestUser = {}): Promise<U> {
    const { email: rawEmail, username: rawName, password, roles, emailVerified, active, ...fields } = wanted;
    const email = canonicalEmail(rawEmail ?? `${randomUUID()}@example.com`);
    const username = rawName === undefined ? null : canonicalUsername(rawName);
    if (email === null) throw new TypeError(`TestAuth.user: '${rawEmail}' is no e-mail address`);
    if (rawName !== undefined && username === null) throw new TypeError(`TestAuth.user: '${rawName}' is no username`);
    const users = this.get(UserStore);
    const at = this.get(Clock).now();
    const id = newId(at);
    await users.create({
      id,
      email,
      username,
      passwordHash: password === undefined ? null : await this.get(PasswordService).hash(password),
      emailVerified: emailVerified ?? true,
      roles: roles ?? this.options.registration.defaultRoles,
      fields,
      at,
    });
    if (active === false) await users.setActive(id, false, at, null);
    return (await this.known(id)).user as U;
  }

  /**
   * Signs a user in, as if after a login: second factors and inactive accounts are judged as there.
   *
   * @param who a user of the app, or the words 'new user' for one made on the spot
   */
  async actingAs(who: { id: string } | 'new user', options: ActingOptions = {}): Promise<Acting<U>> {
    const { roles, amr = ['pwd'], authenticatedAt } = options;
    const transport = this.get(TokenTransport).choose(options.transport);
    const { id } = who === 'new user' ? await this.user({ roles }) : who;
    if (roles && who !== 'new user') await this.setRoles(id, roles);
    const logins = this.get(LoginService);
    const live = await logins.complete(await this.known(id), transport, amr, authenticatedAt?.getTime());
    const tokens = this.get(TokenPairs).of(live);
    const headers = Object.freeze(this.headersOf(tokens, transport));
    return { ...tokens, headers, user: live.known.user as U, sessionId: live.session.id };
  }

  /** Ends the session, as an administrator would; false when it has ended already. */
  revoke({ sessionId }: { sessionId: string }): Promise<boolean> {
    return this.get(SessionService).revokeAnyones(sessionId);
  }

  /** Moves the fixed clock to where this access token (and every older one) has expired. */
  expireAccessToken({ accessToken }: { accessToken: string }): void {
    const { exp } = this.get(AccessTokens).verify(accessToken, { allowExpired: true });
    this.moveTo((exp + SKEW_SECONDS) * 1000);
  }

  /** Moves the fixed clock to where the session has expired, because nobody refreshed it. */
  async expireSession({ sessionId }: { sessionId: string }): Promise<void> {
    const found = await this.get(SessionStore).findWithUser(sessionId);
    if (!found) throw new Error(`TestAuth.expireSession: there is no session ${sessionId}`);
    this.moveTo(Math.min(found.session.idleExpiresAt, found.session.absoluteExpiresAt));
  }

  /**
   * Waits for what goes on after replies, such as the mail that `password/forgot` answers before it is made, and for the
   * mails that are due to be sent, or put back for another try.
   */
  async settled(): Promise<void> {
    await this.get(AfterReply).settled();
    await this.get(OutboxWorker).drain();
  }

  private get options(): ResolvedOptions {
    return this.app.get<ResolvedOptions>(RESOLVED_OPTIONS, { strict: false });
  }

  private async known(id: string): Promise<KnownUser> {
    const known = (await this.get(UserStore).findById(id)) as KnownUser | null;
    if (!known) throw new Error(`TestAuth: the user store has no user ${id}`);
    return known;
  }

  /** Past the protection of the last administrator: a test says who is one. */
  private async setRoles(id: string, roles: readonly string[]): Promise<void> {
    await this.get(UserStore).setRoles(id, roles, this.get(Clock).now(), null);
    await this.get(SessionService).forgetUser(id);
  }

  private headersOf(tokens: TokenPair, transport: CredentialTransport): Record<string, string> {
    if (transport === 'bearer') return { authorization: `Bearer ${tokens.accessToken}` };
    const cookies = this.get(AuthCookies).issue(tokens);
    const origin = new URL(this.options.baseUrl).origin;
    return { cookie: cookies.map((cookie) => cookie.slice(0, cookie.indexOf(';'))).join('; '), origin };
  }

  private moveTo(time: number): void {
    this.clock.advance(Math.max(0, time - this.clock.now()));
  }

  // The module exports only what apps need.
  private get<T>(token: abstract new (...dependencies: never[]) => T): T {
    return this.app.get<T>(token, { strict: false });
  }
}

/** Users and sessions for tests of this app; after `compile()`, and before or after `init()` or `listen()`. */
export function createTestAuth<U extends AuthUser = AuthUser>(app: INestApplicationContext): TestAuth<U> {
  return new TestAuth<U>(app);
}
