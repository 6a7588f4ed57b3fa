import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { wire } from '../../../../test/support/wiring.js';
import type { Forgotten } from '../sessions/session-cache.js';
import { BusLink } from './bus-link.js';
import { RevocationBus, type BusLine } from './revocation-bus.js';

/** A bus that does what a test says. */
class HeldBus extends RevocationBus {
  line?: BusLine;
  readonly sent: string[] = [];
  opens = 0;
  closes = 0;
  refusesToOpen = false;
  publishing: 'echoes' | 'swallows' | 'fails' | 'hangs' = 'echoes';

  override open(line: BusLine): Promise<void> {
    this.opens += 1;
    this.line = line;
    return this.refusesToOpen ? Promise.reject(new Error('refused')) : Promise.resolve();
  }

  override publish(message: string): Promise<void> {
    if (this.publishing === 'fails') return Promise.reject(new Error('gone'));
    if (this.publishing === 'hangs') return new Promise(() => undefined);
    this.sent.push(message);
    if (this.publishing === 'echoes') this.line?.receive(message);
    return Promise.resolve();
  }

  override close(): void {
    this.closes += 1;
  }
}

function setUp(source: object | null = null) {
  const bus = new HeldBus();
  const w = wire({ bus });
  const link = new BusLink(w.cache, w.options, source);
  const dropped: Forgotten[] = [];
  w.cache.watch((forgotten) => dropped.push(forgotten));
  return { ...w, bus, link, dropped };
}

describe('the link to the bus', () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const told = jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => {
    jest.useRealTimers();
    jest.clearAllMocks();
  });

  it('tells of what this node forgets, before it says so', async () => {
    const s = setUp();
    await s.link.onApplicationBootstrap();
    await s.cache.forgetSession('s-1');
    await s.cache.forgetUser('u-1');
    await s.cache.forgetAll();
    expect(s.bus.sent.map((text) => JSON.parse(text) as object)).toEqual([
      { from: expect.any(String), sessionId: 's-1' },
      { from: expect.any(String), userId: 'u-1' },
      { from: expect.any(String), everything: true },
    ]);
    // What it says itself is done already.
    expect(s.dropped).toEqual(['everything', { sessionId: 's-1' }, { userId: 'u-1' }, 'everything']);
  });

  it('forgets what others tell, and tells nobody again; what makes no sense it ignores', async () => {
    const s = setUp();
    await s.link.onApplicationBootstrap();
    s.dropped.length = 0;
    for (const text of [
      '{"from":"other","sessionId":"s-1"}',
      'nonsense',
      '{"from":"other","beat":1}',
      '{"from":"other","userId":"u-1"}',
      '{"from":"other","everything":true}',
    ])
      s.bus.line!.receive(text);
    expect(s.dropped).toEqual([{ sessionId: 's-1' }, { userId: 'u-1' }, 'everything']);
    expect(s.bus.sent).toEqual([]);
  });

  it('does not tell of what the change feed has found', async () => {
    const s = setUp();
    await s.link.onApplicationBootstrap();
    s.cache.drop({ userId: 'u-1' });
    expect(s.bus.sent).toEqual([]);
  });

  it('knows that it is down, and when it is back forgets everything, once', async () => {
    const s = setUp();
    await s.link.onApplicationBootstrap();
    expect(s.link.isUp).toBe(true);
    s.dropped.length = 0;
    s.bus.refusesToOpen = true;
    s.bus.line!.lost(new Error('reset'));
    s.bus.line!.lost(new Error('closed'));
    expect(s.link.isUp).toBe(false);
    await s.cache.forgetUser('u-1');
    expect(s.bus.sent).toEqual([]);
    await jest.advanceTimersByTimeAsync(60_000);
    const attempts = s.bus.opens - 1;
    expect(attempts).toBeGreaterThan(10);
    expect(attempts).toBeLessThan(20);
    s.bus.refusesToOpen = false;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(s.link.isUp).toBe(true);
    expect(s.dropped).toEqual([{ userId: 'u-1' }, 'everything']);
    expect(warned.mock.calls).toEqual([['the bus is down, the change feed carries on: Error: reset']]);
    expect(told.mock.calls).toEqual([['the bus is back']]);
    expect(s.bus.closes).toBe(s.bus.opens);
  });

  it('listens to no line that it has given up', async () => {
    const s = setUp();
    await s.link.onApplicationBootstrap();
    const former = s.bus.line!;
    former.lost('reset');
    await jest.advanceTimersByTimeAsync(100);
    expect(s.link.isUp).toBe(true);
    former.lost('reset again');
    expect(s.link.isUp).toBe(true);
  });

  it.each(['fails', 'hangs'] as const)('is down when what it publishes %s, and keeps nobody waiting', async (how) => {
    const s = setUp();
    await s.link.onApplicationBootstrap();
    s.bus.publishing = how;
    let done = false;
    void s.cache.forgetUser('u-1').then(() => (done = true));
    await jest.advanceTimersByTimeAsync(how === 'hangs' ? 1_000 : 0);
    expect(done).toBe(true);
    expect(s.link.isUp).toBe(false);
  });

  it('is down when its own beat has not come back by the next', async () => {
    const s = setUp();
    await s.link.onApplicationBootstrap();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(s.bus.opens).toBe(1);
    s.bus.publishing = 'swallows';
    await jest.advanceTimersByTimeAsync(10_000);
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/does not come back/));
    expect(s.bus.opens).toBe(1);
    await jest.advanceTimersByTimeAsync(100);
    expect(s.bus.opens).toBe(2);
  });

  it('starts without the bus, and lets go of it at the end', async () => {
    const s = setUp();
    s.bus.refusesToOpen = true;
    await s.link.onApplicationBootstrap();
    expect(s.link.isUp).toBe(false);
    await s.link.onApplicationShutdown();
    const { opens } = s.bus;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(s.bus.opens).toBe(opens);
  });

  it('has a channel for each app and schema', async () => {
    const channel = async (source: object | null) => {
      const s = setUp(source);
      await s.link.onApplicationBootstrap();
      return s.bus.line!.channel;
    };
    const channels = [
      await channel(null),
      await channel({ driver: { database: 'd' } }),
      await channel({ driver: { database: 'd', schema: 'one' } }),
    ];
    expect(new Set(channels).size).toBe(3);
    expect(await channel({ driver: { database: 'e', schema: 'one' } })).toBe(channels[2]);
    expect(channels.every((one) => /^[a-z0-9_]{1,63}$/.test(one))).toBe(true);
  });

  it('does nothing without a bus', async () => {
    const w = wire();
    const link = new BusLink(w.cache, w.options, null);
    await link.onApplicationBootstrap();
    expect(link.isUp).toBe(true);
    await w.cache.forgetUser('u-1');
    await link.onApplicationShutdown();
  });
});
