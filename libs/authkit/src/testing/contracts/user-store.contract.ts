import { randomUUID } from 'node:crypto';
import assert from 'node:assert/strict';
import { types } from 'node:util';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import {
  UserConflictError,
  type NewUser,
  type PasswordChange,
  type UserCondition,
  type UserStore,
} from '../../storage/user.store.js';
import { assertHas, assertIs, assertWinners, casesOn, later, type ContractCase } from './contract.js';
import { AT, abilitiesOf, hashNo, UserFixtures, type UserStoreContractOptions } from './user-fixtures.js';
import { importChecks } from './user-imports.contract.js';
import { identityChecks } from './user-identity.contract.js';
import { roleChecks } from './user-roles.contract.js';
import { sessionEpochChecks } from './user-epochs.contract.js';

type Checks = Record<string, (users: UserFixtures) => Promise<void>>;

/**
 * What every UserStore must do, whatever it stores in: one case for each thing, on one store that `makeStore` makes
 * before the first. It must be empty of users with the roles the cases use; what the cases add stays in it.
 */
export function userStoreContract(
  makeStore: () => MaybePromise<UserStore>,
  options: UserStoreContractOptions = {},
): ContractCase[] {
  const abilities = abilitiesOf(options);
  const has = (ability: Parameters<typeof abilities.has>[0]) => abilities.has(ability);
  return casesOn(async () => new UserFixtures(await makeStore(), options), {
    ...finderChecks,
    ...(has('usernames') && usernameChecks),
    ...(has('create') && createChecks),
    ...(has('create') && has('usernames') && usernameConflictChecks),
    ...importChecks(abilities),
    ...(has('updateProfile') && profileChecks),
    ...(has('changePassword') && passwordChecks),
    ...(has('setEmailVerified') && emailChecks),
    ...identityChecks(abilities),
    ...roleChecks(abilities),
    ...sessionEpochChecks(abilities),
    'answers not_supported for every method it does not have': refusesTheRest,
  });
}

const finderChecks: Checks = {
  'finds a user by id and by e-mail, with hash and roles, and without the hash on the user': async (users) => {
    const user = await users.add({ emailVerified: true, roles: users.roles.slice(0, 2) });
    for (const [how, found] of [
      ['findById', await users.store.findById(user.id)],
      ['findByIdentifier, e-mail', await users.store.findByIdentifier({ email: user.email })],
    ] as const) {
      const { id, email } = user;
      assertHas(how, found, { passwordHash: user.passwordHash });
      assertHas(`${how}: user`, found!.user, { id, email, emailVerified: true, active: true, ...user.fields });
      assertIs(`${how}: roles`, [...found!.user.roles].sort(), [...user.roles].sort());
      assert.ok(types.isDate(found!.user.createdAt), `${how}: user.createdAt must be a Date`);
      assert.ok(!JSON.stringify(found!.user).includes(user.passwordHash!), `${how}: the hash must not be on the user`);
    }
  },

  'finds nobody by an unknown id, e-mail or username': async ({ store }) => {
    assertIs('findById of an unknown id', await store.findById(randomUUID()), null);
    assertIs('findByIdentifier, e-mail', await store.findByIdentifier({ email: 'nobody@example.com' }), null);
    assertIs('findByIdentifier, username', await store.findByIdentifier({ username: 'nobody' }), null);
  },

  'gives each caller an object of its own': async (users) => {
    const { id } = await users.add();
    const [one, other] = [await users.get(id), await users.get(id)];
    assert.notEqual(one.user, other.user, 'two reads gave the same object; a change to one would reach the other');
  },
};

const usernameChecks: Checks = {
  'finds a user by username': async (users) => {
    const { id, username } = await users.add();
    assertHas('user', (await users.store.findByIdentifier({ username: username! }))?.user, { id, username });
  },
};

const createChecks: Checks = {
  'keeps the instant of creation': async (users) => {
    const { id } = await users.add();
    assertIs('createdAt', (await users.get(id)).user.createdAt, new Date(AT));
  },

  'stores users without a username, a password or roles': async (users) => {
    const one = await users.add({ username: null, passwordHash: null, roles: [] });
    const two = await users.add({ username: null });
    const found = await users.get(one.id);
    assertIs('passwordHash', found.passwordHash, null);
    assertIs('username', found.user.username ?? null, null);
    assertIs('roles', found.user.roles, []);
    assertHas('the second without a username', (await users.get(two.id)).user, { id: two.id });
  },

  'refuses a second user with the same e-mail address and says so': async (users) => {
    const { email } = await users.add();
    assertIs('conflict', await conflictOf(users.store, users.newUser({ email })), 'email');
  },

  'lets one of many simultaneous registrations of an e-mail address win, and leaves no orphan roles': async (users) => {
    const { email } = users.newUser();
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async () => (await conflictOf(users.store, users.newUser({ email }))) === null),
    );
    assertWinners('create()', outcomes, 1);
    const winner = await users.store.findByIdentifier({ email });
    assertIs('roles of the winner', winner?.user.roles, [users.roles[0]]);
  },
};

const usernameConflictChecks: Checks = {
  'refuses a second user with the same username and says so': async (users) => {
    const { username } = await users.add();
    assertIs('conflict', await conflictOf(users.store, users.newUser({ username })), 'username');
  },
};

const profileChecks: Checks = {
  'changes host columns and nothing else': async (users) => {
    const user = await users.add();
    const updated = await users.store.updateProfile(user.id, users.fields[1], AT + 1000);
    assertHas('updateProfile', updated?.user, { id: user.id, email: user.email, ...users.fields[1] });
    assertHas('user', (await users.get(user.id)).user, { email: user.email, active: true, ...users.fields[1] });
    assertHas('updateProfile without fields', await users.store.updateProfile(user.id, {}, AT + 1000), {
      passwordHash: user.passwordHash,
    });
    assertIs('unknown user', await users.store.updateProfile(randomUUID(), users.fields[1], AT), null);
  },
};

const passwordChecks: Checks = {
  'replaces a password hash only while it is the expected one': async (users) => {
    const { id, passwordHash } = await users.add();
    const change = { to: hashNo(1), endSessions: false, at: AT + 1000 };
    const tried = async (from: string | null | undefined, to = change.to) => [
      await users.store.changePassword(id, { ...change, from, to }),
      (await users.get(id)).passwordHash,
    ];
    assertIs('from another hash', await tried(hashNo(9)), [false, passwordHash]);
    assertIs('from none', await tried(null), [false, passwordHash]);
    assertIs('from the stored one', await tried(passwordHash), [true, hashNo(1)]);
    assertIs('from whatever it is', await tried(undefined, hashNo(2)), [true, hashNo(2)]);
    const unknown = await users.store.changePassword(randomUUID(), { ...change, from: undefined });
    assertIs('of an unknown user', unknown, false);
  },

  'replaces a password hash only where the address is the expected one, and proven or not as expected': async (
    users,
  ) => {
    const { id, email } = await users.add({ emailVerified: false });
    const tried = (where: PasswordChange['where'], to: string | null = hashNo(1)) =>
      later(() => users.store.changePassword(id, { from: undefined, to, endSessions: false, at: AT + 1000, where }));
    assertIs('where it is another', await tried({ email: `x${email}` }), false);
    assertIs('where it is proven', await tried({ email, emailVerified: true }), false);
    assertIs('hash', (await users.get(id)).passwordHash, hashNo(0));
    assertIs('where both are true', await tried({ email, emailVerified: false }), true);
    assertIs('hash', (await users.get(id)).passwordHash, hashNo(1));
    assertIs('to none', await tried({}, null), true);
    assertIs('hash', (await users.get(id)).passwordHash, null);
  },

  'lets one of many simultaneous password changes from the same hash win': async (users) => {
    const { id, passwordHash: from } = await users.add();
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        later(() => users.store.changePassword(id, { from, to: hashNo(n + 1), endSessions: true, at: AT })),
      ),
    );
    assertWinners('changePassword()', won, 1);
    assertIs('hash', (await users.get(id)).passwordHash, hashNo(won.indexOf(true) + 1));
  },
};

const emailChecks: Checks = {
  'says whether an address is verified': async (users) => {
    const { id } = await users.add();
    for (const verified of [true, false]) {
      assertIs(`setEmailVerified(${verified})`, await users.store.setEmailVerified(id, verified, AT + 1000), true);
      assertIs('emailVerified', (await users.get(id)).user.emailVerified, verified);
    }
    assertIs('of an unknown user', await users.store.setEmailVerified(randomUUID(), true, AT), false);
  },

  'takes an address for proven only where address and hash are the expected ones': async (users) => {
    const { id, email, passwordHash } = await users.add();
    const tried = (where: UserCondition) => later(() => users.store.setEmailVerified(id, true, AT + 1000, where));
    for (const where of [
      { email: `x${email}`, passwordHash },
      { email, passwordHash: hashNo(9) },
      { email, passwordHash: null },
      { email, passwordHash, emailVerified: true },
    ]) {
      assertIs(JSON.stringify(where), await tried(where), false);
    }
    assertIs('emailVerified', (await users.get(id)).user.emailVerified, false);
    assertIs('where all is true', await tried({ email, passwordHash, emailVerified: false }), true);
    assertIs('emailVerified', (await users.get(id)).user.emailVerified, true);
  },
};

/** Which value was taken; null when none was. */
async function conflictOf(store: UserStore, user: NewUser): Promise<UserConflictError['field'] | null> {
  try {
    await store.create(user);
    return null;
  } catch (error) {
    assert.ok(error instanceof UserConflictError, `create() must throw UserConflictError, not ${String(error)}`);
    return error.field;
  }
}

async function refusesTheRest(users: UserFixtures): Promise<void> {
  const { store, roles } = users;
  const id = randomUUID();
  const calls = {
    create: () => store.create(users.newUser()),
    updateProfile: () => store.updateProfile(id, {}, AT),
    changePassword: () => store.changePassword(id, { from: undefined, to: hashNo(1), endSessions: false, at: AT }),
    setActive: () => store.setActive(id, true, AT, null),
    setRoles: () => store.setRoles(id, [roles[0]], AT, null),
    setEmailVerified: () => store.setEmailVerified(id, true, AT),
    changeEmail: () =>
      store.changeEmail(id, { from: 'a@example.com', passwordHash: null, to: 'b@example.com', at: AT }),
    changeUsername: () => store.changeUsername(id, 'somebody', AT),
    remove: () => store.remove(id, AT, null),
  };
  for (const [name, call] of Object.entries(calls)) {
    const can = users.can(name as keyof typeof calls);
    assertIs(`supports('${name}')`, store.supports(name as keyof typeof calls), can);
    if (can) continue;
    const supported = `${name}() works, but options.supports does not name it`;
    await assert.rejects(later<unknown>(call), { code: 'not_supported' }, supported);
  }
  assertIs('it has endSessions()', store.endSessions !== undefined, users.can('epochs'));
  assertIs('it has changedSince()', store.changedSince !== undefined, users.can('changedSince'));
}
