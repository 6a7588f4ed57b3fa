import { Inject, Injectable } from '@nestjs/common';
import { PROTECTED_FIELDS } from '../account/account-input.js';
import { canonicalEmail } from '../account/email-address.js';
import { canonicalUsername } from '../account/username.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError, type FieldProblem } from '../kernel/errors.js';
import { isUuid, newId } from '../kernel/random.js';
import { problemOfRoles } from '../kernel/role-names.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { PasswordService } from '../passwords/password.service.js';
import { UserStore, type NewUser } from '../storage/user.store.js';
import type { ImportUser } from './import-user.js';

/** A row that may be imported. */
export interface CheckedUser {
  readonly user: NewUser;
  /** Of the hash; `none` for no password. */
  readonly scheme: string;
  readonly hasNewId: boolean;
}

const KNOWN: Readonly<Record<keyof ImportUser, true>> = {
  id: true,
  email: true,
  username: true,
  passwordHash: true,
  emailVerified: true,
  active: true,
  roles: true,
  createdAt: true,
  fields: true,
};
const MAX_HASH_CHARACTERS = 255;
const ZONED = /^\d{4}-\d{2}-\d{2}(?:$|[T ].*(?:Z|[+-]\d{2}(?::?\d{2})?)$)/;

/** Whether an account of another system may become one of the kit's. What it came with is looked at, never changed. */
@Injectable()
export class ImportCheck {
  constructor(
    private readonly passwords: PasswordService,
    @Inject(UserStore) private readonly users: UserStore,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Throws `validation_failed` (422), which names every field that is wrong. */
  check(raw: unknown): CheckedUser {
    if (!isRecord(raw)) throw refusal([problem('', 'is_object', 'Give an object.')]);
    const errors: FieldProblem[] = [];
    /** The value of a field, or its default; what is no value of it is noted. */
    const read = <T>(
      field: keyof ImportUser,
      fallback: T,
      parse: (value: unknown) => T | undefined,
      code: string,
      detail: string,
    ): T => {
      const value = raw[field];
      if (value === undefined || (value === null && fallback === null)) return fallback;
      const parsed = parse(value);
      if (parsed === undefined) errors.push(problem(field, code, detail));
      return parsed ?? fallback;
    };
    for (const key of Object.keys(raw)) {
      if (!Object.hasOwn(KNOWN, key)) errors.push(problem(key, 'unknown_field', 'Put your own columns into fields.'));
    }

    const at = this.clock.now();
    const id = read<string | null>('id', null, idOf, 'invalid_id', 'Give text of 1 to 128 characters, or a number.');
    const email = read('email', '', emailOf, 'invalid_email', 'Give one e-mail address.');
    if (raw['email'] === undefined) errors.push(problem('email', 'invalid_email', 'Give one e-mail address.'));
    const username = read<string | null>('username', null, usernameOf, 'invalid_username', USERNAME_RULE);
    const hash = read<string | null>('passwordHash', null, textOf, 'unsupported_password_hash', HASH_RULE);
    const scheme = hash === null ? 'none' : this.schemeOf(hash);
    if (scheme === null) errors.push(problem('passwordHash', 'unsupported_password_hash', HASH_RULE));
    const emailVerified = read('emailVerified', false, booleanOf, 'is_boolean', 'Give true or false.');
    const active = read('active', true, booleanOf, 'is_boolean', 'Give true or false.');
    const { defaultRoles } = this.options.registration;
    const roles = read(
      'roles',
      defaultRoles,
      rolesOf,
      'invalid_role',
      'Give a list of names of 1 to 64 printable characters.',
    );
    const createdAt = read(
      'createdAt',
      at,
      instantOf,
      'is_date',
      'Give a Date, epoch milliseconds, or ISO 8601 with a time zone.',
    );
    const fields = read('fields', {}, recordOf, 'is_object', 'Give an object.');
    errors.push(...this.fieldProblems(fields));
    if (errors.length > 0) throw refusal(errors);

    const uuid = id?.toLowerCase();
    const keepsId = isUuid(uuid);
    return {
      user: {
        id: keepsId ? uuid : newId(Math.max(0, createdAt)),
        ...{ email, username, passwordHash: hash, emailVerified, active, roles, createdAt, at },
        fields: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
      },
      scheme: scheme!,
      hasNewId: id !== null && !keepsId,
    };
  }

  private schemeOf(hash: string): string | null {
    return hash.length > MAX_HASH_CHARACTERS ? null : this.passwords.schemeOf(hash);
  }

  private fieldProblems(fields: Readonly<Record<string, unknown>>): FieldProblem[] {
    return Object.keys(fields).flatMap((name) => {
      // A store that assigns `__proto__` would change the object instead of a field.
      if (PROTECTED_FIELDS.has(name) || Object.hasOwn(KNOWN, name) || name === '__proto__') {
        return [problem(`fields.${name}`, 'protected_field', 'Give it beside fields, if it can be given at all.')];
      }
      return this.users.hasField(name) ? [] : [problem(`fields.${name}`, 'unknown_field', 'There is no such column.')];
    });
  }
}

const USERNAME_RULE = 'Use 3 to 32 letters, digits and single . _ - between them.';
const HASH_RULE =
  'No configured hasher verifies it: malformed, too costly, of an unknown scheme, or one that needs argon2id() or a secret of importedHashes().';

const problem = (field: string, code: string, detail: string): FieldProblem => ({ field, code, detail });
const refusal = (errors: FieldProblem[]): AuthKitError => new AuthKitError('validation_failed', { errors });

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const recordOf = (value: unknown): Record<string, unknown> | undefined => (isRecord(value) ? value : undefined);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const booleanOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
const emailOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? (canonicalEmail(value) ?? undefined) : undefined;
const usernameOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? (canonicalUsername(value) ?? undefined) : undefined;
const rolesOf = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.every((role) => typeof role === 'string') && problemOfRoles(value) === null
    ? [...new Set(value)]
    : undefined;

function idOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value);
  return text.length >= 1 && text.length <= 128 ? text : undefined;
}

function instantOf(value: unknown): number | undefined {
  const known = value instanceof Date || typeof value === 'number' || (typeof value === 'string' && ZONED.test(value));
  const instant = known ? new Date(value).getTime() : NaN;
  return Number.isNaN(instant) ? undefined : instant;
}
