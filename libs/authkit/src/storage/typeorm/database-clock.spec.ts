import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { DatabaseClock } from './database-clock.js';

function databaseAhead(ms: number) {
  const state = { ms, failing: false };
  const source = {
    options: { type: 'postgres' },
    createQueryRunner: () => ({
      connect: () => Promise.resolve(),
      release: () => Promise.resolve(),
      query: () =>
        state.failing ? Promise.reject(new Error('down')) : Promise.resolve([{ now: String(Date.now() + state.ms) }]),
    }),
  } as unknown as DataSource;
  return { state, clock: new DatabaseClock(source) };
}

describe('the database clock', () => {
  let warn: ReturnType<typeof jest.spyOn>;
  beforeEach(() => (warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined)));
  afterEach(() => warn.mockRestore());

  it('shows the database’s time in whole milliseconds', async () => {
    const { clock } = databaseAhead(1_500);
    await clock.onModuleInit();
    expect(Math.abs(clock.now() - Date.now() - 1_500)).toBeLessThan(200);
    expect(Number.isInteger(clock.now())).toBe(true);
    expect(clock.isReliable).toBe(true);
    expect(warn).not.toHaveBeenCalled();
    clock.onApplicationShutdown();
  });

  it('warns of an offset over two seconds, and is unreliable beyond a minute', async () => {
    const { clock, state } = databaseAhead(-3_000);
    await clock.sync();
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/clock is -\d+ ms off the database's/));
    expect(clock.isReliable).toBe(true);
    state.ms = 61_000;
    await clock.sync();
    expect(clock.isReliable).toBe(false);
  });

  it('keeps the last offset while the database cannot be asked, and says so once', async () => {
    const { clock, state } = databaseAhead(1_000);
    await clock.sync();
    state.failing = true;
    await clock.sync();
    await clock.sync();
    expect(Math.abs(clock.now() - Date.now() - 1_000)).toBeLessThan(200);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('is this machine’s time on SQLite', async () => {
    const clock = new DatabaseClock({ options: { type: 'better-sqlite3' } } as DataSource);
    await clock.sync();
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(50);
  });
});
