import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { Clock } from '../../kernel/clock.js';
import { dialectOf } from './dialect.js';

const SYNC_EVERY_MS = 30_000;
const MAX_ROUND_TRIP_MS = 1_000;

/**
 * The database's time, so that nodes with wrong clocks agree: a monotonic local clock plus the offset to the database,
 * measured at boot and every 30 s. On SQLite the database's time is this machine's.
 */
@Injectable()
export class DatabaseClock extends Clock implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  /** What to add to performance.now() to get the database's time. */
  private base = Date.now() - performance.now();
  private timer?: NodeJS.Timeout;
  private failed = false;
  private measured = false;

  constructor(private readonly source: DataSource) {
    super();
  }

  override now(): number {
    return Math.trunc(this.base + performance.now());
  }

  /** How far this machine's wall clock is from the database's, in milliseconds. */
  get skew(): number {
    return Math.round(this.base + performance.now() - Date.now());
  }

  /** False when the time cannot be trusted: over a minute off, or not measured since the wall clock jumped. */
  override get isReliable(): boolean {
    return Math.abs(this.skew) <= 60_000;
  }

  async onModuleInit(): Promise<void> {
    await this.sync();
    this.timer = setInterval(() => void this.sync(), SYNC_EVERY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Measures the offset; on failure the last one stays. */
  async sync(): Promise<void> {
    const query = dialectOf(this.source).now;
    if (query === null) {
      this.base = Date.now() - performance.now();
      return;
    }
    // The connection first: waiting for one must not count as half the way to the database.
    const runner = this.source.createQueryRunner('master');
    try {
      await runner.connect();
      const before = performance.now();
      const [row] = (await runner.query(query)) as { now: string }[];
      const after = performance.now();
      this.failed = false;
      // A slow answer says little; the offset known so far is better, unless there is none.
      if (after - before < MAX_ROUND_TRIP_MS || !this.measured) this.base = Number(row.now) - (before + after) / 2;
      this.measured = true;
    } catch (error) {
      if (!this.failed) this.logger.warn(`the database's time could not be read: ${String(error)}`);
      this.failed = true;
    } finally {
      await runner.release();
    }
    if (Math.abs(this.skew) > 2_000) {
      this.logger.warn(`this machine's clock is ${this.skew} ms off the database's; the database's is used`);
    }
  }
}
