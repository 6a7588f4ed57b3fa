import { randomUUID } from 'node:crypto';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import type { AttemptStore } from '../../storage/attempt.store.js';
import { assertIs, casesOn, later, type ContractCase } from './contract.js';

/** An attempt store under test, and how its time passes. */
export interface AttemptStores {
  store: AttemptStore;
  /** Moves the time that the store goes by forward, for every counter. */
  readonly pass: (ms: number) => MaybePromise<void>;
  /** Whether it counts the rows that `sweep()` removes; false where counters go by themselves. @default true */
  sweeps?: boolean;
}

const MINUTE = 60_000;
const TOLERANCE = 5_000;

/** What every AttemptStore must do, whatever it counts in: one case for each thing, on the store `make` makes. */
export function attemptStoreContract(make: () => MaybePromise<AttemptStores>): ContractCase[] {
  return casesOn(make, checks);
}

/** As long as the keys that the kit makes. */
const newKey = () => `${'account-waits:'}${`${randomUUID()}${randomUUID()}`.replaceAll('-', '')}`;

/** A count and how long it lasts, which on a real server is never quite exact. */
async function assertCounter(store: AttemptStore, key: string, count: number, endsIn: number | null): Promise<void> {
  const [found] = await store.find([key]);
  assertIs('count', found?.count, count);
  if (endsIn === null) return assertIs('endsIn', found?.endsIn, null);
  const left = found?.endsIn ?? -1;
  assertIs(`endsIn ${left} is about ${endsIn}`, left > endsIn - TOLERANCE && left <= endsIn, true);
}

const checks: Record<string, (stores: AttemptStores) => Promise<void>> = {
  'counts from 1, and ends as long after the first as that said': async ({ store, pass }) => {
    const key = newKey();
    assertIs('before', await store.find([key]), [null]);
    assertIs('first', await store.add(key, 10 * MINUTE), 1);
    await pass(4 * MINUTE);
    assertIs('second', await store.add(key, 10 * MINUTE), 2);
    await assertCounter(store, key, 2, 6 * MINUTE);
    await pass(6 * MINUTE);
    assertIs('ended', await store.find([key]), [null]);
    assertIs('anew', await store.add(key, MINUTE), 1);
    await assertCounter(store, key, 1, MINUTE);
  },

  'counts each of many at once': async ({ store }) => {
    const key = newKey();
    const counts = await Promise.all(Array.from({ length: 50 }, () => later(() => store.add(key, MINUTE))));
    assertIs(
      'counts',
      counts.sort((a, b) => a - b),
      Array.from({ length: 50 }, (_, i) => i + 1),
    );
  },

  'gives back what was counted, never below 0, and makes nothing by it': async ({ store }) => {
    const key = newKey();
    await store.giveBack(key);
    assertIs('nothing', await store.find([key]), [null]);
    await store.add(key, MINUTE);
    for (let i = 0; i < 3; i += 1) await store.giveBack(key);
    await assertCounter(store, key, 0, MINUTE);
    assertIs('added', await store.add(key, 5 * MINUTE), 1);
    await assertCounter(store, key, 1, MINUTE);
  },

  'sets a counter to end later, sooner or never': async ({ store, pass }) => {
    const key = newKey();
    await store.set(key, 7, MINUTE);
    await assertCounter(store, key, 7, MINUTE);
    await store.set(key, 3, 20 * MINUTE);
    await assertCounter(store, key, 3, 20 * MINUTE);
    await store.set(key, 100, null);
    await pass(1_000_000 * MINUTE);
    await assertCounter(store, key, 100, null);
    assertIs('added', await store.add(key, MINUTE), 101);
    await assertCounter(store, key, 101, null);
  },

  'finds many in the order asked, and removes those named': async ({ store }) => {
    const [a, b, c] = [newKey(), newKey(), newKey()];
    await store.set(a, 1, MINUTE);
    await store.set(c, 3, MINUTE);
    const counts = async () => (await store.find([c, b, a])).map((found) => found?.count ?? null);
    assertIs('three', await counts(), [3, null, 1]);
    await store.delete([b, c]);
    assertIs('after delete', await counts(), [null, null, 1]);
    await store.delete([]);
    assertIs('after deleting none', await counts(), [null, null, 1]);
  },

  'sweeps what has ended and nothing else': async ({ store, pass, sweeps = true }) => {
    const [ended, live, endless] = [newKey(), newKey(), newKey()];
    await store.sweep(1_000);
    await store.add(ended, MINUTE);
    await store.add(newKey(), MINUTE);
    await store.add(live, 10 * MINUTE);
    await store.set(endless, 1, null);
    await pass(2 * MINUTE);
    assertIs('at most one', await store.sweep(1), sweeps ? 1 : 0);
    // Counters of other cases end too.
    assertIs('removed some', (await store.sweep(1_000)) > 0, sweeps);
    assertIs('removed again', await store.sweep(1_000), 0);
    const found = await store.find([ended, live, endless]);
    assertIs(
      'left',
      found.map((one) => one?.count ?? null),
      [null, 1, 1],
    );
  },
};
