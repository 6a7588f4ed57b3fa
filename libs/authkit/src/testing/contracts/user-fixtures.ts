import { randomUUID } from 'node:crypto';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import type { KnownUser, NewUser, UserStore } from '../../storage/user.store.js';

/** What a store can do besides the two finders. */
export type UserStoreAbility =
  | 'create'
  | 'updateProfile'
  | 'changePassword'
  | 'setActive'
  | 'setRoles'
  | 'setEmailVerified'
  | 'changeEmail'
  | 'changeUsername'
  | 'remove'
  /** Users have usernames, and are found by them. */
  | 'usernames'
  /** It keeps session epochs: `sessionEpoch` in every record, and `endSessions()`. */
  | 'epochs'
  /** `changedSince()` tells of users changed by other processes. */
  | 'changedSince';

/** What a store can do, and what its users look like. */
export interface UserStoreContractOptions {
  /** What the store can do; for the rest of its methods it must answer `not_supported`. @default all but changedSince */
  supports?: readonly UserStoreAbility[];
  /** Puts a user into a store that has no `create()`; the id it has there. */
  seed?: (user: NewUser) => MaybePromise<string>;
  /** Host columns to create a user with, and others to change them to. @default none */
  fields?: readonly [created: Readonly<Record<string, unknown>>, changed: Readonly<Record<string, unknown>>];
  /** Roles the store takes; nobody in it may hold the last one. @default ['user', 'editor', 'chief'] */
  roles?: readonly [string, string, string];
}

const USUAL: readonly UserStoreAbility[] = [
  'create',
  'updateProfile',
  'changePassword',
  'setActive',
  'setRoles',
  'setEmailVerified',
  'changeEmail',
  'changeUsername',
  'remove',
  'usernames',
  'epochs',
];

/** An instant in whole seconds: not every column keeps milliseconds. */
export const AT = 1_800_000_000_000;
/** A stored hash, in the form of the kit's own. */
export const hashNo = (n: number): string =>
  `$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4f${String(n).padStart(2, '0')}`;

/** A store under test, and how users get into it. */
export class UserFixtures {
  readonly roles: readonly [string, string, string];
  readonly fields: readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>];
  private readonly abilities: ReadonlySet<UserStoreAbility>;

  constructor(
    readonly store: UserStore,
    private readonly options: UserStoreContractOptions = {},
  ) {
    this.abilities = abilitiesOf(options);
    this.roles = options.roles ?? ['user', 'editor', 'chief'];
    this.fields = options.fields ?? [{}, {}];
  }

  can(...abilities: UserStoreAbility[]): boolean {
    return abilities.every((ability) => this.abilities.has(ability));
  }

  /** Unlike any other. */
  newUser(over: Partial<NewUser> = {}): NewUser {
    const id = randomUUID();
    return {
      id,
      email: `${id}@example.com`,
      username: this.can('usernames') ? `u${id.slice(0, 18)}` : null,
      passwordHash: hashNo(0),
      emailVerified: false,
      roles: [this.roles[0]],
      fields: this.fields[0],
      at: AT,
      ...over,
    };
  }

  /** A user who is in the store. */
  async add(over: Partial<NewUser> = {}): Promise<NewUser> {
    const user = this.newUser(over);
    if (!this.can('create')) return { ...user, id: await this.options.seed!(user) };
    await this.store.create(user);
    return user;
  }

  /** The user as the store has it now; fails when it has none. */
  async get(id: string): Promise<KnownUser> {
    const found = await this.store.findById(id);
    if (!found) throw new Error(`findById(${id}) gave null for a user who is in the store`);
    return found as KnownUser;
  }

  async rolesOf(id: string): Promise<string[]> {
    return [...(await this.get(id)).user.roles].sort();
  }
}

export function abilitiesOf({ supports = USUAL, seed }: UserStoreContractOptions): ReadonlySet<UserStoreAbility> {
  const abilities = new Set(supports);
  if (!abilities.has('create') && !seed) {
    throw new TypeError('userStoreContract: a store without create() needs options.seed, which puts a user into it');
  }
  return abilities;
}
