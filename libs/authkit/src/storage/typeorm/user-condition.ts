import type { UserCondition } from '../user.store.js';

/** The condition as the end of a statement's WHERE; its values are parameters of the same names. */
export function guardOf({ email, emailVerified, passwordHash }: UserCondition): string {
  return [
    email !== undefined && ' AND {u.email} === :email',
    emailVerified !== undefined && ' AND {u.emailVerified} = :emailVerified',
    passwordHash !== undefined && ` AND {u.passwordHash} ${passwordHash === null ? 'IS NULL' : '=== :passwordHash'}`,
  ]
    .filter((part) => part !== false)
    .join('');
}
