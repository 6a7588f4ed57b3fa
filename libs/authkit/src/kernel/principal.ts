/** What kind of party acts: a person, an OAuth-like client, an API key, or the master credential. */
export type PrincipalKind = 'user' | 'client' | 'api-key' | 'master';

/** Who acts now. Frozen, shared between requests of one session; read it, never change it. */
export interface Principal {
  readonly kind: PrincipalKind;
  /** The user's (client's, key's) id. */
  readonly id: string;
  /** The session behind the credential; absent for credentials without one. */
  readonly sessionId?: string;
  /** Every role held, inherited ones included. */
  readonly roles: readonly string[];
  /** Every permission pattern held through the roles. */
  readonly permissions: readonly string[];
  /** How the user proved who they are (RFC 8176), e.g. `['pwd']`. */
  readonly amr: readonly string[];
  /** When they last did; epoch milliseconds. */
  readonly authenticatedAt: number;
  /** Whether the user's e-mail address is proven; absent where that is not known. */
  readonly emailVerified?: boolean;
  /** Whether any of the roles is held. */
  hasRole(...anyOf: string[]): boolean;
  /** Whether every permission is covered, wildcards considered. */
  can(...allOf: string[]): boolean;
}
