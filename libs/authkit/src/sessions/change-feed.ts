import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionStore } from '../storage/session.store.js';
import { MAX_AGE_MS, SessionCache } from './session-cache.js';

/** Rows committed later than they were stamped must still be seen, as long as a snapshot may live. */
const OVERLAP_MS = MAX_AGE_MS;

/**
 * Polls what changed in the database and drops it from the cache: it bounds to `session.staleness` how long a change
 * made by another node can go unseen, without a message bus or when the bus lost the message.
 */
@Injectable()
export class ChangeFeed implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private since: number;
  private seen = new Map<string, number>();
  private timer?: NodeJS.Timeout;
  private polling?: Promise<void>;
  private down = false;

  constructor(
    private readonly sessions: SessionStore,
    private readonly cache: SessionCache,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.options.session.check !== 'cached') return;
    // Nothing older is cached yet.
    this.since = this.clock.now();
    await this.poll();
    this.timer = setInterval(() => void this.poll(), this.options.session.staleness / 2).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.polling;
  }

  /** One poll; a failure leaves the cache unconfirmed, so that it stops serving after `staleness`. */
  poll(): Promise<void> {
    return (this.polling ??= this.read().finally(() => (this.polling = undefined)));
  }

  private async read(): Promise<void> {
    const startedAt = this.clock.now();
    try {
      const changes = await this.sessions.changedSince(this.since - OVERLAP_MS);
      const seen = new Map<string, number>();
      for (const { kind, id, at } of changes) {
        const key = `${kind}:${id}`;
        seen.set(key, Math.max(at, seen.get(key) ?? 0));
        // Seen before; but two changes may share a millisecond, so recent ones are dropped again.
        if (this.seen.get(key) === at && at < this.since - 1_000) continue;
        this.cache.drop(kind === 'session' ? { sessionId: id } : { userId: id });
      }
      this.seen = seen;
      this.since = startedAt;
      this.cache.confirm(startedAt);
      this.down = false;
    } catch (error) {
      if (!this.down) this.logger.warn(`the change feed cannot be read: ${String(error)}`);
      this.down = true;
    }
  }
}
