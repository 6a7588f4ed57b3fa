import { AuthKitError, type ProblemCode } from '../kernel/errors.js';
import { ALIKE, problemOfRoles } from '../kernel/role-names.js';
import { UserConflictError } from '../storage/user.store.js';
import { canonicalEmail } from './email-address.js';
import { canonicalUsername, isReservedUsername } from './username.js';

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
export function requireEmail(raw: string, field = 'email'): string {
  return canonicalEmail(raw) ?? refuseField(field, 'invalid_email', 'Give one e-mail address.');
}

/** The canonical form of a username a client has sent. Throws 422, also for one that nobody may have. */
export function requireUsername(raw: string, reserved: readonly string[]): string {
  const username = canonicalUsername(raw);
  if (username === null) {
    return refuseField('username', 'invalid_username', 'Use 3 to 32 letters, digits and single . _ - between them.');
  }
  if (isReservedUsername(username, reserved)) {
    return refuseField('username', 'reserved_username', 'This username is reserved.');
  }
  return username;
}

export function withoutProtected(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !PROTECTED_FIELDS.has(name) && value !== undefined),
  );
}

export function assertRoles(roles: readonly string[]): void {
  const problem = problemOfRoles(roles);
  if (problem) refuseField('roles', problem.code, problem.detail);
}

export function refuseField(field: string, code: string, detail: string): never {
  throw new AuthKitError('validation_failed', { errors: [{ field, code, detail }] });
}

const CONFLICTS: Record<Exclude<UserConflictError['field'], 'roles'>, ProblemCode> = {
  email: 'email_taken',
  username: 'username_taken',
  other: 'conflict',
};

/** A value that is taken, as a problem. */
export async function orConflict<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof UserConflictError)) throw error;
    if (error.field === 'roles') refuseField('roles', ALIKE.code, ALIKE.detail);
    throw new AuthKitError(CONFLICTS[error.field]);
  }
}
