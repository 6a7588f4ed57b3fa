import type { ResolvedLimit } from '../options/abuse-options.js';
import type { AttemptCounters } from './attempt-counters.js';
import { rateLimited } from './rate-limited.js';

/** Counts so many of something in a window, and refuses more. */
export class LimitedBucket {
  private readonly key: string;

  constructor(
    private readonly counters: AttemptCounters,
    private readonly rule: ResolvedLimit,
    private readonly kind: string,
    subject: string,
  ) {
    this.key = counters.name(kind, subject);
  }

  /** How many there were. Throws `rate_limited` when that is all there may be; counts nothing. */
  async assertRoom(): Promise<number> {
    const [found] = await this.counters.find([this.key]);
    const used = found?.count ?? 0;
    if (used >= this.rule.limit) throw rateLimited(found?.endsIn ?? this.rule.window, this.kind);
    return used;
  }

  /** Counts one more; the number, itself included. Throws `rate_limited` when there may be no more. */
  async take(): Promise<number> {
    const used = await this.counters.add(this.key, this.rule.window);
    if (used <= this.rule.limit) return used;
    await this.counters.giveBack(this.key);
    await this.assertRoom();
    // It has just ended.
    throw rateLimited(0, this.kind);
  }

  giveBack(): Promise<void> {
    return this.counters.giveBack(this.key);
  }
}
