import { Inject, Injectable } from '@nestjs/common';
import { AuthKitError } from '../kernel/errors.js';
import type { LiveSocket } from './live-socket.js';
import { SocketContexts } from './socket-contexts.js';
import { WEBSOCKET_OPTIONS, type ResolvedWebSocketOptions } from './websocket-options.js';

/** Every socket of this process that was let in, by its session and user; the limits hold here. */
@Injectable()
export class LiveSockets {
  private readonly sockets = new Set<LiveSocket>();
  private readonly bySession = new Map<string, Set<LiveSocket>>();
  private readonly byUser = new Map<string, Set<LiveSocket>>();
  private readonly anonymous = new Map<string, Set<LiveSocket>>();

  constructor(
    private readonly contexts: SocketContexts,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {}

  /** Takes a place; throws `rate_limited` (429) when the session, the user or the address has no more. */
  add(socket: LiveSocket): void {
    const { perSession, perUser, anonymousPerAddress } = this.options.limits;
    const { sessionId, userId } = socket;
    if (sessionId !== undefined && this.ofSession(sessionId).size >= perSession) throw full('session');
    if (userId !== undefined && this.ofUser(userId).size >= perUser) throw full('user');
    if (!socket.proof) {
      const network = this.contexts.networkOf(socket.request);
      if ((this.anonymous.get(network)?.size ?? 0) >= anonymousPerAddress) throw full('address');
      // An address cannot be read any more when the connection is gone.
      socket.network = network;
      addTo(this.anonymous, network, socket);
    }
    socket.leave = () => this.remove(socket);
    this.sockets.add(socket);
    if (sessionId !== undefined) addTo(this.bySession, sessionId, socket);
    if (userId !== undefined) addTo(this.byUser, userId, socket);
  }

  remove(socket: LiveSocket): void {
    this.sockets.delete(socket);
    removeFrom(this.bySession, socket.sessionId, socket);
    removeFrom(this.byUser, socket.userId, socket);
    removeFrom(this.anonymous, socket.network, socket);
  }

  get all(): ReadonlySet<LiveSocket> {
    return this.sockets;
  }

  get sessionIds(): string[] {
    return [...this.bySession.keys()];
  }

  ofSession(sessionId: string): ReadonlySet<LiveSocket> {
    return this.bySession.get(sessionId) ?? NONE;
  }

  ofUser(userId: string): ReadonlySet<LiveSocket> {
    return this.byUser.get(userId) ?? NONE;
  }
}

const NONE: ReadonlySet<LiveSocket> = new Set();

function full(of: string): AuthKitError {
  return new AuthKitError('rate_limited', {
    detail: `This ${of} has too many connections.`,
    reason: `sockets of one ${of}`,
  });
}

function addTo(index: Map<string, Set<LiveSocket>>, key: string, socket: LiveSocket): void {
  const sockets = index.get(key);
  if (sockets) sockets.add(socket);
  else index.set(key, new Set([socket]));
}

function removeFrom(index: Map<string, Set<LiveSocket>>, key: string | undefined, socket: LiveSocket): void {
  const sockets = key === undefined ? undefined : index.get(key);
  sockets?.delete(socket);
  if (sockets?.size === 0) index.delete(key!);
}
