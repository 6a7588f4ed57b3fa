import { Inject, Injectable, Logger } from '@nestjs/common';
import { canonicalEmail } from '../account/email-address.js';
import { canonicalUsername } from '../account/username.js';
import { KnownDevices, type PresentedDevice } from '../devices/known-devices.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { assertPasswordShape } from '../passwords/password-policy.js';
import { PasswordService } from '../passwords/password.service.js';
import { SessionIssuer } from '../sessions/session-issuer.js';
import { SessionService, type LiveSession, type ProvenSession } from '../sessions/session.service.js';
import { UserStore, type KnownUser, type LoginIdentifier } from '../storage/user.store.js';
import { AttemptLimiter } from './attempt-limiter.js';
import type { PasswordClaim } from './password-attempt.js';
import { SECOND_FACTORS, type SecondFactor } from './second-factor.js';

/** What a client shows beside a name and a password. */
export interface LoginEvidence {
  /**
   * The device it presents, null for none that is known; left out when the host signs a user in on its own word. One of
   * the user's does not wait for the account's limits.
   */
  device?: PresentedDevice | null;
  /** What the captcha's widget gave; null where nobody could be asked. */
  captchaToken?: string | null;
}

/** The one way to a session, whatever proves who the user is. */
@Injectable()
export class LoginService {
  private readonly logger = new Logger('AuthKit');

  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly passwords: PasswordService,
    private readonly limiter: AttemptLimiter,
    private readonly issuer: SessionIssuer,
    private readonly sessions: SessionService,
    private readonly devices: KnownDevices,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(SECOND_FACTORS) private readonly secondFactors: readonly SecondFactor[],
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Signs a user in by password. Every failure is the same `invalid_credentials` (401), and takes the same time; limits
   * come before the hash: `rate_limited` (429), `captcha_required` (403).
   */
  async withPassword(
    identifier: string,
    password: string,
    transport: CredentialTransport,
    evidence: LoginEvidence = {},
  ): Promise<LiveSession> {
    assertPasswordShape(password);
    const named = identifierOf(identifier);
    const known = named && ((await this.users.findByIdentifier(named)) as KnownUser | null);
    const name = named ? Object.values(named).join() : identifier.trim().toLowerCase();
    const matches = await this.matches(known, name, password, evidence);
    if (!known) return this.fail('unknown_user');
    if (!matches) return this.fail(known.passwordHash === null ? 'no_password' : 'wrong_password', known);
    const session = await this.complete(known, transport, ['pwd'], undefined, evidence.device);
    await this.rehash(known, password);
    return session;
  }

  /**
   * Signs in a user whom the host or a feature has authenticated by other means. Second factors still count.
   *
   * @param authenticatedAt when that was, epoch milliseconds (OpenID Connect's `auth_time`). Default now.
   * @param presented the device that the request presented, null for none that is known; left out without a request
   */
  async complete(
    known: KnownUser,
    transport: CredentialTransport,
    amr: readonly string[],
    authenticatedAt?: number,
    presented?: PresentedDevice | null,
  ): Promise<LiveSession> {
    const { user } = known;
    if (!user.active) return this.fail('inactive', known);
    if (this.options.registration.requireVerifiedEmail && !user.emailVerified) {
      await this.emitFailure('email_not_verified', known);
      throw new AuthKitError('email_not_verified');
    }
    for (const factor of this.secondFactors) {
      const demand = await factor.demand(user, amr);
      if (demand) throw demand;
    }
    const device = presented === undefined ? undefined : await this.devices.recognise(known, presented);
    const session = await this.issuer.issue(known, transport, amr, authenticatedAt, device);
    if (device) await this.devices.admit(known, session, device);
    const actor = { kind: 'user' as const, id: user.id };
    const details = { amr, device: device ? { id: device.id, isNew: device.isNew } : null };
    await this.events.emit('login.succeeded', details, { subject: user.id, sessionId: session.id, actor });
    return { session, known, device };
  }

  /**
   * Has the user of a session prove by password that it is still them; the session is fresh from then on, on every node.
   * Throws `invalid_credentials` (401) for a wrong password, and for users without one; `rate_limited` (429).
   */
  async reauthenticate(session: ProvenSession, password: string, device?: PresentedDevice | null): Promise<void> {
    assertPasswordShape(password);
    const known = (await this.users.findById(session.userId)) as KnownUser | null;
    const matches = await this.matches(known, session.userId, password, { device, captchaToken: null });
    if (!known) return this.fail('unknown_user');
    if (!matches) return this.fail(known.passwordHash === null ? 'no_password' : 'wrong_password', known);
    // By the epoch that came with the hash: a password replaced meanwhile proves nothing any more.
    if (!(await this.sessions.renewAuthentication(session, known.sessionEpoch, ['pwd']))) {
      throw new AuthKitError('invalid_credentials', { reason: 'the session or the password changed meanwhile' });
    }
  }

  /** The user with this e-mail address or username, as typed. */
  async find(identifier: string | LoginIdentifier): Promise<KnownUser | null> {
    const named = typeof identifier === 'string' ? identifierOf(identifier) : canonical(identifier);
    return named && ((await this.users.findByIdentifier(named)) as KnownUser | null);
  }

  /** Whether the password is the user's, unless a limit refuses the guess. An inactive user's counts as wrong. */
  private async matches(
    known: KnownUser | null,
    name: string,
    password: string,
    evidence: Pick<PasswordClaim, 'device' | 'captchaToken'>,
  ): Promise<boolean> {
    const attempt = await this.limiter.begin({ ...evidence, userId: known?.user.id, name });
    let matches = false;
    await attempt.judge(async () => {
      matches = await this.passwords.verify(password, known?.passwordHash ?? null);
      return matches && known?.user.active === true;
    });
    return matches;
  }

  /** Old schemes and costs go at the first login that shows the password; never over a hash changed meanwhile. */
  private async rehash({ user, passwordHash }: KnownUser, password: string): Promise<void> {
    if (passwordHash === null || !this.passwords.shouldRehash(passwordHash)) return;
    try {
      const to = await this.passwords.hash(password);
      const change = { from: passwordHash, to, endSessions: false, at: this.clock.now() };
      await this.users.changePassword(user.id, change);
    } catch (error) {
      // A store that keeps its hashes to itself, once and for all.
      if (error instanceof AuthKitError && error.code === 'not_supported') return;
      // The login has succeeded; the next one tries again.
      this.logger.warn(`a password hash could not be renewed: ${String(error)}`);
    }
  }

  private async fail(reason: string, known?: KnownUser): Promise<never> {
    await this.emitFailure(reason, known);
    throw new AuthKitError('invalid_credentials', { reason });
  }

  private emitFailure(reason: string, known?: KnownUser): Promise<void> {
    return this.events.emit('login.failed', { reason }, { subject: known?.user.id });
  }
}

/** An address if there is an `@`, else a username; null when no account can have it. */
function identifierOf(raw: string): LoginIdentifier | null {
  return canonical(raw.includes('@') ? { email: raw } : { username: raw });
}

function canonical(identifier: LoginIdentifier): LoginIdentifier | null {
  if ('email' in identifier) {
    const email = canonicalEmail(identifier.email);
    return email === null ? null : { email };
  }
  const username = canonicalUsername(identifier.username);
  return username === null ? null : { username };
}
