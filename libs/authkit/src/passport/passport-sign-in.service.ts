import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { KnownDevices } from '../devices/known-devices.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import { durationMs, type Duration } from '../kernel/duration.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { LoginService } from '../login/login.service.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionService, type LiveSession } from '../sessions/session.service.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { UserStore, type KnownUser } from '../storage/user.store.js';
import type { PassportStrategyLike } from './passport-options.js';
import { runStrategy, type StrategyOutcome } from './run-strategy.js';
import { SignInStrategies } from './sign-in-strategies.js';
import type { SignInExchange } from './sign-in-states.js';
import { queryOf, StrategyRequest } from './strategy-request.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a strategy names. */
interface NamedUser {
  /** Of a user of the kit's. */
  readonly id: string;
}

const DEFAULT_TIMEOUT: Duration = '30s';

/** Passport strategies as ways to sign in: they say who the user is, `LoginService` says whether there is a session. */
@Injectable()
export class PassportSignIn {
  private readonly logger = new Logger('AuthKit');

  constructor(
    private readonly strategies: SignInStrategies,
    private readonly logins: LoginService,
    private readonly devices: KnownDevices,
    private readonly sessions: SessionService,
    private readonly transport: TokenTransport,
    private readonly events: AuthEvents,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * For a controller of the host's: whom the strategy names for this request, by the body and query the host has read.
   * No session yet: hand the user to `AuthService.issueFor()`. Throws `invalid_credentials` (401), or 503.
   */
  async authenticate(strategy: PassportStrategyLike, incoming: object, options: Fields = {}): Promise<NamedUser> {
    const { query = {}, body = {} } = incoming as { query?: Fields; body?: Fields };
    const request = new StrategyRequest(nodeRequest(incoming as RequestLike), this.options.baseUrl, query, body);
    return this.userOf(await this.run(strategy, request, options, DEFAULT_TIMEOUT));
  }

  /** Signs in whom the strategy of a credential sign-in names for this body. */
  async withCredentials(
    name: string,
    incoming: IncomingMessage,
    body: Fields,
    transport: CredentialTransport,
  ): Promise<LiveSession> {
    // Not the query: credentials have no business in a URL, and some strategies look there too.
    const outcome = await this.runNamed(name, new StrategyRequest(incoming, this.options.baseUrl, {}, body));
    return this.complete(name, await this.userOf(outcome), incoming, transport);
  }

  /** The provider's address, where a redirect sign-in begins. What it needs to remember is with the exchange. */
  async begin(name: string, incoming: IncomingMessage, exchange: SignInExchange): Promise<string> {
    const request = new StrategyRequest(incoming, this.options.baseUrl, {}, {}, exchange);
    const outcome = await this.runNamed(name, request);
    if (outcome.type === 'redirect') return outcome.url;
    if (outcome.type === 'failure') return this.refuse(outcome.reason);
    return this.breakDown(new Error(`passport.signIn.${name}: the strategy does not redirect; drop successUrl`));
  }

  /** Signs in whom the strategy of a redirect sign-in names when the browser comes back. */
  async finish(name: string, incoming: IncomingMessage, exchange: SignInExchange): Promise<LiveSession> {
    const query = queryOf(incoming);
    if (!query) return this.refuse('a query parameter is repeated');
    const request = new StrategyRequest(incoming, this.options.baseUrl, query, {}, exchange);
    const user = await this.userOf(await this.runNamed(name, request));
    if (!exchange.isProven) {
      return this.breakDown(
        new Error(`passport.signIn.${name}: the strategy checks no state; give it store: signInState()`),
      );
    }
    return this.complete(name, user, incoming, 'cookie');
  }

  private runNamed(name: string, request: StrategyRequest): Promise<StrategyOutcome> {
    const { instance, options = {}, timeout = DEFAULT_TIMEOUT } = this.strategies.get(name);
    return this.run(instance, request, options, timeout);
  }

  private async run(
    strategy: PassportStrategyLike,
    request: StrategyRequest,
    options: Fields,
    timeout: Duration,
  ): Promise<StrategyOutcome> {
    try {
      return await runStrategy(strategy, request, options, durationMs(timeout)!);
    } catch (error) {
      return this.breakDown(error);
    }
  }

  private async userOf(outcome: StrategyOutcome): Promise<NamedUser> {
    if (outcome.type === 'failure') return this.refuse(outcome.reason);
    if (outcome.type === 'redirect') return this.refuse('the strategy asks for a redirect');
    const { id } = (outcome.user ?? {}) as { id?: unknown };
    if (typeof id === 'string') return { id };
    return this.breakDown(new Error("a strategy's user has no id; return a user of the kit's"));
  }

  private async complete(
    name: string,
    { id }: NamedUser,
    incoming: IncomingMessage,
    transport: CredentialTransport,
  ): Promise<LiveSession> {
    const known = (await this.users.findById(id)) as KnownUser | null;
    if (!known) return this.refuse('unknown_user');
    const former = await this.transport.sessionsProvenByCookies(incoming);
    const device = await this.devices.presentedBy(incoming);
    const amr = this.strategies.get(name).amr ?? [name];
    const live = await this.logins.complete(known, transport, amr, undefined, device);
    for (const session of former) await this.sessions.revoke(session.id, 'replaced_by_login', session.userId);
    return live;
  }

  private async refuse(reason: string): Promise<never> {
    await this.events.emit('login.failed', { reason });
    throw new AuthKitError('invalid_credentials', { reason });
  }

  /** Nobody is let in on the word of what is broken; why is for the log alone. */
  private breakDown(error: unknown): never {
    if (error instanceof AuthKitError) throw error;
    this.logger.error('a passport strategy failed', error instanceof Error ? error.stack : String(error));
    throw new AuthKitError('unavailable', { reason: String(error), cause: error });
  }
}
