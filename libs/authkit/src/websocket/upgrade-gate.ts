import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { PROBLEM_TYPE } from '../http/problem-writer.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import type { Door } from './gateways.js';
import { SocketContexts } from './socket-contexts.js';
import { SocketCredentials, type Visitor } from './socket-credentials.js';
import { WEBSOCKET_OPTIONS, type ResolvedWebSocketOptions } from './websocket-options.js';

/** What becomes of a handshake. */
interface Outcome {
  /** May throw an AuthKitError after all. */
  enter(visitor: Visitor): void;
  refuse(error: AuthKitError): void;
}

/** Decides about handshakes before anything is accepted: who is there, in how much time, and how many at once. */
@Injectable()
export class UpgradeGate {
  private pending = 0;

  constructor(
    private readonly credentials: SocketCredentials,
    private readonly contexts: SocketContexts,
    private readonly events: AuthEvents,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {}

  /** Of an upgrade: exactly one of the two outcomes, or none when the client has gone meanwhile. */
  pass(request: IncomingMessage, socket: Duplex, door: Pick<Door, 'isOpen'>, outcome: Outcome): void {
    const ignore = () => undefined;
    // Nothing listens to the socket while the credential is looked at, and an error without a listener ends the process.
    socket.on('error', ignore);
    this.judge(request, door)
      .then(
        (visitor) => {
          if (socket.destroyed) return;
          try {
            outcome.enter(visitor);
            socket.off('error', ignore);
          } catch (error) {
            outcome.refuse(this.refusalOf(error, request));
          }
        },
        (error: unknown) => {
          if (!socket.destroyed) outcome.refuse(this.refusalOf(error, request));
        },
      )
      .catch(() => socket.destroy());
  }

  /** Who is there; rejects with what is wrong. Anonymous visitors pass where the door is open. */
  async judge(request: IncomingMessage, door: Pick<Door, 'isOpen'>): Promise<Visitor> {
    if (this.pending >= this.options.limits.pending) {
      throw new AuthKitError('overloaded', { reason: 'handshakes under way', headers: { 'Retry-After': '1' } });
    }
    this.pending += 1;
    try {
      const visitor = await this.inTime(this.credentials.ofHandshake(request));
      if (visitor.proof || door.isOpen()) return visitor;
      throw new AuthKitError('authentication_required', { reason: 'a handshake without a credential' });
    } finally {
      this.pending -= 1;
    }
  }

  /** The error as the client is told it, announced as an event. */
  refusalOf(error: unknown, request: IncomingMessage): AuthKitError {
    const context = this.contexts.of(request);
    return context.run(() => {
      const refusal = inContext(error);
      const { method, path } = context;
      void this.events.emit('authorization.denied', { code: refusal.code, reason: refusal.reason, method, path });
      return refusal;
    });
  }

  private async inTime<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const error = () => new AuthKitError('unavailable', { reason: 'the handshake took too long' });
      timer = setTimeout(() => reject(error()), this.options.limits.handshakeTimeout);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Made anew, since a problem names the request that is being served when it is made. */
function inContext(error: unknown): AuthKitError {
  if (!(error instanceof AuthKitError)) return new AuthKitError('unavailable', { reason: String(error), cause: error });
  const { code, problem, headers, reason } = error;
  return new AuthKitError(code, { detail: problem.detail, headers: { ...headers }, reason });
}

/** Answers an upgrade in plain HTTP, and hangs up. */
export function answerUpgrade(socket: Duplex, error: AuthKitError): void {
  const body = JSON.stringify(error.problem);
  const head = Object.entries(headersOf(error, body)).map(([name, value]) => `${name}: ${value}`);
  const status = error.getStatus();
  socket.once('finish', () => socket.destroy());
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', ...head, '', body].join('\r\n'));
}

/** Answers a request in the place of the app. */
export function answerRequest(response: ServerResponse, error: AuthKitError): void {
  const body = JSON.stringify(error.problem);
  response.writeHead(error.getStatus(), headersOf(error, body));
  response.end(body);
}

function headersOf(error: AuthKitError, body: string): Record<string, string | number> {
  return {
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...error.headers,
  };
}
