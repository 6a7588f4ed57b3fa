import type { Grants } from '../access/role-policy.js';
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
