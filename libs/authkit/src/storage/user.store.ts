import { AuthKitError } from '../kernel/errors.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';

/** What the kit needs to know of a user; the host's own user type has at least this. */
export interface AuthUser {
  id: string;
  /** In canonical form. */
  email: string;
  username?: string | null;
  emailVerified: boolean;
  active: boolean;
  /** Roles assigned, inherited ones not included. */
  roles: string[];
  createdAt: Date;
}

/** A user with the two columns that never leave the kit. */
export interface UserRecord<U extends AuthUser = AuthUser> {
  /** The host's object; carries no hash. */
  user: U;
  /** Null for users without a password. */
  passwordHash: string | null;
  /** Sessions of another epoch are dead. A store that keeps none leaves it out, and the kit keeps it beside. */
  sessionEpoch?: number;
}

/** Like {@link UserRecord}, epoch filled in. */
export type KnownUser<U extends AuthUser = AuthUser> = Required<UserRecord<U>>;

/** How a user names themselves at login, in canonical form. */
export type LoginIdentifier = { email: string } | { username: string };

export interface NewUser {
  id: string;
  email: string;
  username: string | null;
  passwordHash: string | null;
  emailVerified: boolean;
  roles: readonly string[];
  /** Host columns, already validated. */
  fields: Readonly<Record<string, unknown>>;
  at: number;
  /** Only imported users may be inactive from the start. @default true */
  active?: boolean;
  /** When the account was made elsewhere, epoch milliseconds. @default at */
  createdAt?: number;
}

/** What became of one of many new accounts; `rejected` is the database's refusal of some other value. */
export interface CreateOutcome {
  readonly code: 'created' | 'id_taken' | 'email_taken' | 'username_taken' | 'conflict' | 'rejected';
  /** What the database said; for the operator, never for a client. */
  readonly detail?: string;
}

/** What must still be true of the user for a change to happen; judged by the statement that changes. */
export interface UserCondition {
  /** This is the user's address. */
  email?: string;
  /** The address is verified, or is not. */
  emailVerified?: boolean;
  /** This is the stored hash, or there is none. */
  passwordHash?: string | null;
}

/** Replaces a hash only where the stored one still is `from` (undefined: whatever it is). */
export interface PasswordChange {
  from: string | null | undefined;
  /** Null takes the password away. */
  to: string | null;
  /** What else must be true. @default nothing */
  where?: Pick<UserCondition, 'email' | 'emailVerified'>;
  /** Ends every session by a new epoch, in the same statement. */
  endSessions: boolean;
  at: number;
}

/** Replaces an address only where it still is `from`, and the stored hash still is `passwordHash`. */
export interface EmailChange {
  from: string;
  passwordHash: string | null;
  /** Proven to be the user's. */
  to: string;
  at: number;
}

/** What became of a change that must leave one administrator. */
export type GuardedChange = 'changed' | 'unchanged' | 'not_found' | 'last_admin';

/**
 * Thrown by {@link UserStore.create}, `updateProfile`, `changeEmail` and `changeUsername` when a unique value is taken;
 * with `roles` by `create` and `setRoles` when the store cannot tell two of the roles apart.
 */
export class UserConflictError extends Error {
  constructor(readonly field: 'email' | 'username' | 'roles' | 'other') {
    super(field === 'roles' ? 'two roles are one to the store' : `the ${field === 'other' ? 'value' : field} is taken`);
  }
}

/**
 * Where users live. The two finders are all a legacy service needs (with `registration.enabled: false`); what it leaves
 * out answers 501.
 * Every method may return a value or a promise of it. Each change is one conditional statement or one transaction.
 */
export abstract class UserStore<U extends AuthUser = AuthUser> {
  abstract findById(id: string): MaybePromise<UserRecord<U> | null>;

  abstract findByIdentifier(identifier: LoginIdentifier): MaybePromise<UserRecord<U> | null>;

  /** Throws {@link UserConflictError} when e-mail or username is taken, or two roles are one. */
  create(_user: NewUser): MaybePromise<UserRecord<U>> {
    return unsupported('create');
  }

  /**
   * Makes many accounts, for an import: what became of each, in order. A dry run says the same and makes none. A taken id
   * or e-mail address is told before any other conflict.
   */
  async createMany(users: readonly NewUser[], dryRun: boolean): Promise<CreateOutcome[]> {
    const outcomes: CreateOutcome[] = [];
    for (const user of users) outcomes.push({ code: await createOne(this, user, dryRun) });
    return outcomes;
  }

  /** Texts that no two users may share, by field; an import finds duplicates within its source by them. */
  uniqueValuesOf({ id, email, username }: NewUser): Readonly<Record<string, string>> {
    return { id, email, ...(username !== null && { username }) };
  }

  /** Whether there is a host column of this name; a store that cannot tell says yes. */
  hasField(_name: string): boolean {
    return true;
  }

  /** Sets host columns; null when there is no such user. */
  updateProfile(
    _id: string,
    _fields: Readonly<Record<string, unknown>>,
    _at: number,
  ): MaybePromise<UserRecord<U> | null> {
    return unsupported('updateProfile');
  }

  /** False when the stored hash is not `change.from` any more, or `change.where` is not true. */
  changePassword(_id: string, _change: PasswordChange): MaybePromise<boolean> {
    return unsupported('changePassword');
  }

  /** Deactivating bumps the epoch in the same statement. Refuses to deactivate the last active holder of `adminRole`. */
  setActive(_id: string, _active: boolean, _at: number, _adminRole: string | null): MaybePromise<GuardedChange> {
    return unsupported('setActive');
  }

  /** Replaces all roles. Refuses to take `adminRole`, spelt just so, from its last active holder. */
  setRoles(
    _id: string,
    _roles: readonly string[],
    _at: number,
    _adminRole: string | null,
  ): MaybePromise<GuardedChange> {
    return unsupported('setRoles');
  }

  /** False when there is no such user, or the condition is not true of them. */
  setEmailVerified(_id: string, _verified: boolean, _at: number, _where?: UserCondition): MaybePromise<boolean> {
    return unsupported('setEmailVerified');
  }

  /**
   * Replaces the address and marks it verified; false when address or hash are not those of the change any more. Throws
   * {@link UserConflictError} when another user has the new one.
   */
  changeEmail(_id: string, _change: EmailChange): MaybePromise<boolean> {
    return unsupported('changeEmail');
  }

  /** False when there is no such user. Throws {@link UserConflictError} when another user has the name. */
  changeUsername(_id: string, _username: string, _at: number): MaybePromise<boolean> {
    return unsupported('changeUsername');
  }

  /** Removes the user for good. Refuses to remove the last active holder of `adminRole`. */
  remove(_id: string, _at: number, _adminRole: string | null): MaybePromise<GuardedChange> {
    return unsupported('remove');
  }

  /**
   * Whether the user is the last active holder of `adminRole`, to say so early; what decides are the changes. A store
   * that cannot tell says no.
   */
  isLastAdmin(_id: string, _adminRole: string | null): MaybePromise<boolean> {
    return false;
  }

  /** Whether the store has this method, rather than answering 501. */
  supports(method: OptionalUserMethod): boolean {
    return this[method] !== UserStore.prototype[method];
  }

  /** Kills every session of the user by a new epoch; false when there is no such user. */
  endSessions?(id: string, at: number): MaybePromise<boolean>;

  /** Ids of users changed since an instant by another process: activity, roles, epoch. */
  changedSince?(since: number): MaybePromise<Change[]>;
}

/** What a store may leave out. */
export type OptionalUserMethod =
  | 'create'
  | 'updateProfile'
  | 'changePassword'
  | 'setActive'
  | 'setRoles'
  | 'setEmailVerified'
  | 'changeEmail'
  | 'changeUsername'
  | 'remove';

/** A row that changed, for the change feed. */
export interface Change {
  kind: 'user' | 'session';
  id: string;
  at: number;
}

async function createOne(store: UserStore, user: NewUser, dryRun: boolean): Promise<CreateOutcome['code']> {
  const { id, email, username } = user;
  if (await store.findById(id)) return 'id_taken';
  if (await store.findByIdentifier({ email })) return 'email_taken';
  if (username !== null && (await store.findByIdentifier({ username }))) return 'username_taken';
  if (dryRun) return 'created';
  try {
    await store.create(user);
    return 'created';
  } catch (error) {
    if (!(error instanceof UserConflictError)) throw error;
    return error.field === 'email' || error.field === 'username' ? `${error.field}_taken` : 'conflict';
  }
}

function unsupported(method: string): never {
  throw new AuthKitError('not_supported', { reason: `the user store has no ${method}()` });
}
