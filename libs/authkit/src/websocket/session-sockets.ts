import { Injectable } from '@nestjs/common';
import type { LiveSocket } from './live-socket.js';
import { LiveSockets } from './live-sockets.js';
import { SocketContexts } from './socket-contexts.js';

/** Whose sockets. */
export type SocketOwner = { readonly userId: string } | { readonly sessionId: string };

/** A live socket. */
export interface SocketInfo {
  readonly id: string;
  /** Of the principal; null for an anonymous client of a public gateway. */
  readonly userId: string | null;
  readonly sessionId: string | null;
  /** Epoch milliseconds. */
  readonly connectedAt: number;
  /** Of the handshake's URL. */
  readonly path: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** The live sockets of users and sessions: those of this process. On socket.io each namespace counts. */
@Injectable()
export class SessionSockets {
  constructor(
    private readonly sockets: LiveSockets,
    private readonly contexts: SocketContexts,
  ) {}

  /** How many there are; all, when nobody is named. */
  count(owner?: SocketOwner): number {
    return this.of(owner).size;
  }

  /** All, when nobody is named. */
  list(owner?: SocketOwner): SocketInfo[] {
    return [...this.of(owner)].map((socket) => this.describe(socket));
  }

  /** Sends an event to each; the number of them. */
  send(owner: SocketOwner, event: string, data: unknown): number {
    const sockets = [...this.of(owner)];
    for (const socket of sockets) socket.send(event, data);
    return sockets.length;
  }

  /** Closes each; the number of them. Their session lives on: to end that, revoke it, which closes its sockets everywhere. */
  disconnect(owner: SocketOwner): number {
    const sockets = [...this.of(owner)];
    for (const socket of sockets) socket.hangUp();
    return sockets.length;
  }

  private of(owner: SocketOwner | undefined): ReadonlySet<LiveSocket> {
    if (!owner) return this.sockets.all;
    return 'userId' in owner ? this.sockets.ofUser(owner.userId) : this.sockets.ofSession(owner.sessionId);
  }

  private describe({ id, userId, sessionId, connectedAt, request }: LiveSocket): SocketInfo {
    const { path, ip, userAgent } = this.contexts.of(request);
    return { id, userId: userId ?? null, sessionId: sessionId ?? null, connectedAt, path, ip, userAgent };
  }
}
