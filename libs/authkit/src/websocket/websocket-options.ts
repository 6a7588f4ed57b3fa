import type { Duration } from '../kernel/duration.js';
import { bool, duration, integer, oneOf, section } from '../options/option-parsers.js';

/** Injection token of the feature's resolved options. */
export const WEBSOCKET_OPTIONS = Symbol.for('nest-authkit:websocket-options');

/** Options of `webSockets()`. */
export interface WebSocketOptions {
  /**
   * `refuse` answers a handshake that may not be with an HTTP status and a problem. `accept-then-close` accepts it, says
   * `disconnected` with the problem and closes with 1008 (on socket.io: `connect_error`): for clients that must read why,
   * since browsers show scripts no status.
   * @default 'refuse'
   */
  failure?: 'refuse' | 'accept-then-close';
  socketIo?: {
    /**
     * Clients may send their token as `auth.token`, which comes only after the connection: so anybody may connect, and
     * has `limits.handshakeTimeout` to send it.
     * @default false
     */
    authToken?: boolean;
  };
  limits?: SocketLimits;
}

/** What one client may take. Everything counts per process. */
export interface SocketLimits {
  /** Sockets of one session; 1 to 10,000. @default 20 */
  perSession?: number;
  /** Sockets of one user; 1 to 100,000. @default 100 */
  perUser?: number;
  /** Sockets of one address that are anonymous, on public gateways; 1 to 100,000. @default 100 */
  anonymousPerAddress?: number;
  /** Bytes of one message, 1 KiB to 64 MiB, unless the gateway says otherwise. Larger ones close the socket. @default 65536 */
  maxPayload?: number;
  /** Messages of one socket a minute, 1 to 100,000; one more closes it. @default 600 */
  messagesPerMinute?: number;
  /**
   * Bytes that wait for a client to read them, 64 KiB to 1 GiB; the socket of one that is behind by more for half a second
   * or longer is closed. @default 1048576
   */
  maxBuffered?: number;
  /** How long a handshake may take, 1 s to 1 min. @default '5s' */
  handshakeTimeout?: Duration;
  /** Handshakes under way at once, 1 to 100,000; one more gets 503. @default 1000 */
  pending?: number;
  /** Connections to socket.io of one address that have not said who they are, 1 to 10,000; one more gets 429. @default 50 */
  pendingPerAddress?: number;
}

/** With every default applied; durations in milliseconds. */
export interface ResolvedWebSocketOptions {
  readonly failure: 'refuse' | 'accept-then-close';
  readonly socketIo: { readonly authToken: boolean };
  readonly limits: {
    readonly perSession: number;
    readonly perUser: number;
    readonly anonymousPerAddress: number;
    readonly maxPayload: number;
    readonly messagesPerMinute: number;
    readonly maxBuffered: number;
    readonly handshakeTimeout: number;
    readonly pending: number;
    readonly pendingPerAddress: number;
  };
}

/** Throws AuthKitConfigError with path, value and remedy. */
export function resolveWebSocketOptions(raw: WebSocketOptions): ResolvedWebSocketOptions {
  return section<ResolvedWebSocketOptions>(raw, 'webSockets', {
    failure: oneOf<ResolvedWebSocketOptions['failure']>(['refuse', 'accept-then-close'], 'refuse'),
    socketIo: (value, path) => section(value, path, { authToken: bool(false) }),
    limits: (value, path) =>
      section(value, path, {
        perSession: integer(20, 1, 10_000),
        perUser: integer(100, 1, 100_000),
        anonymousPerAddress: integer(100, 1, 100_000),
        maxPayload: integer(65_536, 1024, 67_108_864),
        messagesPerMinute: integer(600, 1, 100_000),
        maxBuffered: integer(1_048_576, 65_536, 1_073_741_824),
        handshakeTimeout: duration('5s', '1s', '1m'),
        pending: integer(1000, 1, 100_000),
        pendingPerAddress: integer(50, 1, 10_000),
      }),
  });
}
