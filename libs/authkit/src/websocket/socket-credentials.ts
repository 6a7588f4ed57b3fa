import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AUTHENTICATORS, authenticateBy, type Authentication, type Authenticator } from '../access/authenticator.js';
import { SessionAuthenticator } from '../access/session.authenticator.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { AccessTokens } from '../sessions/access-token.js';
import { AuthCookies } from '../sessions/cookies.js';
import { SessionCache } from '../sessions/session-cache.js';
import type { LiveSocket, Proof } from './live-socket.js';
import { takeTicket, takeToken } from './handshake-secrets.js';
import { WsTickets } from './ws-tickets.js';

/** What a handshake says of who is there. */
export interface Visitor {
  /** Null when nothing is presented. */
  readonly proof: Proof | null;
  /** Whether nothing that comes later counts: it came by a way that goes before `auth.token`. */
  readonly isFinal: boolean;
}

/**
 * Finds the credential of a handshake: the Authorization header, the subprotocol, a ticket, the cookie, in this order
 * (socket.io's `auth.token`, which comes later, goes before the ticket). A bad one never falls through to the next.
 */
@Injectable()
export class SocketCredentials {
  constructor(
    @Inject(AUTHENTICATORS) private readonly authenticators: readonly Authenticator[],
    private readonly sessionTokens: SessionAuthenticator,
    private readonly accessTokens: AccessTokens,
    private readonly cache: SessionCache,
    private readonly cookies: AuthCookies,
    private readonly tickets: WsTickets,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Who opens a connection. Throws AuthKitError: 401 for a bad credential, 403 for a cookie sent by another site. */
  async ofHandshake(request: IncomingMessage): Promise<Visitor> {
    // Taken in any case: neither is to be seen by the app, or by a log.
    const ticket = takeTicket(request);
    const token = takeToken(request);
    if (request.headers.authorization !== undefined) return { proof: await this.prove(request), isFinal: true };
    if (token !== undefined) return { proof: await this.ofToken(request, token()), isFinal: true };
    if (ticket !== undefined) return { proof: await this.ofTicket(request, ticket()), isFinal: false };
    return { proof: await this.ofCookie(request), isFinal: false };
  }

  /** Who presents a token in another way than by a header. */
  async ofToken(request: IncomingMessage, token: string): Promise<Proof | null> {
    const { cookie: _cookie, ...headers } = request.headers;
    const withToken = Object.create(request, {
      headers: { value: { ...headers, authorization: `Bearer ${token}` } },
      rawHeaders: { value: [] },
    }) as IncomingMessage;
    return this.prove(withToken);
  }

  /** Asks anew whose credential it is, where there is no session to look at; a refusal ends the socket. */
  async again(socket: LiveSocket, liveSession: boolean): Promise<Authentication> {
    socket.askedAt = this.clock.now();
    try {
      const found = await this.authenticate(socket.proof!.request, liveSession);
      if (found) return found;
      throw new AuthKitError('token_revoked', { reason: 'the credential of the socket is nobody’s any more' });
    } catch (error) {
      if (error instanceof AuthKitError && error.getStatus() < 500) socket.end(error);
      throw error;
    }
  }

  /** Throws AuthKitError (401) when what a handshake has proven holds no more; a connection may be older than that. */
  async assertHolds({ authentication, expiresAt }: Proof): Promise<void> {
    const { id, sessionId } = authentication.principal;
    if (sessionId === undefined) return;
    if (this.isUnchecked) {
      if (this.clock.now() < expiresAt!) return;
      throw new AuthKitError('token_expired', { reason: 'the token of the handshake' });
    }
    if (!(await this.cache.get(sessionId, id)))
      throw new AuthKitError('token_revoked', { reason: 'the session of the handshake is dead' });
  }

  /** Browsers let any page open a socket with the user's cookies, and CORS does not apply: the origin decides. */
  private async ofCookie(request: IncomingMessage): Promise<Proof | null> {
    if (!this.cookies.isPresent(request.headers.cookie)) return this.prove(request);
    let found: Authentication | null = null;
    let failure: Error | undefined;
    try {
      found = await this.authenticate(request);
    } catch (error) {
      failure = error as Error;
    }
    // Whether the cookie is any good is for nobody to learn from another site.
    if (found ? found.via === 'cookie' : failure !== undefined) this.assertOrigin(request);
    if (failure) throw failure;
    return found && this.proofOf(found, request);
  }

  private assertOrigin({ headers }: IncomingMessage): void {
    const { origin } = headers;
    if (origin === undefined) {
      // Browsers send an Origin with every upgrade, but none when a page polls its own site.
      if (headers.upgrade === undefined && headers['sec-fetch-site'] === 'same-origin') return;
      throw new AuthKitError('csrf_origin_missing', { reason: 'a socket with a cookie and without an Origin' });
    }
    if (this.options.allowedOrigins.includes(origin)) return;
    throw new AuthKitError('csrf_rejected', { reason: 'the origin is not allowed' });
  }

  private async ofTicket(request: IncomingMessage, ticket: string): Promise<Proof> {
    const { sessionId, userId } = await this.tickets.redeem(ticket);
    const snapshot = await this.cache.get(sessionId, userId, true);
    if (!snapshot) throw new AuthKitError('token_revoked', { reason: "the ticket's session is dead" });
    const asLongAsAToken = this.clock.now() + this.options.accessToken.ttl;
    return {
      authentication: { principal: snapshot.principal, via: 'header' },
      request,
      expiresAt: this.isUnchecked ? Math.min(snapshot.expiresAt, asLongAsAToken) : snapshot.expiresAt,
    };
  }

  private async prove(request: IncomingMessage): Promise<Proof | null> {
    const found = await this.authenticate(request);
    return found && this.proofOf(found, request);
  }

  private async authenticate(request: IncomingMessage, liveSession = false): Promise<Authentication | null> {
    return authenticateBy(this.authenticators, request, liveSession);
  }

  private async proofOf(authentication: Authentication, request: IncomingMessage): Promise<Proof> {
    const { id, sessionId } = authentication.principal;
    if (sessionId === undefined) return { authentication, request, expiresAt: null };
    if (this.isUnchecked) {
      const { token } = this.sessionTokens.presentedToken(request)!;
      return { authentication, request, expiresAt: this.accessTokens.verify(token).exp * 1000 };
    }
    const snapshot = await this.cache.get(sessionId, id);
    if (!snapshot) throw new AuthKitError('token_revoked', { reason: 'the session has just ended' });
    return { authentication, request, expiresAt: snapshot.expiresAt };
  }

  /** Whether the token alone decides, until it expires. */
  private get isUnchecked(): boolean {
    return this.options.session.check === 'never';
  }
}
