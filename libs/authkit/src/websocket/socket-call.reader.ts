import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { CallReader, type Call } from '../access/call-reader.js';
import type { Authentication } from '../access/authenticator.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionCache } from '../sessions/session-cache.js';
import { LiveSocket } from './live-socket.js';
import { SocketContexts } from './socket-contexts.js';
import { SocketCredentials } from './socket-credentials.js';

/** Judges each message by what holds of its socket's session now. */
@Injectable()
export class SocketCallReader extends CallReader {
  override readonly type = 'ws';

  constructor(
    private readonly cache: SessionCache,
    private readonly credentials: SocketCredentials,
    private readonly contexts: SocketContexts,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    super();
  }

  override read(context: ExecutionContext): Call {
    const socket = LiveSocket.of(context.switchToWs().getClient());
    if (!socket) throw new AuthKitError('authentication_required', { reason: 'a client that nobody has let in' });
    return {
      context: this.contexts.of(socket.request),
      authenticate: (liveSession) => this.authenticate(socket, liveSession),
    };
  }

  override refusalOf(error: AuthKitError): Error {
    return new WsException(error.problem);
  }

  private async authenticate(socket: LiveSocket, liveSession: boolean): Promise<Authentication | null> {
    if (socket.ended) throw socket.ended;
    const { proof } = socket;
    if (!proof) return null;
    const { authentication, expiresAt } = proof;
    const { id, sessionId } = authentication.principal;
    if (sessionId === undefined) return this.credentials.again(socket, liveSession);
    if (this.options.session.check === 'never' && !liveSession) {
      if (this.clock.now() < expiresAt!) return authentication;
      throw new AuthKitError('token_expired', { reason: 'the token of the socket has expired' });
    }
    const snapshot = await this.cache.get(sessionId, id, liveSession);
    if (snapshot) return { principal: snapshot.principal, via: authentication.via };
    socket.end(new AuthKitError('token_revoked', { reason: 'the session of the socket is dead' }));
    throw socket.ended!;
  }
}
