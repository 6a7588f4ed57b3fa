import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { AUTHENTICATORS, authenticateBy, type Authentication, type Authenticator } from '../access/authenticator.js';
import { keepConnection } from '../access/graphql-call.reader.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { RequestContext } from '../kernel/request-context.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { SessionCache, type Forgotten } from '../sessions/session-cache.js';
import type { SessionSnapshot } from '../sessions/session-snapshot.js';
import { GRAPHQL_OPTIONS, type GraphqlFeatureOptions } from './graphql-options.js';
import { assertOwnOrigin, presentedBy, sameRights } from './handshake.js';

/** The little of a WebSocket (of `ws`) that is needed. */
export interface Socket {
  readonly readyState: number;
  close(code: number, reason: string): void;
  once(event: 'close', listener: () => void): unknown;
}

interface Connection {
  readonly socket: Socket;
  /** The request of the handshake, with what `connection_init` added to it. */
  readonly presented: IncomingMessage;
  /** Null for anonymous ones; undefined until it is known who connects. */
  found?: Authentication | null;
  /** Epoch milliseconds of the next look at what it rests on; Infinity before the first. */
  checkAt: number;
  /** Since when it is not known whether its right stands; epoch milliseconds, undefined while that is known. */
  unknownSince?: number;
  /** Whether that is being read. */
  isAsked?: boolean;
}

/** `readyState` of a WebSocket that is no more. */
const CLOSED = 3;
/** How often connections are looked over whose time has come, or for whom the store could not answer. */
const SWEEP_MS = 1_000;
/** Nothing tells of the end of a credential that has no session: it is asked for this often. */
const RECHECK_MS = 60_000;
/** Sessions read by one statement. */
const BATCH = 100;
/** Close codes: those graphql-ws has for it, and those of RFC 6455 after which clients connect again. */
const CLOSE = { unauthorized: 4401, forbidden: 4403, rightsChanged: 1012, tryAgain: 1013 } as const;

/** The WebSockets of GraphQL clients: each lives as long as the session it was opened with. */
@Injectable()
export class GraphqlConnections implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly live = new Set<Connection>();
  private readonly opened = new WeakSet<IncomingMessage>();
  private readonly unwatch: () => void;
  private timer?: NodeJS.Timeout;

  constructor(
    @Inject(AUTHENTICATORS) private readonly authenticators: readonly Authenticator[],
    private readonly cache: SessionCache,
    private readonly clock: Clock,
    private readonly events: AuthEvents,
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'allowedOrigins' | 'session'>,
    @Inject(GRAPHQL_OPTIONS) private readonly feature: GraphqlFeatureOptions,
  ) {
    this.unwatch = cache.watch((forgotten) => this.hear(forgotten));
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.unwatch();
  }

  /** Whether the client of a WebSocket is let in; it is closed if not. */
  async open(socket: Socket, handshake: IncomingMessage, authorization: string | undefined): Promise<boolean> {
    if (socket.readyState === CLOSED) return false;
    const context = RequestContext.of(handshake);
    const connection: Connection = { socket, presented: presentedBy(handshake, authorization), checkAt: Infinity };
    // Known before it is judged, so that no change goes unheard meanwhile.
    this.live.add(connection);
    socket.once('close', () => this.live.delete(connection));
    try {
      await context.run(() => this.judge(connection, handshake));
    } catch (error) {
      this.refuse(connection, error, context);
      return false;
    }
    keepConnection(handshake, (liveSession) => this.authenticate(connection, liveSession));
    return this.live.has(connection);
  }

  private async judge(connection: Connection, handshake: IncomingMessage): Promise<void> {
    if (this.opened.has(handshake)) {
      throw new AuthKitError('ambiguous_credentials', { reason: 'a second connection_init' });
    }
    this.opened.add(handshake);
    const found = await authenticateBy(this.authenticators, connection.presented, false);
    if (!found && !this.feature.anonymous) {
      throw new AuthKitError('authentication_required', { reason: 'no credential at connection_init' });
    }
    if (found?.via === 'cookie') assertOwnOrigin(handshake.headers, this.options.allowedOrigins);
    connection.found = found;
    if (found) await this.read(connection, false);
  }

  private async authenticate(connection: Connection, liveSession: boolean): Promise<Authentication | null> {
    try {
      return connection.found ? await this.read(connection, liveSession) : null;
    } catch (error) {
      if (isRefusal(error)) this.end(connection, error);
      throw error;
    }
  }

  /** Who is connected, by the session as it is now, or by the credential where there is no session. */
  private async read(connection: Connection, liveSession: boolean): Promise<Authentication> {
    const { principal, via } = connection.found!;
    if (principal.sessionId === undefined) {
      const found = await authenticateBy(this.authenticators, connection.presented, liveSession);
      if (!found) throw new AuthKitError('token_revoked', { reason: 'the credential is not known any more' });
      return this.settle(connection, found, this.clock.now() + RECHECK_MS);
    }
    return this.settleBy(connection, via, await this.cache.get(principal.sessionId, principal.id, liveSession));
  }

  private settleBy(connection: Connection, via: Authentication['via'], snapshot: SessionSnapshot | null) {
    if (!snapshot) throw new AuthKitError('token_revoked', { reason: 'the session is dead' });
    const { check, staleness } = this.options.session;
    // Where the session is not cached, no change by another node is heard.
    const { expiresAt, loadedAt } = snapshot;
    const checkAt = check === 'cached' ? expiresAt : Math.min(expiresAt, loadedAt + staleness);
    return this.settle(connection, { principal: snapshot.principal, via }, checkAt);
  }

  /** What runs on a connection was let in by rights that may be gone: the client has to come again. */
  private settle(connection: Connection, found: Authentication, checkAt: number): Authentication {
    const isFirst = connection.checkAt === Infinity;
    const before = connection.found;
    connection.found = found;
    connection.checkAt = checkAt;
    connection.unknownSince = undefined;
    connection.isAsked = false;
    if (!isFirst && before && !sameRights(before.principal, found.principal)) {
      this.close(connection, CLOSE.rightsChanged, 'rights_changed');
    }
    return found;
  }

  private hear(forgotten: Forgotten): void {
    this.review([...this.live].filter(({ found }) => found && concerns(forgotten, found)));
  }

  /** What may have ended is served on for `staleness`, while the store cannot say. */
  private sweep(): void {
    const now = this.clock.now();
    const { check, staleness } = this.options.session;
    const isUntold = check === 'cached' && !this.cache.isConfirmed;
    const due: Connection[] = [];
    for (const connection of this.live) {
      const { found, checkAt, unknownSince, isAsked } = connection;
      if (!found) continue;
      if (unknownSince !== undefined && now - unknownSince >= staleness) {
        this.end(connection, new AuthKitError('unavailable', { reason: 'the store cannot say whether it may stay' }));
      } else if (!isAsked && (unknownSince !== undefined || now >= checkAt || (isUntold && hasSession(found)))) {
        due.push(connection);
      }
    }
    this.review(due);
  }

  private review(connections: readonly Connection[]): void {
    const ofSessions = connections.filter(({ found }) => hasSession(found!));
    for (let i = 0; i < ofSessions.length; i += BATCH) {
      const batch = ofSessions.slice(i, i + BATCH);
      void this.ask(batch, () => this.readMany(batch));
    }
    for (const connection of connections) {
      if (!hasSession(connection.found!)) void this.ask([connection], () => this.authenticate(connection, false));
    }
  }

  private async ask(connections: readonly Connection[], read: () => Promise<unknown>): Promise<void> {
    const now = this.clock.now();
    for (const connection of connections) {
      connection.unknownSince ??= now;
      connection.isAsked = true;
    }
    try {
      await read();
    } catch {
      for (const connection of connections) {
        // What was read before the change may have settled it meanwhile.
        connection.unknownSince ??= now;
        connection.isAsked = false;
      }
    }
  }

  private async readMany(connections: readonly Connection[]): Promise<void> {
    const sessions = connections.map(({ found }) => found!.principal);
    const snapshots = await this.cache.getMany(
      sessions.map(({ sessionId, id }) => ({ sessionId: sessionId!, userId: id })),
    );
    for (const [i, connection] of connections.entries()) {
      try {
        this.settleBy(connection, connection.found!.via, snapshots.get(sessions[i].sessionId!) ?? null);
      } catch (error) {
        this.end(connection, error as AuthKitError);
      }
    }
  }

  private refuse(connection: Connection, error: unknown, context: RequestContext): void {
    const refusal =
      error instanceof AuthKitError ? error : new AuthKitError('unavailable', { reason: String(error), cause: error });
    const { code, reason } = refusal;
    void this.events.emit('authorization.denied', { code, reason, method: context.method, path: context.path });
    this.end(connection, refusal);
  }

  private end(connection: Connection, refusal: AuthKitError): void {
    const status = refusal.getStatus();
    const isTemporary = status >= 500;
    const code = isTemporary ? CLOSE.tryAgain : status === 403 ? CLOSE.forbidden : CLOSE.unauthorized;
    this.close(connection, code, refusal.code);
  }

  private close(connection: Connection, code: number, reason: string): void {
    this.live.delete(connection);
    connection.socket.close(code, reason);
  }
}

const isRefusal = (error: unknown): error is AuthKitError => error instanceof AuthKitError && error.getStatus() < 500;

const hasSession = ({ principal }: Authentication): boolean => principal.sessionId !== undefined;

function concerns(forgotten: Forgotten, { principal: { sessionId, id } }: Authentication): boolean {
  if (forgotten === 'everything') return true;
  return 'sessionId' in forgotten ? forgotten.sessionId === sessionId : forgotten.userId === id;
}
