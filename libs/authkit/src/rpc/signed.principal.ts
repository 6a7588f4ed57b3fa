import type { Grants, RolePolicy } from '../access/role-policy.js';
import type { Principal, PrincipalKind } from '../kernel/principal.js';
import type { IdentityClaims } from './identity.js';

/** Who acts, by the word of the service that sent the message. */
export class SignedPrincipal implements Principal {
  readonly kind: PrincipalKind;
  readonly id: string;
  readonly sessionId?: string;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly amr: readonly string[];
  readonly authenticatedAt: number;
  readonly emailVerified?: boolean;
  private readonly grants: Grants;

  constructor({ caller }: IdentityClaims, policy: RolePolicy) {
    this.grants = policy.grantsOf(caller.roles);
    this.kind = caller.kind;
    this.id = caller.id;
    if (caller.sessionId !== undefined) this.sessionId = caller.sessionId;
    this.roles = this.grants.roles;
    this.permissions = this.grants.permissions;
    this.amr = caller.amr;
    this.authenticatedAt = caller.authenticatedAt;
    if (caller.emailVerified !== undefined) this.emailVerified = caller.emailVerified;
    Object.freeze(this);
  }

  hasRole(...anyOf: string[]): boolean {
    return this.grants.hasRole(anyOf);
  }

  can(...allOf: string[]): boolean {
    return this.grants.can(allOf);
  }
}
