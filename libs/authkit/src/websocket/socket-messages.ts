import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { LiveSocket } from './live-socket.js';
import { SocketContexts } from './socket-contexts.js';
import { SocketCredentials } from './socket-credentials.js';
import { WEBSOCKET_OPTIONS, type ResolvedWebSocketOptions } from './websocket-options.js';

/** What a client sends with a fresh token, where the token alone keeps its socket alive. */
const RENEW = 'auth:renew';
/** Bytes; a token has at most 4096. */
const RENEW_MAX = 8192;

/** Stands before the messages of a socket: how many there may be, and those that are the kit's own. */
@Injectable()
export class SocketMessages {
  constructor(
    private readonly credentials: SocketCredentials,
    private readonly contexts: SocketContexts,
    private readonly clock: Clock,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
    @Inject(RESOLVED_OPTIONS) private readonly resolved: ResolvedOptions,
  ) {}

  /** Whether the app may see a message of a native WebSocket. */
  admitsText(socket: LiveSocket, raw: unknown): boolean {
    if (!this.admits(socket)) return false;
    const renewal = this.isRenewable ? renewalIn(raw) : null;
    if (renewal) void this.renew(socket, renewal.data);
    return renewal === null;
  }

  /** Whether the app may see an event of socket.io. */
  admitsEvent(socket: LiveSocket, [event, data]: unknown[]): boolean {
    if (!this.admits(socket)) return false;
    if (!this.isRenewable || event !== RENEW) return true;
    void this.renew(socket, data);
    return false;
  }

  private admits(socket: LiveSocket): boolean {
    if (socket.ended) return false;
    if (socket.count(this.clock.now()) <= this.options.limits.messagesPerMinute) return true;
    socket.end(
      new AuthKitError('rate_limited', { detail: 'Too many messages.', reason: 'messages of one socket a minute' }),
    );
    return false;
  }

  private get isRenewable(): boolean {
    return this.resolved.session.check === 'never';
  }

  private async renew(socket: LiveSocket, data: unknown): Promise<void> {
    const { token } = (data ?? {}) as { token?: unknown };
    try {
      await this.contexts.of(socket.request).run(async () => {
        const proof = typeof token === 'string' ? await this.credentials.ofToken(socket.request, token) : null;
        const before = socket.proof?.authentication.principal;
        const principal = proof?.authentication.principal;
        if (!principal || principal.id !== before?.id || principal.sessionId !== before.sessionId) {
          throw new AuthKitError('token_invalid', { reason: 'auth:renew with a token of no or another session' });
        }
        socket.proof = proof;
      });
      socket.send('auth:renewed', { expiresAt: socket.proof?.expiresAt });
    } catch (error) {
      const refusal =
        error instanceof AuthKitError
          ? error
          : new AuthKitError('unavailable', { reason: String(error), cause: error });
      socket.send('exception', refusal.problem);
    }
  }
}

/** A message `{ event: 'auth:renew', data }`; null for any other, which is not parsed. */
function renewalIn(raw: unknown): { data: unknown } | null {
  if (!Buffer.isBuffer(raw) || raw.length > RENEW_MAX || !raw.includes(RENEW)) return null;
  try {
    const message = JSON.parse(raw.toString('utf8')) as { event?: unknown; data?: unknown } | null;
    return message?.event === RENEW ? { data: message.data } : null;
  } catch {
    return null;
  }
}
