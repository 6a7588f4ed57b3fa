import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { resolveOptions } from '../options/resolve-options.js';
import type { SessionStore } from '../storage/session.store.js';
import type { Change } from '../storage/user.store.js';
import { FixedClock } from '../testing/fixed-clock.js';
import { ChangeFeed } from './change-feed.js';
import type { SessionCache } from './session-cache.js';

async function setUp() {
  const clock = new FixedClock(1_800_000_000_000);
  const state = {
    changes: [] as Change[],
    failing: false,
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
    forgetSession: (id: string) => state.dropped.push(`session ${id}`),
    forgetUser: (id: string) => state.dropped.push(`user ${id}`),
    confirm: (at: number) => state.confirmed.push(at),
  } as unknown as SessionCache;
  const feed = new ChangeFeed(store, cache, clock, resolveOptions({}, {}));
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
