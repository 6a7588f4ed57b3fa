import type { Grants, RolePolicy } from '../access/role-policy.js';
import type { AccessClaims } from './access-token.js';
import type { Principal } from '../kernel/principal.js';

/** A user acting in a session. */
export class SessionPrincipal implements Principal {
  readonly kind = 'user';
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly amr: readonly string[];
  readonly authenticatedAt: number;

  constructor(
    readonly id: string,
    readonly sessionId: string,
    private readonly grants: Grants,
    proof: { amr: readonly string[]; authenticatedAt: number },
    readonly emailVerified?: boolean,
  ) {
    this.roles = grants.roles;
    this.permissions = grants.permissions;
    this.amr = proof.amr;
    this.authenticatedAt = proof.authenticatedAt;
    Object.freeze(this);
  }

  hasRole(...anyOf: string[]): boolean {
    return this.grants.hasRole(anyOf);
  }

  can(...allOf: string[]): boolean {
    return this.grants.can(allOf);
  }
}

/** The principal that a verified token alone describes, without a look at its session. */
export function principalOf(claims: AccessClaims, roles: RolePolicy): SessionPrincipal {
  const proof = { amr: claims.amr, authenticatedAt: claims.auth_time * 1000 };
  return new SessionPrincipal(claims.sub, claims.sid, roles.grantsOf(claims.roles), proof);
}
