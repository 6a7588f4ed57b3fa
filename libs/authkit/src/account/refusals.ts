import { AuthKitError, type ProblemCode } from '../kernel/errors.js';
import { ALIKE } from '../kernel/role-names.js';
import { UserConflictError } from '../storage/user.store.js';

/** Throws `validation_failed` (422) for one field. */
export function refuseField(field: string, code: string, detail: string): never {
  throw new AuthKitError('validation_failed', { errors: [{ field, code, detail }] });
}

const CONFLICTS: Record<Exclude<UserConflictError['field'], 'roles'>, ProblemCode> = {
  email: 'email_taken',
  username: 'username_taken',
  other: 'conflict',
};

/** Runs a change; a value that is taken becomes a problem: `email_taken`, `username_taken` or `conflict` (409). */
export async function orConflict<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!(error instanceof UserConflictError)) throw error;
    if (error.field === 'roles') refuseField('roles', ALIKE.code, ALIKE.detail);
    throw new AuthKitError(CONFLICTS[error.field]);
  }
}
