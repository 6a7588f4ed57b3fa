import { setImmediate } from 'node:timers/promises';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import { AttemptCounters } from '../login/attempt-counters.js';
import { AttemptStore } from '../storage/attempt.store.js';
import { OneTimeTokenStore } from '../storage/one-time-token.store.js';
import { OutboxStore } from '../storage/outbox.store.js';
import { SessionStore } from '../storage/session.store.js';

const PERIOD_MS = 600_000;
/** One that takes longer goes on in the next period, so that two nodes never meet. */
const LONGEST_MS = PERIOD_MS / 2;
const DAY_MS = 86_400_000;
/** Long enough to see in an export what a session was, and to tell a used link from one that never was. */
const SESSIONS_KEPT_MS = 7 * DAY_MS;
const TOKENS_KEPT_MS = 7 * DAY_MS;
const MAILS_KEPT_MS = 14 * DAY_MS;
/** Few enough that whoever waits for these rows, or for SQLite's one connection, does not notice. */
const BATCH = 500;

/** Removes at most so many rows that had their time at that instant (epoch milliseconds); the number removed. */
export type RemoveOld = (at: number, limit: number) => MaybePromise<number>;

/** Removes rows that have had their time, in small batches, on one node at a time. */
@Injectable()
export class Cleanup implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private readonly tasks: { what: string; remove: RemoveOld }[] = [];
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;
  private stopped = false;

  constructor(
    sessions: SessionStore,
    tokens: OneTimeTokenStore,
    outbox: OutboxStore,
    @Inject(AttemptStore) attempts: AttemptStore,
    private readonly counters: AttemptCounters,
    private readonly clock: Clock,
  ) {
    this.add('sessions', (at, limit) => sessions.removeExpired(at - SESSIONS_KEPT_MS, limit));
    this.add('one-time tokens', (at, limit) => tokens.removeExpired(at - TOKENS_KEPT_MS, limit));
    this.add('mails', (at, limit) => outbox.removeGivenUp(at - MAILS_KEPT_MS, limit));
    this.add('counters', (_at, limit) => attempts.sweep(limit));
  }

  /** Makes a further kind of rows part of it. */
  add(what: string, remove: RemoveOld): void {
    this.tasks.push({ what, remove });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), PERIOD_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Cleans up unless a node has done so within the last ten minutes. */
  run(): Promise<void> {
    return (this.running ??= this.runIfFirst().finally(() => (this.running = undefined)));
  }

  /** Cleans up in any case. What fails is logged, and tried again next time. */
  async sweep(): Promise<void> {
    const until = this.clock.now() + LONGEST_MS;
    for (const { what, remove } of this.tasks) {
      try {
        while (!this.stopped && this.clock.now() < until) {
          if ((await remove(this.clock.now(), BATCH)) < BATCH) break;
          await setImmediate();
        }
      } catch (error) {
        this.logger.warn(`expired ${what} could not be removed: ${String(error)}`);
      }
    }
  }

  private async runIfFirst(): Promise<void> {
    try {
      // All nodes of the app count there, and of those who do at once one is the first.
      if ((await this.counters.add(this.counters.name('cleanup', ''), PERIOD_MS)) !== 1) return;
    } catch (error) {
      this.logger.warn(`nothing expired could be removed: ${String(error)}`);
      return;
    }
    await this.sweep();
  }
}
