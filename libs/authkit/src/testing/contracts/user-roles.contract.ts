import { randomUUID } from 'node:crypto';
import { assertIs } from './contract.js';
import { AT, type UserFixtures, type UserStoreAbility } from './user-fixtures.js';

type Checks = Record<string, (users: UserFixtures) => Promise<void>>;

/** Who may do what: activity, roles, and the last administrator. */
export function roleChecks(abilities: ReadonlySet<UserStoreAbility>): Checks {
  const [active, roles] = [abilities.has('setActive'), abilities.has('setRoles')];
  return {
    ...(active && activityChecks),
    ...(roles && roleSetChecks),
    ...(active && roles && lastAdminChecks),
  };
}

const activityChecks: Checks = {
  'deactivates and activates, and says what has changed': async (users) => {
    const { id } = await users.add();
    const set = async (active: boolean) => [
      await users.store.setActive(id, active, AT + 1000, null),
      (await users.get(id)).user.active,
    ];
    assertIs('setActive(true) of an active user', await set(true), ['unchanged', true]);
    assertIs('setActive(false)', await set(false), ['changed', false]);
    assertIs('setActive(false) again', await set(false), ['unchanged', false]);
    assertIs('setActive(true)', await set(true), ['changed', true]);
    assertIs('unknown user', await users.store.setActive(randomUUID(), true, AT, null), 'not_found');
  },

  'does not deactivate the last active holder of the administrators’ role': async (users) => {
    const chief = users.roles[2];
    const [one, two] = [await users.add({ roles: [chief] }), await users.add({ roles: [chief] })];
    assertIs('the first of two', await users.store.setActive(one.id, false, AT, chief), 'changed');
    assertIs('the last', await users.store.setActive(two.id, false, AT, chief), 'last_admin');
    assertIs('the last is active', (await users.get(two.id)).user.active, true);
    await dismiss(users, [one.id, two.id]);
  },
};

const roleSetChecks: Checks = {
  'replaces roles as a set, and says what has changed': async (users) => {
    const [user, editor] = users.roles;
    const { id } = await users.add({ roles: [user] });
    const set = async (...roles: string[]) => [
      await users.store.setRoles(id, roles, AT + 1000, null),
      await users.rolesOf(id),
    ];
    assertIs('with a role named twice', await set(editor, user, editor), ['changed', [user, editor].sort()]);
    assertIs('the same in another order', await set(user, editor), ['unchanged', [user, editor].sort()]);
    assertIs('none', await set(), ['changed', []]);
    assertIs('unknown user', await users.store.setRoles(randomUUID(), [user], AT, null), 'not_found');
  },

  'leaves one complete set when roles of one user are replaced many times at once': async (users) => {
    const [user, editor] = users.roles;
    const { id } = await users.add();
    const sets = [[user, editor], [editor], [user], []];
    await Promise.all(
      Array.from({ length: 12 }, async (_, n) => users.store.setRoles(id, sets[n % 4], AT + n * 1000, null)),
    );
    const roles = (await users.rolesOf(id)).join();
    assertIs(
      `roles are one of the sets (${roles || 'none'})`,
      sets.map((set) => set.sort().join()).includes(roles),
      true,
    );
  },

  'does not take the administrators’ role from its last active holder': async (users) => {
    const [user, , chief] = users.roles;
    const [one, two] = [await users.add({ roles: [chief] }), await users.add({ roles: [chief, user] })];
    assertIs('from the first of two', await users.store.setRoles(one.id, [user], AT, chief), 'changed');
    assertIs('from the last', await users.store.setRoles(two.id, [user], AT, chief), 'last_admin');
    assertIs('roles of the last', await users.rolesOf(two.id), [chief, user].sort());
    await dismiss(users, [one.id, two.id]);
  },
};

const lastAdminChecks: Checks = {
  'does not count an inactive holder of the administrators’ role': async (users) => {
    const [user, , chief] = users.roles;
    const [one, two] = [await users.add({ roles: [chief] }), await users.add({ roles: [chief] })];
    await users.store.setActive(one.id, false, AT, chief);
    assertIs('role of the only active one', await users.store.setRoles(two.id, [user], AT, chief), 'last_admin');
    assertIs('role of the inactive one', await users.store.setRoles(one.id, [user], AT, chief), 'changed');
    await dismiss(users, [one.id, two.id]);
  },

  'keeps one administrator when two remove each other at once, in many rounds': async (users) => {
    const [user, , chief] = users.roles;
    for (let round = 0; round < 10; round += 1) {
      const ids = [(await users.add({ roles: [chief] })).id, (await users.add({ roles: [chief] })).id];
      const remove = async (id: string, n: number) =>
        n % 2 === round % 2 ? users.store.setActive(id, false, AT, chief) : users.store.setRoles(id, [user], AT, chief);
      const outcomes = await Promise.all(ids.map(remove));
      assertIs(`round ${round}`, outcomes.sort(), ['changed', 'last_admin']);
      const found = await Promise.all(ids.map((id) => users.get(id)));
      const left = found.filter(({ user: one }) => one.active && one.roles.includes(chief)).length;
      assertIs(`administrators left in round ${round}`, left, 1);
      await dismiss(users, ids);
    }
  },
};

/** So that the next case begins without administrators. */
async function dismiss(users: UserFixtures, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    if (users.can('setActive')) await users.store.setActive(id, false, AT, null);
    else await users.store.setRoles(id, [], AT, null);
  }
}
