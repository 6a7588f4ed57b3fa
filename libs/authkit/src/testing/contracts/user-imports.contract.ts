import type { NewUser } from '../../storage/user.store.js';
import { assertHas, assertIs } from './contract.js';
import { AT, type UserFixtures, type UserStoreAbility } from './user-fixtures.js';

type Checks = Record<string, (users: UserFixtures) => Promise<void>>;

/** Users who come from elsewhere, one and many. */
export function importChecks(abilities: ReadonlySet<UserStoreAbility>): Checks {
  if (!abilities.has('create')) return {};
  return { ...createManyChecks, ...(abilities.has('usernames') && usernameChecks) };
}

const createManyChecks: Checks = {
  'stores imported users as they were: inactive, and as old as they are': async (users) => {
    const { id } = await users.add({ active: false, createdAt: AT - 1000 });
    assertHas('user', (await users.get(id)).user, { active: false, createdAt: new Date(AT - 1000) });
  },

  'creates many at once, each with roles and host columns': async (users) => {
    const [user, editor] = users.roles;
    const many = Array.from({ length: 30 }, (_, n) => users.newUser({ roles: n % 2 ? [] : [user, editor, user] }));
    assertIs(
      'createMany',
      await codes(users, many),
      many.map(() => 'created'),
    );
    for (const [n, { id, email, fields, passwordHash }] of many.entries()) {
      const found = await users.get(id);
      assertHas(`user ${n}`, found.user, { email, ...fields });
      assertIs(`hash of user ${n}`, found.passwordHash, passwordHash);
      assertIs(`roles of user ${n}`, await users.rolesOf(id), n % 2 ? [] : [user, editor].sort());
    }
  },

  'says by a dry run what would become of many, and creates nobody': async (users) => {
    const { email } = await users.add();
    const many = [users.newUser(), users.newUser({ email }), users.newUser({ username: null, roles: [] })];
    const expected = ['created', 'email_taken', 'created'];
    assertIs('dry run', await codes(users, many, true), expected);
    for (const { id } of many) assertIs('findById after a dry run', await users.store.findById(id), null);
    assertIs('createMany', await codes(users, many), expected);
  },

  'creates none of none': async (users) => {
    assertIs('createMany', await codes(users, []), []);
  },

  'creates each address once when many are created at once, several times': async (users) => {
    const many = Array.from({ length: 10 }, () => users.newUser());
    const again = () => many.map(({ email }) => users.newUser({ email }));
    const outcomes = await Promise.all([codes(users, many), codes(users, again()), codes(users, again())]);
    for (const n of many.keys()) {
      assertIs(`outcomes of address ${n}`, outcomes.map((one) => one[n]).sort(), [
        'created',
        'email_taken',
        'email_taken',
      ]);
    }
  },
};

const usernameChecks: Checks = {
  'leaves out of many those that are taken, also among themselves, and says by what': async (users) => {
    const there = await users.add();
    const [one, two] = [users.newUser(), users.newUser()];
    const many = [
      one,
      users.newUser({ email: there.email, username: there.username }),
      users.newUser({ username: there.username }),
      { ...users.newUser(), id: there.id },
      users.newUser({ email: one.email, username: null }),
      users.newUser({ username: one.username }),
      two,
    ];
    assertIs('createMany', await codes(users, many), [
      'created',
      'email_taken',
      'username_taken',
      'id_taken',
      'email_taken',
      'username_taken',
      'created',
    ]);
    assertHas('the last', (await users.get(two.id)).user, { email: two.email });
    assertIs('one left out', await users.store.findByIdentifier({ email: many[2].email }), null);
    assertHas('the one there before', (await users.get(there.id)).user, { email: there.email });
  },
};

async function codes({ store }: UserFixtures, many: readonly NewUser[], dryRun = false): Promise<string[]> {
  return (await store.createMany(many, dryRun)).map(({ code }) => code);
}
