import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AuthKitError } from '../kernel/errors.js';
import { SocketContexts } from './socket-contexts.js';
import type { EngineConnection } from './socket-platforms.js';
import { WEBSOCKET_OPTIONS, type ResolvedWebSocketOptions } from './websocket-options.js';

/** Counts connections that have not said who they are, so that one address cannot hold all there may be. */
@Injectable()
export class PendingAddresses {
  private readonly counts = new Map<string, number>();
  private readonly held = new WeakMap<EngineConnection, string>();

  constructor(
    private readonly contexts: SocketContexts,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {}

  /** Throws `rate_limited` (429). */
  assertRoom(request: IncomingMessage): void {
    if ((this.counts.get(this.contexts.networkOf(request)) ?? 0) < this.options.limits.pendingPerAddress) return;
    throw new AuthKitError('rate_limited', {
      detail: 'Too many connections that do not say who they are.',
      reason: 'pending connections of one address',
    });
  }

  hold(connection: EngineConnection): void {
    const network = this.contexts.networkOf(connection.request);
    this.held.set(connection, network);
    this.counts.set(network, (this.counts.get(network) ?? 0) + 1);
    connection.once('close', () => this.release(connection));
  }

  release(connection: EngineConnection): void {
    const network = this.held.get(connection);
    if (network === undefined) return;
    this.held.delete(connection);
    const left = this.counts.get(network)! - 1;
    if (left > 0) this.counts.set(network, left);
    else this.counts.delete(network);
  }
}
