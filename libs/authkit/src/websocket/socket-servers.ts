import { Inject, Injectable, type WebSocketAdapter } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { AuthKitConfigError } from '../kernel/errors.js';
import { Gateways } from './gateways.js';
import { IoDoor } from './io-door.js';
import { ioServerOf, isWsServer, type IoNamespace } from './socket-platforms.js';
import { WEBSOCKET_OPTIONS, type ResolvedWebSocketOptions } from './websocket-options.js';
import { WsDoor } from './ws-door.js';

/**
 * Sees every server that Nest's WebSocket adapter makes, on the app's port and on others, at the moment that it is made:
 * no client can have come in before.
 */
@Injectable()
export class SocketServers {
  private readonly seen = new WeakSet<object>();

  constructor(
    config: ApplicationConfig,
    private readonly gateways: Gateways,
    private readonly ws: WsDoor,
    private readonly io: IoDoor,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {
    const set = config.setIoAdapter.bind(config);
    config.setIoAdapter = (adapter) => set(this.watched(adapter));
    // Set by nobody yet, unless the app was given one before its providers were made.
    const present = config.getIoAdapter() as WebSocketAdapter | undefined;
    if (present) this.watched(present);
  }

  private watched<T extends WebSocketAdapter>(adapter: T): T {
    if (this.seen.has(adapter)) return adapter;
    this.seen.add(adapter);
    const create = adapter.create.bind(adapter) as (port: number, options?: object) => unknown;
    adapter.create = (port: number, options: { path?: string } = {}) => {
      const made = create(port, { ...this.defaults(), ...options });
      this.guard(made, port, options.path);
      return made;
    };
    return adapter;
  }

  /** For both platforms: each passes over the options of the other. What a gateway says itself holds. */
  private defaults(): object {
    const { maxPayload, handshakeTimeout } = this.options.limits;
    return {
      maxPayload,
      maxHttpBufferSize: maxPayload,
      connectTimeout: handshakeTimeout,
      // A few bytes that grow to gigabytes.
      perMessageDeflate: false,
      httpCompression: false,
      // One for each name that a RegExp matches, which a client may choose.
      cleanupEmptyChildNamespaces: true,
    };
  }

  private guard(made: unknown, port: number, path: string | undefined): void {
    const io = ioServerOf(made);
    const server = io ?? made;
    const door = this.gateways.doorOf(port, path);
    if (io && !this.seen.has(io)) this.io.attach(io, door);
    if (io && made !== io) this.io.guardNamespace(made as IoNamespace, door);
    if (!io && isWsServer(made) && !this.seen.has(made)) this.ws.attach(made, door);
    if (!io && !isWsServer(made)) {
      throw new AuthKitConfigError(
        'webSockets',
        "the app's WebSocket adapter makes servers that are neither socket.io's nor those of the package ws",
        'Use IoAdapter or WsAdapter, or a class that extends one of them.',
      );
    }
    this.seen.add(server as object);
  }
}
