import { randomUUID } from 'node:crypto';
import type { ClaimedMail, OutboxMail, OutboxStore } from '../../storage/outbox.store.js';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import { assertHas, assertIs, assertWinners, casesOn, later, type ContractCase } from './contract.js';

const AT = 1_700_000_000_000;
const LEASE = 60_000;
const RACERS = 25;

type Checks = Record<string, (store: OutboxStore) => Promise<void>>;

/** What every store of mails to be sent must do. Each case works with mails of its own, at instants of its own. */
export function outboxStoreContract(makeStore: () => MaybePromise<OutboxStore>): ContractCase[] {
  return casesOn(makeStore, { ...dueChecks, ...claimChecks, ...outcomeChecks, ...removalChecks });
}

let hours = 0;
/** An hour that no other case uses. */
const ownTime = () => AT + (hours += 1) * 3_600_000;

async function add(store: OutboxStore, at: number, overrides: Partial<OutboxMail> = {}): Promise<OutboxMail> {
  const id = randomUUID();
  const mail: OutboxMail = {
    ...{ id, userId: randomUUID(), template: 'reset_password', sealed: `sealed of ${id}` },
    ...{ createdAt: at, attempts: 0, dueAt: at, lastError: null },
    ...overrides,
  };
  await store.insert(mail);
  return mail;
}

const claim = async (store: OutboxStore, { id }: OutboxMail, now: number): Promise<ClaimedMail | null> =>
  store.claim(id, randomUUID(), now, now + LEASE);

async function claimed(store: OutboxStore, mail: OutboxMail, now: number): Promise<ClaimedMail> {
  const taken = await claim(store, mail, now);
  if (!taken) throw new Error('claim() gave null for a mail that is due');
  return taken;
}

/** Those of the given mails that are due, in order. */
async function due(store: OutboxStore, now: number, ...mails: readonly OutboxMail[]): Promise<string[]> {
  const ids = mails.map(({ id }) => id);
  return (await store.findDue(now, 1_000)).filter((id) => ids.includes(id));
}

const dueChecks: Checks = {
  'finds mails from the instant they are due, oldest first, and no more than asked for': async (store) => {
    const at = ownTime();
    const second = await add(store, at, { dueAt: at + 2 });
    const first = await add(store, at, { dueAt: at + 1 });
    assertIs('due before', await due(store, at, first, second), []);
    assertIs('due at the first', await due(store, at + 1, first, second), [first.id]);
    assertIs('due later', await due(store, at + 2, first, second), [first.id, second.id]);
    assertIs('how many of one', (await store.findDue(at + 2, 1)).length, 1);
  },
  'does not find a mail that was given up': async (store) => {
    const at = ownTime();
    const mail = await add(store, at, { dueAt: null });
    assertIs('due', await due(store, at + 1, mail), []);
    assertIs('claim', await claim(store, mail, at + 1), null);
  },
};

const claimChecks: Checks = {
  'claims a due mail with all that was stored, and counts the attempt': async (store) => {
    const at = ownTime();
    const mail = await add(store, at, { userId: null });
    const taken = await store.claim(mail.id, 'me', at, at + LEASE);
    assertIs('claim', taken, { ...mail, claim: 'me', attempts: 1, dueAt: at + LEASE });
  },
  'refuses to claim what is not due, and what there is not': async (store) => {
    const at = ownTime();
    const mail = await add(store, at);
    assertIs('claim', await claim(store, mail, at - 1), null);
    assertIs('claim of none', await store.claim(randomUUID(), 'me', at, at + LEASE), null);
  },
  'lets one of many who claim at once have the mail': async (store) => {
    const at = ownTime();
    const mail = await add(store, at);
    const claims = await Promise.all(Array.from({ length: RACERS }, () => later(() => claim(store, mail, at))));
    assertWinners(
      'claim',
      claims.map((one) => one !== null),
      1,
    );
    assertIs('due', await due(store, at + LEASE - 1, mail), []);
  },
  'makes a mail due again when its claim has run out': async (store) => {
    const at = ownTime();
    const mail = await add(store, at);
    await claimed(store, mail, at);
    assertIs('claim before', await claim(store, mail, at + LEASE - 1), null);
    assertHas('claim after', await claim(store, mail, at + LEASE), { id: mail.id, attempts: 2 });
  },
};

const outcomeChecks: Checks = {
  'removes a mail that was sent': async (store) => {
    const at = ownTime();
    const mail = await add(store, at);
    await store.markSent(await claimed(store, mail, at));
    assertIs('claim', await claim(store, mail, at + LEASE), null);
  },
  'puts a mail back until it is due again, with the error': async (store) => {
    const at = ownTime();
    const mail = await add(store, at);
    await store.putBack(await claimed(store, mail, at), at + 10, 'ECONNREFUSED');
    assertIs('due before', await due(store, at + 9, mail), []);
    assertHas('claim', await claim(store, mail, at + 10), { attempts: 2, lastError: 'ECONNREFUSED' });
  },
  'gives a mail up': async (store) => {
    const at = ownTime();
    const mail = await add(store, at);
    await store.putBack(await claimed(store, mail, at), null, '550');
    assertIs('due', await due(store, at + 100 * LEASE, mail), []);
    assertIs('claim', await claim(store, mail, at + 100 * LEASE), null);
  },
  'leaves a mail alone that somebody else has claimed meanwhile': async (store) => {
    const at = ownTime();
    const mail = await add(store, at);
    const late = await claimed(store, mail, at);
    const other = await claimed(store, mail, at + LEASE);
    await store.markSent(late);
    await store.putBack(late, at, 'late');
    assertIs('due', await due(store, at + LEASE, mail), []);
    await store.putBack(other, at + LEASE, 'other');
    assertHas('claim', await claim(store, mail, at + LEASE), { attempts: 3, lastError: 'other' });
  },
};

const removalChecks: Checks = {
  'discards all mails to one user, and nobody else’s': async (store) => {
    const at = ownTime();
    const [userId, otherId] = [randomUUID(), randomUUID()];
    const waiting = await add(store, at, { userId });
    const givenUp = await add(store, at, { userId, dueAt: null });
    const sending = await claimed(store, await add(store, at, { userId }), at);
    const other = await add(store, at, { userId: otherId });
    assertIs('discardOf', await store.discardOf(userId), 3);
    await store.markSent(sending);
    assertIs('due', await due(store, at + LEASE, waiting, givenUp, sending, other), [other.id]);
    assertIs('discardOf again', await store.discardOf(userId), 0);
  },
  'removes mails given up and written before an instant, and no others': async (store) => {
    const at = AT - 3_600_000;
    await add(store, at, { dueAt: null });
    const waiting = await add(store, at);
    const later = await add(store, at + 1, { dueAt: null });
    assertIs('removeGivenUp', await store.removeGivenUp(at + 1, 10), 1);
    assertIs('due', await due(store, at + 1, waiting, later), [waiting.id]);
    assertIs('removeGivenUp again', await store.removeGivenUp(at + 2, 10), 1);
    for (let n = 0; n < 3; n += 1) await add(store, at, { dueAt: null });
    assertIs('at most two', await store.removeGivenUp(at + 1, 2), 2);
    assertIs('the last', await store.removeGivenUp(at + 1, 2), 1);
  },
};
