import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Authenticator, type Authentication } from '../access/authenticator.js';
import { bearerTokenOf } from '../access/bearer-token.js';
import { RolePolicy } from '../access/role-policy.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AccessTokenVerifier, UnknownKeyError } from '../sessions/access-token.js';
import { principalOf } from '../sessions/session.principal.js';
import { JwksClient } from './jwks-client.js';
import { RESOURCE_SERVER_OPTIONS, type ResolvedResourceServerOptions } from './resource-server.options.js';

/**
 * Access tokens of another app, in the Authorization header. The token alone decides until it expires: this app sees no
 * session. Synchronous while the token's key is known.
 */
@Injectable()
export class JwksAuthenticator extends Authenticator {
  private readonly verifier: AccessTokenVerifier;

  constructor(
    @Inject(RESOURCE_SERVER_OPTIONS) options: ResolvedResourceServerOptions,
    private readonly keys: JwksClient,
    private readonly roles: RolePolicy,
    private readonly clock: Clock,
  ) {
    super();
    this.verifier = new AccessTokenVerifier(options, keys, clock);
  }

  override authenticate(request: IncomingMessage): Authentication | null | Promise<Authentication> {
    const token = bearerTokenOf(request);
    if (token === undefined) return null;
    try {
      return this.verify(token);
    } catch (error) {
      if (!(error instanceof UnknownKeyError)) throw error;
      return this.verifyWithNewKeys(token, error);
    }
  }

  private verify(token: string): Authentication {
    return { principal: principalOf(this.verifier.verify(token), this.roles), via: 'header' };
  }

  private async verifyWithNewKeys(token: string, unknown: UnknownKeyError): Promise<Authentication> {
    const arrivedAt = this.clock.now();
    await this.keys.refresh();
    if (this.keys.find(unknown.kid) || this.keys.isWithout(unknown, arrivedAt)) return this.verify(token);
    // It may be a key of the issuer's that could not be read yet: refusing the token would log its holder out.
    throw new AuthKitError('unavailable', {
      reason: "the issuer's keys cannot be read",
      headers: { 'Retry-After': String(Math.max(1, Math.ceil(this.keys.wait / 1000))) },
    });
  }
}
