import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** The little of a socket of the package `ws` that is used, so that it need not be installed for socket.io. */
export interface WsClient {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(text: string, done?: (error?: Error) => void): void;
  close(code: number, reason?: string): void;
  terminate(): void;
  on(event: string, listener: (...args: never[]) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  emit(event: string, ...args: unknown[]): boolean;
}

/** Of its server: what every connection goes through. */
export interface WsServer {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    done: (client: WsClient, request: IncomingMessage) => void,
  ): void;
}

/** A connection of engine.io, below the namespaces of socket.io. */
export interface EngineConnection {
  readonly readyState: string;
  readonly request: IncomingMessage;
  /** What its transport has not taken yet. */
  readonly writeBuffer: readonly { readonly data?: { readonly length: number } }[];
  /** With the socket of the package `ws`, where it is one. */
  readonly transport: { readonly socket?: Pick<WsClient, 'bufferedAmount' | 'terminate' | 'once'> };
  /** After what was sent, or without it. */
  close(discard?: boolean): void;
  on(event: 'packet', listener: (packet: { type: string; data?: unknown }) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** The server of engine.io, below that of socket.io. */
export interface EngineServer {
  readonly clients: Readonly<Record<string, EngineConnection>>;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  use(middleware: (request: EngineRequest, response: ServerResponse, next: (error?: Error) => void) => void): unknown;
  on(event: 'connection', listener: (connection: EngineConnection) => void): unknown;
}

/** A request that engine.io has parsed the query of. */
export type EngineRequest = IncomingMessage & { _query?: Record<string, unknown> };

/** A client in one namespace of socket.io. */
export interface IoSocket {
  readonly request: IncomingMessage;
  readonly nsp: { readonly name: string };
  readonly connected: boolean;
  readonly handshake: { readonly auth: Record<string, unknown> };
  readonly client: { readonly conn: EngineConnection; readonly sockets: ReadonlyMap<string, unknown> };
  use(middleware: (packet: unknown[], next: (error?: Error) => void) => void): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
  emit(event: string, ...args: unknown[]): unknown;
  disconnect(): unknown;
}

/** A namespace of socket.io. */
export interface IoNamespace {
  readonly name: string;
  readonly server: IoServer;
  use(middleware: (socket: IoSocket, next: (error?: Error) => void) => void): unknown;
}

/** The server of socket.io. */
export interface IoServer {
  readonly engine: EngineServer;
  readonly sockets: IoNamespace;
  readonly opts?: { connectionStateRecovery?: object };
  on(event: 'new_namespace', listener: (namespace: IoNamespace) => void): unknown;
}

/** What a WebSocket adapter of Nest's makes of a gateway, if it is socket.io's. */
export function ioServerOf(made: unknown): IoServer | null {
  const isServer = (one: unknown): one is IoServer => typeof one === 'object' && one !== null && 'engine' in one;
  if (isServer(made)) return made;
  const { server } = (made ?? {}) as { server?: unknown };
  return isServer(server) ? server : null;
}

export function isWsServer(made: unknown): made is WsServer {
  return typeof (made as Partial<WsServer> | null)?.handleUpgrade === 'function';
}
