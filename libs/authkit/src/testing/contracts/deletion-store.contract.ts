import { randomUUID } from 'node:crypto';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import type { DeletionRecord, DeletionStore } from '../../storage/deletion.store.js';
import { assertIs, assertWinners, casesOn, later, type ContractCase } from './contract.js';
import { HOUR } from './session-fixtures.js';
import { AT } from './user-fixtures.js';

const deletion = (over: Partial<DeletionRecord> = {}) => ({
  userId: randomUUID(),
  by: 'user' as const,
  requestedAt: AT,
  dueAt: AT + HOUR,
  ...over,
});

/** What every DeletionStore must do, on one store that `makeStore` makes before the first case. */
export function deletionStoreContract(makeStore: () => MaybePromise<DeletionStore>): ContractCase[] {
  return casesOn(makeStore, {
    'keeps a deletion until it is taken back, which works before it is due and once': async (store) => {
      const one = deletion();
      assertIs('find before', await store.find(one.userId), null);
      assertIs('request', await store.request(one), { ...one, erasedAt: null });
      assertIs('find', await store.find(one.userId), { ...one, erasedAt: null });
      assertIs('withdraw when it is due', await store.withdraw(one.userId, one.dueAt), false);
      assertIs('withdraw another user’s', await store.withdraw(randomUUID(), AT), false);
      const withdrawals = Array.from({ length: 10 }, () => later(() => store.withdraw(one.userId, one.dueAt - 1)));
      assertWinners('withdraw()', await Promise.all(withdrawals), 1);
      assertIs('find after', await store.find(one.userId), null);
    },

    'keeps of two deletions of one user the one that is due first': async (store) => {
      const one = deletion();
      await store.request(one);
      assertIs('a later one', await store.request({ ...one, dueAt: one.dueAt + 1 }), { ...one, erasedAt: null });
      const sooner = { ...one, by: 'host' as const, requestedAt: AT + 5, dueAt: AT + 5 };
      assertIs('an earlier one', await store.request(sooner), { ...sooner, erasedAt: null });
    },

    'gives what is due, the longest due first, and each to one of many': async (store) => {
      const [one, two, later3] = [deletion({ dueAt: AT - 5 }), deletion({ dueAt: AT - 9 }), deletion()];
      for (const each of [one, two, later3]) await store.request(each);
      const ours = new Set([one, two, later3].map(({ userId }) => userId));
      const due = async (at: number) => (await store.findDue(at, 1000)).filter((id) => ours.has(id));
      assertIs('findDue', await due(AT), [two.userId, one.userId]);
      assertIs('findDue of one', (await store.findDue(AT, 1)).length, 1);
      assertIs('claim of one that is not due', await store.claim(later3.userId, AT, AT + HOUR), false);
      const claims = Array.from({ length: 20 }, () => later(() => store.claim(one.userId, AT, AT + HOUR)));
      assertWinners('claim()', await Promise.all(claims), 1);
      assertIs('findDue after', await due(AT), [two.userId]);
      assertIs('findDue once the claim is over', await due(AT + HOUR), [two.userId, one.userId, later3.userId]);
      assertIs('claim once it is over', await store.claim(one.userId, AT + HOUR, AT + 2 * HOUR), true);
    },

    'gives a claim back, and nobody else’s': async (store) => {
      const one = deletion({ dueAt: AT - 5 });
      await store.request(one);
      await store.claim(one.userId, AT, AT + HOUR);
      await store.release(one.userId, AT + HOUR - 1);
      assertIs('claim after the release of another', await store.claim(one.userId, AT, AT + HOUR), false);
      await store.release(one.userId, AT + HOUR);
      assertIs('claim after the release', await store.claim(one.userId, AT, AT + HOUR), true);
    },

    'finishes once, and forgets later': async (store) => {
      const one = deletion({ dueAt: AT });
      await store.request(one);
      const finishes = Array.from({ length: 10 }, () => later(() => store.finish(one.userId, AT + 9 * HOUR)));
      assertWinners('finish()', await Promise.all(finishes), 1);
      assertIs('find', await store.find(one.userId), null);
      assertIs('findDue', (await store.findDue(AT + 99 * HOUR, 1000)).includes(one.userId), false);
      assertIs('claim', await store.claim(one.userId, AT + 99 * HOUR, AT + 100 * HOUR), false);
      assertIs('withdraw', await store.withdraw(one.userId, 0), false);
      assertIs('removeErased of older ones', await store.removeErased(AT + 9 * HOUR), 0);
      assertIs('removeErased', await store.removeErased(AT + 9 * HOUR + 1), 1);
      assertIs('finish of what is forgotten', await store.finish(one.userId, AT), false);
    },

    'takes a deletion of a user who is there again': async (store) => {
      const one = deletion({ dueAt: AT });
      await store.request(one);
      await store.finish(one.userId, AT + 20 * HOUR);
      const again = { ...one, dueAt: AT + 30 * HOUR };
      assertIs('request', await store.request(again), { ...again, erasedAt: null });
      assertIs('removeErased', await store.removeErased(AT + 90 * HOUR), 0);
    },
  });
}
