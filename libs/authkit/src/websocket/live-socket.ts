import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Authentication } from '../access/authenticator.js';
import type { AuthKitError } from '../kernel/errors.js';

/** Who is behind a connection, and how long that holds. */
export interface Proof {
  readonly authentication: Authentication;
  /** What presents the credential, for those that are asked anew at each message. */
  readonly request: IncomingMessage;
  /** Epoch milliseconds; null where there is no session. */
  readonly expiresAt: number | null;
}

/** The way to the client, the same on every platform. */
export interface SocketLine {
  /** Bytes that were sent, by whomever, and that the client has not read yet. */
  readonly buffered: number;
  send(event: string, data: unknown): void;
  /** Ends the connection, after what was sent. */
  close(code: number, reason: string): void;
}

/** Milliseconds for a client to read why its connection ends, and to hang up itself. */
export const FAREWELL_MS = 2000;
const MINUTE_MS = 60_000;
const sockets = new WeakMap<object, LiveSocket>();

/** A connection that was let in. */
export class LiveSocket {
  readonly id = randomUUID();
  /** Why it is over: no message is heard any more. */
  ended?: AuthKitError;
  /** What an anonymous one is counted by; set with the place. */
  network?: string;
  /** Gives its place free; set with the place. */
  leave?: () => void;
  /** When a credential without a session was last asked about; epoch milliseconds. */
  askedAt: number;
  private line?: SocketLine;
  private minute = -Infinity;
  private messages = 0;
  private wasBehind = false;

  constructor(
    /** The handshake. */
    readonly request: IncomingMessage,
    /** Null for an anonymous client of a gateway that has something public. */
    public proof: Proof | null,
    /** Epoch milliseconds. */
    readonly connectedAt: number,
  ) {
    this.askedAt = connectedAt;
  }

  /** The socket behind the client that Nest shows to handlers. */
  static of(client: unknown): LiveSocket | undefined {
    return typeof client === 'object' && client !== null ? sockets.get(client) : undefined;
  }

  bind(client: object, line: SocketLine): void {
    this.line = line;
    sockets.set(client, this);
  }

  get sessionId(): string | undefined {
    return this.proof?.authentication.principal.sessionId;
  }

  get userId(): string | undefined {
    return this.proof?.authentication.principal.id;
  }

  send(event: string, data: unknown): void {
    if (!this.ended) this.line?.send(event, data);
  }

  /** Tells the client why, and hangs up; once. */
  end(error: AuthKitError): void {
    if (this.ended) return;
    this.line?.send('disconnected', error.problem);
    this.ended = error;
    this.leave?.();
    this.line?.close(4000 + error.getStatus(), error.code);
  }

  /** Hangs up without a problem. */
  hangUp(): void {
    this.line?.close(1000, 'closed by the app');
  }

  /** Whether more bytes than these wait for the client, and did when this was last asked. */
  isBehind(most: number): boolean {
    const was = this.wasBehind;
    this.wasBehind = (this.line?.buffered ?? 0) > most;
    return was && this.wasBehind;
  }

  /** Counts a message; how many there were since the minute began. */
  count(now: number): number {
    if (now - this.minute >= MINUTE_MS || now < this.minute) {
      this.minute = now;
      this.messages = 0;
    }
    return (this.messages += 1);
  }
}
