import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionCache, type Forgotten } from '../sessions/session-cache.js';
import type { LiveSocket } from './live-socket.js';
import { LiveSockets } from './live-sockets.js';
import { SocketCredentials } from './socket-credentials.js';
import { WEBSOCKET_OPTIONS, type ResolvedWebSocketOptions } from './websocket-options.js';

const SWEEP_MS = 500;
/** When much is to be looked at again: sessions read by one, and how many read at once. */
const BATCH = 100;
const READERS = 4;
/** How often credentials without a session are asked about, of which nobody tells that they are revoked. */
const ASK_MS = 60_000;

/**
 * Ends sockets with their sessions: when something has changed the row is read again, and when it is time. Those whose
 * clients do not read are ended too.
 */
@Injectable()
export class SocketLife implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private readonly doubtful = new Set<string>();
  /** When the store first could not say, by session; epoch milliseconds. */
  private readonly unknownSince = new Map<string, number>();
  private readonly unwatch: () => void;
  private readers = 0;
  /** When sessions are looked at that nothing is heard of; epoch milliseconds. */
  private reviewAt = 0;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly cache: SessionCache,
    private readonly sockets: LiveSockets,
    private readonly credentials: SocketCredentials,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(WEBSOCKET_OPTIONS) private readonly socketOptions: ResolvedWebSocketOptions,
  ) {
    // Now, since gateways with a port of their own listen before any hook is called.
    this.unwatch = cache.watch((forgotten) => this.doubt(forgotten));
  }

  onModuleInit(): void {
    this.timer = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.unwatch();
  }

  /** To be called once a socket is among the live ones: what has changed before was not heard for it. */
  begin({ sessionId }: LiveSocket): void {
    if (sessionId !== undefined && !this.isUnchecked) this.enqueue([sessionId]);
  }

  /** Looks for sockets whose time is over, or whose clients are far behind, and asks again where the store could not say. */
  sweep(): void {
    const now = this.clock.now();
    const due = new Set([...this.unknownSince.keys(), ...(this.isDeaf(now) ? this.sockets.sessionIds : [])]);
    const { maxBuffered } = this.socketOptions.limits;
    for (const socket of this.sockets.all) {
      if (socket.isBehind(maxBuffered)) {
        const reason = 'a client that does not read what it is sent';
        socket.end(new AuthKitError('rate_limited', { detail: 'Too much is not read.', reason }));
      }
      const { proof, sessionId } = socket;
      if (proof && sessionId === undefined && now - socket.askedAt >= ASK_MS) this.ask(socket);
      if (!proof || proof.expiresAt === null || now < proof.expiresAt) continue;
      if (this.isUnchecked) socket.end(new AuthKitError('token_expired', { reason: 'the token of the socket' }));
      else due.add(sessionId!);
    }
    this.enqueue(due);
  }

  /** Whether nobody tells what has changed: no feed runs, or it is not to be relied on now. */
  private isDeaf(now: number): boolean {
    const { check, staleness } = this.options.session;
    if (check === 'cached') return !this.cache.isConfirmed;
    if (check === 'never' || now < this.reviewAt) return false;
    this.reviewAt = now + staleness;
    return true;
  }

  private doubt(forgotten: Forgotten): void {
    if (forgotten !== 'everything' && 'sessionId' in forgotten) return this.enqueue([forgotten.sessionId]);
    const concerned = forgotten === 'everything' ? this.sockets.all : this.sockets.ofUser(forgotten.userId);
    const ids = new Set<string>();
    for (const socket of concerned) {
      if (socket.sessionId !== undefined) ids.add(socket.sessionId);
      else if (socket.proof) this.ask(socket);
    }
    this.enqueue(ids);
  }

  /** What cannot be said now is asked again later; messages are refused until then. */
  private ask(socket: LiveSocket): void {
    this.credentials.again(socket, false).catch(() => undefined);
  }

  private enqueue(sessionIds: Iterable<string>): void {
    for (const id of sessionIds) if (this.sockets.ofSession(id).size > 0) this.doubtful.add(id);
    while (this.readers < READERS && this.readers * BATCH < this.doubtful.size) void this.read();
  }

  private async read(): Promise<void> {
    this.readers += 1;
    // What is added in the same go is read together.
    await Promise.resolve();
    while (this.doubtful.size > 0) {
      const batch = [...this.doubtful].slice(0, BATCH);
      for (const id of batch) this.doubtful.delete(id);
      await this.look(batch);
    }
    this.readers -= 1;
  }

  private async look(sessionIds: readonly string[]): Promise<void> {
    const sessions = sessionIds.flatMap((sessionId) => {
      const [socket] = this.sockets.ofSession(sessionId);
      if (!socket) this.unknownSince.delete(sessionId);
      return socket ? [{ sessionId, userId: socket.userId! }] : [];
    });
    try {
      const snapshots = await this.cache.getMany(sessions);
      for (const [sessionId, snapshot] of snapshots) {
        this.unknownSince.delete(sessionId);
        for (const socket of this.sockets.ofSession(sessionId)) {
          if (!snapshot) socket.end(this.deathOf(socket));
          else if (!this.isUnchecked) socket.proof = { ...socket.proof!, expiresAt: snapshot.expiresAt };
        }
      }
    } catch (error) {
      for (const { sessionId } of sessions) this.wait(sessionId, error);
    }
  }

  /** The store may be back in a moment; but what is said to have ended is not served on for longer than `staleness`. */
  private wait(sessionId: string, error: unknown): void {
    const since = this.unknownSince.get(sessionId) ?? this.clock.now();
    this.unknownSince.set(sessionId, since);
    if (this.clock.now() - since < this.options.session.staleness) return;
    this.unknownSince.delete(sessionId);
    this.logger.warn(`sockets are closed, since their session cannot be read: ${String(error)}`);
    const refusal = new AuthKitError('unavailable', { reason: 'the session of the socket cannot be read' });
    for (const socket of this.sockets.ofSession(sessionId)) socket.end(refusal);
  }

  private deathOf({ proof }: LiveSocket): AuthKitError {
    const isExpired = proof?.expiresAt != null && this.clock.now() >= proof.expiresAt;
    return new AuthKitError(isExpired ? 'token_expired' : 'token_revoked', { reason: "the socket's session is dead" });
  }

  private get isUnchecked(): boolean {
    return this.options.session.check === 'never';
  }
}
