import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AuthKitError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { AccessTokens, type AccessClaims } from '../sessions/access-token.js';
import { AuthCookies } from '../sessions/cookies.js';
import { SessionCache } from '../sessions/session-cache.js';
import type { SessionSnapshot } from '../sessions/session-snapshot.js';
import { principalOf } from '../sessions/session.principal.js';
import { Authenticator, type Authentication } from './authenticator.js';
import { bearerTokenOf } from './bearer-token.js';
import { RolePolicy } from './role-policy.js';

/**
 * Access tokens in the Authorization header or the cookie. The header, if there, decides alone: an invalid one never
 * falls back to the cookie (RFC 6750). Synchronous while the session is cached.
 */
@Injectable()
export class SessionAuthenticator extends Authenticator {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly cache: SessionCache,
    private readonly cookies: AuthCookies,
    private readonly roles: RolePolicy,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {
    super();
  }

  override authenticate(
    request: IncomingMessage,
    liveSession = false,
  ): Authentication | null | Promise<Authentication> {
    const { authorization, cookie } = request.headers;
    if (authorization !== undefined && !this.options.credentials.header) {
      throw new AuthKitError('authentication_required', { reason: 'bearer tokens are switched off' });
    }
    const bearer = bearerTokenOf(request);
    if (bearer !== undefined) return this.authenticateToken(bearer, 'header', liveSession);
    const token = this.cookies.accessToken(cookie);
    return token === undefined ? null : this.authenticateToken(token, 'cookie', liveSession);
  }

  private authenticateToken(
    token: string,
    via: 'header' | 'cookie',
    liveSession: boolean,
  ): Authentication | Promise<Authentication> {
    const claims = this.accessTokens.verify(token);
    if (this.options.session.check === 'never' && !liveSession) {
      return { principal: principalOf(claims, this.roles), via };
    }
    const snapshot = this.cache.get(claims.sid, claims.sub, liveSession);
    return snapshot instanceof Promise
      ? snapshot.then((loaded) => authenticated(loaded, claims, via))
      : authenticated(snapshot, claims, via);
  }
}

function authenticated(
  snapshot: SessionSnapshot | null,
  claims: AccessClaims,
  via: 'header' | 'cookie',
): Authentication {
  if (!snapshot) throw new AuthKitError('token_revoked', { reason: 'the session is dead' });
  if (snapshot.userId !== claims.sub)
    throw new AuthKitError('token_invalid', { reason: 'sub is not the session user' });
  return { principal: snapshot.principal, via };
}
