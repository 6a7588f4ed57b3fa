import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { wire } from '../../../../test/support/wiring.js';
import { KeyRing } from '../kernel/key-ring.js';
import { AttemptCounters } from '../login/attempt-counters.js';
import { MemoryAttemptStore } from '../storage/memory/memory-attempt.store.js';
import { MemoryOneTimeTokenStore } from '../storage/memory/memory-one-time-token.store.js';
import { MemoryOutboxStore } from '../storage/memory/memory-outbox.store.js';
import { Cleanup } from './cleanup.js';

const DAY = 86_400_000;

function setUp() {
  const w = wire();
  const attempts = new MemoryAttemptStore(w.clock);
  const [tokens, outbox] = [new MemoryOneTimeTokenStore(), new MemoryOutboxStore()];
  const node = (secret = 'a secret of 32 bytes, the same on all') =>
    new Cleanup(w.sessions, tokens, outbox, attempts, new AttemptCounters(attempts, new KeyRing([secret])), w.clock);
  return { ...w, attempts, tokens, outbox, node };
}

describe('the cleanup', () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'error').mockReturnValue();
  afterEach(() => warned.mockClear());

  it('keeps sessions and one-time tokens for a week, mails for two, counters as long as they count', async () => {
    const s = setUp();
    const at = s.clock.now();
    const session = s.addSession(s.addUser(), { absoluteExpiresAt: at });
    s.tokens.put({
      userId: 'u',
      purpose: 'verify_email',
      slot: '',
      hash: 'h',
      email: 'a@b.example',
      fingerprint: null,
      createdAt: at,
      expiresAt: at,
      consumedAt: null,
    });
    const mail = { id: 'm', userId: 'u', template: 't', sealed: '', attempts: 8, lastError: 'gave_up' };
    s.outbox.insert({ ...mail, createdAt: at, dueAt: null });
    s.attempts.add('k', 10 * DAY);
    const left = () => [
      s.sessions.listAll(session.userId).length,
      s.tokens.list('u').length,
      s.outbox.listOf('u').length,
      s.attempts.find(['k'])[0] === null ? 0 : 1,
    ];
    const after = async (ms: number) => {
      s.clock.advance(ms);
      await s.node().sweep();
      return left();
    };
    expect(await after(7 * DAY)).toEqual([1, 1, 1, 1]);
    expect(await after(1)).toEqual([0, 0, 1, 1]);
    expect(await after(3 * DAY)).toEqual([0, 0, 1, 0]);
    expect(await after(4 * DAY - 1)).toEqual([0, 0, 1, 0]);
    expect(await after(1)).toEqual([0, 0, 0, 0]);
  });

  it('goes on in small batches until nothing is left', async () => {
    const s = setUp();
    const cleanup = s.node();
    const asked: number[] = [];
    let rows = 1_200;
    cleanup.add('rows', (_at, limit) => {
      asked.push(limit);
      const removed = Math.min(rows, limit);
      rows -= removed;
      return removed;
    });
    await cleanup.sweep();
    expect([rows, asked]).toEqual([0, [500, 500, 500]]);
  });

  it('leaves the rest to the next time after five minutes, or when the node shuts down', async () => {
    const s = setUp();
    const endless = (each: (cleanup: Cleanup) => void) => {
      const cleanup = s.node();
      let batches = 0;
      cleanup.add('rows', (_at, limit) => {
        batches += 1;
        each(cleanup);
        return limit;
      });
      return cleanup.sweep().then(() => batches);
    };
    expect(await endless(() => s.clock.advance(60_000))).toBe(5);
    expect(await endless((cleanup) => void cleanup.beforeApplicationShutdown())).toBe(1);
  });

  it('is the work of one node at a time, and of another one when that is gone', async () => {
    const s = setUp();
    const worked: string[] = [];
    const nodes = ['a', 'b', 'c'].map((name) => {
      const cleanup = s.node();
      cleanup.add('rows', () => worked.push(name) * 0);
      return cleanup;
    });
    await Promise.all(nodes.map((node) => node.run()));
    expect(worked).toEqual(['a']);
    s.clock.advance(599_999);
    await nodes[1].run();
    expect(worked).toEqual(['a']);
    s.clock.advance(1);
    await Promise.all([nodes[2].run(), nodes[1].run()]);
    expect(worked).toEqual(['a', 'c']);
  });

  it('is not taken for that of another app which counts in the same Redis', async () => {
    const s = setUp();
    const worked: string[] = [];
    for (const app of ['one secret of 32 bytes, or longer', 'another one of 32 bytes, or longer']) {
      const cleanup = s.node(app);
      cleanup.add('rows', () => worked.push(app) * 0);
      await cleanup.run();
    }
    expect(worked).toHaveLength(2);
  });

  it('goes on after a store that fails, and does nothing while it cannot know whether it is alone', async () => {
    const s = setUp();
    const cleanup = s.node();
    const removed: number[] = [];
    cleanup.add('rows', (at) => removed.push(at) * 0);
    jest.spyOn(s.sessions, 'removeExpired').mockImplementation(() => {
      throw new Error('down');
    });
    await cleanup.sweep();
    expect(warned).toHaveBeenCalledWith('expired sessions could not be removed: Error: down');
    expect(removed).toEqual([s.clock.now()]);
    jest.spyOn(s.attempts, 'add').mockImplementation(() => {
      throw new Error('away');
    });
    await cleanup.run();
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/^nothing expired could be removed: /));
    expect(removed).toHaveLength(1);
  });
});
