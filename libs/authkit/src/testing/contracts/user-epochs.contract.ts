import { randomUUID } from 'node:crypto';
import { assertHas, assertIs, type ContractCase, casesOn } from './contract.js';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import type { UserStateStore } from '../../storage/user-state.store.js';
import { AT, hashNo, type UserFixtures, type UserStoreAbility } from './user-fixtures.js';

type Checks = Record<string, (users: UserFixtures) => Promise<void>>;

/** Session epochs, by which a user's sessions end all at once, and what other processes are told of changes. */
export function sessionEpochChecks(abilities: ReadonlySet<UserStoreAbility>): Checks {
  const epochs = abilities.has('epochs');
  return {
    ...(epochs ? epochChecks : noEpochChecks),
    ...(epochs && abilities.has('changePassword') && passwordChecks),
    ...(epochs && abilities.has('setActive') && activityChecks),
    ...(abilities.has('changedSince') && feedChecks(abilities)),
  };
}

const noEpochChecks: Checks = {
  'leaves sessionEpoch out of the record, as it keeps none': async (users) => {
    const { id } = await users.add();
    assertIs('sessionEpoch', (await users.store.findById(id))?.sessionEpoch, undefined);
  },
};

const epochChecks: Checks = {
  'begins at session epoch 0': async (users) => {
    const { id, email } = await users.add();
    assertHas('findById', await users.get(id), { sessionEpoch: 0 });
    assertHas('findByIdentifier', await users.store.findByIdentifier({ email }), { sessionEpoch: 0 });
  },

  'ends sessions by a new epoch, once per call, for known users only': async (users) => {
    const { id } = await users.add();
    await Promise.all(Array.from({ length: 10 }, async () => users.store.endSessions!(id, AT + 1000)));
    assertHas('after ten calls at once', await users.get(id), { sessionEpoch: 10 });
    assertIs('endSessions of an unknown user', await users.store.endSessions!(randomUUID(), AT), false);
  },
};

const passwordChecks: Checks = {
  'moves the epoch together with the hash when sessions shall end, and only then': async (users) => {
    const { id, passwordHash: from } = await users.add();
    const change = { from, to: hashNo(1), at: AT + 1000 };
    await users.store.changePassword(id, { ...change, endSessions: false });
    assertHas('endSessions: false', await users.get(id), { passwordHash: hashNo(1), sessionEpoch: 0 });
    await users.store.changePassword(id, { ...change, endSessions: true });
    assertHas('a change that fails', await users.get(id), { passwordHash: hashNo(1), sessionEpoch: 0 });
    await users.store.changePassword(id, { ...change, from: hashNo(1), to: hashNo(2), endSessions: true });
    assertHas('endSessions: true', await users.get(id), { passwordHash: hashNo(2), sessionEpoch: 1 });
  },

  'moves the epoch once when many password changes from the same hash meet': async (users) => {
    const { id, passwordHash: from } = await users.add();
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) =>
        users.store.changePassword(id, { from, to: hashNo(n + 1), endSessions: true, at: AT }),
      ),
    );
    assertHas('after them', await users.get(id), { sessionEpoch: 1 });
  },
};

const activityChecks: Checks = {
  'deactivates with a new epoch, and activates without': async (users) => {
    const { id } = await users.add();
    const after = async (active: boolean) => {
      await users.store.setActive(id, active, AT + 1000, null);
      return (await users.get(id)).sessionEpoch;
    };
    assertIs('epochs', [await after(false), await after(false), await after(true)], [1, 1, 1]);
  },
};

function feedChecks(abilities: ReadonlySet<UserStoreAbility>): Checks {
  const since = AT + 3_600_000;
  const changes: Partial<Record<UserStoreAbility, (users: UserFixtures, id: string) => unknown>> = {
    setRoles: ({ store, roles }, id) => store.setRoles(id, [roles[1]], since, null),
    setActive: ({ store }, id) => store.setActive(id, false, since, null),
    epochs: ({ store }, id) => store.endSessions!(id, since),
  };
  return {
    'tells of users changed since an instant, and of no others': async (users) => {
      const quiet = await users.add();
      for (const [ability, change] of Object.entries(changes)) {
        if (!abilities.has(ability as UserStoreAbility)) continue;
        const { id } = await users.add();
        await change(users, id);
        const told = await users.store.changedSince!(since);
        const of = (userId: string) => told.filter((one) => one.id === userId);
        assertIs(`after ${ability}`, of(id).at(0), { kind: 'user', id, at: since });
        assertIs('of a user who has not changed', of(quiet.id), []);
      }
    },
  };
}

/** What every UserStateStore must do: epochs of users who live elsewhere. */
export function userStateStoreContract(makeStore: () => MaybePromise<UserStateStore>): ContractCase[] {
  return casesOn(makeStore, {
    'knows a user it has never seen at epoch 0': async (states) => {
      assertIs('epochOf', await states.epochOf(randomUUID()), 0);
    },

    'raises the epoch once per call, many at once too, and nobody else’s': async (states) => {
      const [id, other] = [randomUUID(), randomUUID()];
      await states.bump(other, AT);
      await Promise.all(Array.from({ length: 10 }, async () => states.bump(id, AT)));
      assertIs('epochs', [await states.epochOf(id), await states.epochOf(other)], [10, 1]);
    },
  });
}
