import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { UserConflictError } from '../../storage/user.store.js';
import { assertHas, assertIs, assertWinners, later } from './contract.js';
import { AT, hashNo, type UserFixtures, type UserStoreAbility } from './user-fixtures.js';

type Checks = Record<string, (users: UserFixtures) => Promise<void>>;

/** What a user is found by, and what is left when the user is removed. */
export function identityChecks(abilities: ReadonlySet<UserStoreAbility>): Checks {
  const removes = abilities.has('remove');
  return {
    ...(abilities.has('changeEmail') && emailChecks),
    ...(abilities.has('changeUsername') && usernameChecks),
    ...(removes && removalChecks),
    ...(removes && abilities.has('setActive') && lastAdminChecks),
  };
}

const newEmail = () => `${randomUUID()}@example.org`;
const newUsername = () => `n${randomUUID().slice(0, 18)}`;

const emailChecks: Checks = {
  'replaces an e-mail address, proven, only while address and hash are the expected ones': async (users) => {
    const { id, email, passwordHash } = await users.add({ emailVerified: false });
    const change = { from: email, passwordHash, to: newEmail(), at: AT + 1000 };
    const tried = async (over: Partial<typeof change>) => [
      await users.store.changeEmail(id, { ...change, ...over }),
      (await users.get(id)).user.email,
    ];
    assertIs('from another address', await tried({ from: newEmail() }), [false, email]);
    assertIs('with another hash', await tried({ passwordHash: hashNo(9) }), [false, email]);
    assertIs('without a hash', await tried({ passwordHash: null }), [false, email]);
    assertIs('from the stored ones', await tried({}), [true, change.to]);
    assertIs('again', await tried({}), [false, change.to]);
    assertHas('user', (await users.get(id)).user, { emailVerified: true });
    assertIs('nobody by the old address', await users.store.findByIdentifier({ email }), null);
    assertHas('by the new', (await users.store.findByIdentifier({ email: change.to }))?.user, { id });
    assertIs('of an unknown user', await users.store.changeEmail(randomUUID(), change), false);
  },

  'refuses an e-mail address that another user has, says so, and changes nothing': async (users) => {
    const [one, other] = [await users.add(), await users.add()];
    const { email: from, passwordHash } = one;
    const change = { from, passwordHash, to: other.email, at: AT };
    await assertConflict('email', () => users.store.changeEmail(one.id, change));
    assertHas('user', (await users.get(one.id)).user, { email: from, emailVerified: false });
  },

  'lets one of many simultaneous e-mail changes from the same address win': async (users) => {
    const { id, email: from, passwordHash } = await users.add();
    const addresses = Array.from({ length: 20 }, newEmail);
    const won = await Promise.all(
      addresses.map((to) => later(() => users.store.changeEmail(id, { from, passwordHash, to, at: AT }))),
    );
    assertWinners('changeEmail()', won, 1);
    assertHas('user', (await users.get(id)).user, { email: addresses[won.indexOf(true)] });
  },

  'lets one of many users who want the same e-mail address at once have it': async (users) => {
    const to = newEmail();
    const wanting = await Promise.all(Array.from({ length: 10 }, () => users.add()));
    const won = await Promise.all(
      wanting.map(({ id, email: from, passwordHash }) =>
        later(() => users.store.changeEmail(id, { from, passwordHash, to, at: AT })).catch(isConflict),
      ),
    );
    assertWinners('changeEmail()', won, 1);
    const { id } = wanting[won.indexOf(true)];
    assertHas('by the address', (await users.store.findByIdentifier({ email: to }))?.user, { id });
  },
};

const usernameChecks: Checks = {
  'replaces a username, gives one to a user who had none, and refuses a taken one': async (users) => {
    const [one, other] = [await users.add({ username: null }), await users.add()];
    for (const username of [newUsername(), newUsername()]) {
      assertIs('changeUsername', await users.store.changeUsername(one.id, username, AT + 1000), true);
      assertIs('the same again', await users.store.changeUsername(one.id, username, AT + 1000), true);
      assertHas('user', (await users.store.findByIdentifier({ username }))?.user, { id: one.id });
    }
    const before = (await users.get(one.id)).user.username;
    await assertConflict('username', () => users.store.changeUsername(one.id, other.username!, AT));
    assertHas('user', (await users.get(one.id)).user, { username: before });
    assertIs('of an unknown user', await users.store.changeUsername(randomUUID(), newUsername(), AT), false);
  },
};

const removalChecks: Checks = {
  'removes a user for good, once': async (users) => {
    const { id, email } = await users.add();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => later(() => users.store.remove(id, AT, null))));
    assertIs('how many removed', outcomes.filter((outcome) => outcome === 'changed').length, 1);
    assertIs('how many found nobody', outcomes.filter((outcome) => outcome === 'not_found').length, 9);
    assertIs('findById', await users.store.findById(id), null);
    assertIs('findByIdentifier', await users.store.findByIdentifier({ email }), null);
    assertIs('of an unknown user', await users.store.remove(randomUUID(), AT, null), 'not_found');
  },
};

const lastAdminChecks: Checks = {
  'does not remove the last active holder of the administrators’ role': async (users) => {
    const chief = users.roles[2];
    const [one, two] = [await users.add({ roles: [chief] }), await users.add({ roles: [chief] })];
    assertIs('isLastAdmin of two', await users.store.isLastAdmin(one.id, chief), false);
    assertIs('the first of two', await users.store.remove(one.id, AT, chief), 'changed');
    assertIs('isLastAdmin', await users.store.isLastAdmin(two.id, chief), true);
    assertIs('the last', await users.store.remove(two.id, AT, chief), 'last_admin');
    assertHas('the last is there', (await users.get(two.id)).user, { active: true });
    await users.store.setActive(two.id, false, AT, null);
    assertIs('isLastAdmin of an inactive one', await users.store.isLastAdmin(two.id, chief), false);
    assertIs('an inactive one', await users.store.remove(two.id, AT, chief), 'changed');
  },

  'keeps one administrator when two are removed or deactivated at once, in many rounds': async (users) => {
    const chief = users.roles[2];
    for (let round = 0; round < 10; round += 1) {
      const ids = [(await users.add({ roles: [chief] })).id, (await users.add({ roles: [chief] })).id];
      const outcomes = await Promise.all(
        ids.map((id, n) =>
          later(() =>
            n % 2 === round % 2 ? users.store.setActive(id, false, AT, chief) : users.store.remove(id, AT, chief),
          ),
        ),
      );
      assertIs(`round ${round}`, outcomes.sort(), ['changed', 'last_admin']);
      for (const id of ids) await users.store.remove(id, AT, null);
    }
  },
};

async function assertConflict(field: UserConflictError['field'], change: () => unknown): Promise<void> {
  const error = await later(change).then(
    () => assert.fail(`a taken ${field} was accepted`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UserConflictError, `a taken ${field} must throw UserConflictError, not ${String(error)}`);
  assertIs('conflict', error.field, field);
}

function isConflict(error: unknown): false {
  if (error instanceof UserConflictError) return false;
  throw error;
}
