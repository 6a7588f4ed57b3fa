import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { resolveOptions } from '../options/resolve-options.js';
import type { SessionStore } from '../storage/session.store.js';
import type { Change } from '../storage/user.store.js';
import { FixedClock } from '../testing/fixed-clock.js';
import { ChangeFeed } from './change-feed.js';
import type { Forgotten, SessionCache } from './session-cache.js';

async function setUp({ failing = false, check = 'cached' as 'cached' | 'always' } = {}) {
  const clock = new FixedClock(1_800_000_000_000);
  const state = {
    changes: [] as Change[],
    failing,
    asked: [] as number[],
    dropped: [] as string[],
    confirmed: [] as number[],
  };
  const store = {
    changedSince: (since: number) => {
      state.asked.push(since);
      if (state.failing) return Promise.reject(new Error('connection refused'));
      return Promise.resolve(state.changes.filter(({ at }) => at >= since));
    },
  } as unknown as SessionStore;
  const cache = {
    drop: (forgotten: Exclude<Forgotten, 'everything'>) =>
      state.dropped.push('userId' in forgotten ? `user ${forgotten.userId}` : `session ${forgotten.sessionId}`),
    confirm: (at: number) => state.confirmed.push(at),
  } as unknown as SessionCache;
  const feed = new ChangeFeed(store, cache, clock, resolveOptions({ session: { check } }, {}));
  await feed.onApplicationBootstrap();
  return { clock, state, feed };
}

describe('the change feed', () => {
  it('drops what changed, and confirms the cache as of the start of the poll', async () => {
    const { clock, state, feed } = await setUp();
    clock.advance(2_500);
    state.changes.push({ kind: 'session', id: 's1', at: clock.now() }, { kind: 'user', id: 'u1', at: clock.now() });
    await feed.poll();
    expect(state.dropped).toEqual(['session s1', 'user u1']);
    expect(state.confirmed.at(-1)).toBe(clock.now());
    await feed.onApplicationShutdown();
  });

  it('looks back a minute, so that a late commit is still seen', async () => {
    const { clock, state, feed } = await setUp();
    clock.advance(2_500);
    const stampedAt = clock.now() - 59_000;
    await feed.poll();
    state.changes.push({ kind: 'session', id: 'late', at: stampedAt });
    await feed.poll();
    expect(state.dropped).toEqual(['session late']);
    await feed.onApplicationShutdown();
  });

  it('does not drop the same old change at every poll, but does drop a newer one of the same row', async () => {
    const { clock, state, feed } = await setUp();
    state.changes.push({ kind: 'user', id: 'u1', at: clock.now() });
    for (let poll = 0; poll < 4; poll += 1) {
      clock.advance(2_000);
      await feed.poll();
    }
    expect(state.dropped.length).toBeLessThanOrEqual(2);
    const before = state.dropped.length;
    state.changes.push({ kind: 'user', id: 'u1', at: clock.now() });
    clock.advance(2_000);
    await feed.poll();
    expect(state.dropped.length).toBe(before + 1);
    await feed.onApplicationShutdown();
  });

  it('leaves the cache unconfirmed while the store is down, warns once, and catches up from where it was', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const { clock, state, feed } = await setUp();
    const lastGood = clock.now();
    state.failing = true;
    for (let poll = 0; poll < 3; poll += 1) {
      clock.advance(60_000);
      await feed.poll();
    }
    expect(state.confirmed.at(-1)).toBe(lastGood);
    expect(warn).toHaveBeenCalledTimes(1);
    state.failing = false;
    state.changes.push({ kind: 'session', id: 'missed', at: lastGood + 1 });
    await feed.poll();
    expect(state.dropped).toEqual(['session missed']);
    expect(state.asked.at(-1)).toBe(lastGood - 60_000);
    warn.mockRestore();
    await feed.onApplicationShutdown();
  });
});

describe('what the change feed has seen before', () => {
  it('is dropped again until its stamp is over a second behind the last poll', async () => {
    const { clock, state, feed } = await setUp();
    state.changes.push({ kind: 'user', id: 'u1', at: clock.now() });
    const dropsAfter = async (ms: number) => {
      clock.advance(ms);
      await feed.poll();
      return state.dropped.length;
    };
    expect([await dropsAfter(0), await dropsAfter(1_000), await dropsAfter(0), await dropsAfter(1)]).toEqual([
      1, 2, 3, 4,
    ]);
    expect(await dropsAfter(0)).toBe(4);
    await feed.onApplicationShutdown();
  });

  it('is this row at this time: another of the same stamp that shows up late is dropped too', async () => {
    const { clock, state, feed } = await setUp();
    const at = clock.now();
    state.changes.push({ kind: 'user', id: 'x', at });
    for (let poll = 0; poll < 3; poll += 1) {
      clock.advance(2_000);
      await feed.poll();
    }
    state.dropped.length = 0;
    state.changes.push({ kind: 'session', id: 'x', at }, { kind: 'user', id: 'y', at });
    await feed.poll();
    expect(state.dropped).toEqual(['session x', 'user y']);
    await feed.onApplicationShutdown();
  });
});

describe('the rhythm of the change feed', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is twice per staleness, from boot until shutdown', async () => {
    const { state, feed } = await setUp();
    expect(state.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(2_499);
    expect(state.asked).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(state.asked).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(state.asked).toHaveLength(4);
    await feed.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(state.asked).toHaveLength(4);
  });

  it('is none where nothing is cached', async () => {
    const { state } = await setUp({ check: 'always' });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(state.asked).toEqual([]);
  });

  it('lets a poll under way end before the app is down', async () => {
    const { state, feed } = await setUp();
    let over = false;
    void feed.poll().then(() => (over = true));
    await feed.onApplicationShutdown();
    expect(over).toBe(true);
    expect(state.asked).toHaveLength(2);
  });
});

it('a change feed that fails from the start warns in the name of the kit', async () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const { state, feed } = await setUp({ failing: true });
  expect(state.confirmed).toEqual([]);
  expect(warn.mock.calls).toEqual([['the change feed cannot be read: Error: connection refused']]);
  expect(warn.mock.contexts[0]).toMatchObject({ context: 'AuthKit' });
  warn.mockRestore();
  await feed.onApplicationShutdown();
});
