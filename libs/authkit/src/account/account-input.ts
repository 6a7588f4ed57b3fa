import { problemOfRoles } from '../kernel/role-names.js';
import { canonicalEmail } from './email-address.js';
import { refuseField } from './refusals.js';

/** Columns that a client can never set, whatever the host's DTO declares. */
export const PROTECTED_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'roles',
  'permissions',
  'active',
  'emailVerified',
  'passwordHash',
  'sessionEpoch',
  'createdAt',
  'changedAt',
]);

/** The canonical form of an address a client has sent. Throws 422. */
export function requireEmail(raw: string): string {
  return canonicalEmail(raw) ?? refuseField('email', 'invalid_email', 'Give one e-mail address.');
}

/** What a client may set of these. */
export function withoutProtected(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !PROTECTED_FIELDS.has(name) && value !== undefined),
  );
}

/** Throws 422 for a role that can be none. */
export function assertRoles(roles: readonly string[]): void {
  const problem = problemOfRoles(roles);
  if (problem) refuseField('roles', problem.code, problem.detail);
}
