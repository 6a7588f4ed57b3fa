import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { AttemptStore, type AttemptCount } from '../attempt.store.js';

/** Counters of this process alone, for tests and for apps of one node without a database. */
@Injectable()
export class MemoryAttemptStore extends AttemptStore {
  private readonly counters = new Map<string, { count: number; endsAt: number }>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override add(key: string, durationMs: number): number {
    const live = this.live(key);
    if (live) return (live.count += 1);
    this.counters.set(key, { count: 1, endsAt: this.clock.now() + durationMs });
    return 1;
  }

  override giveBack(key: string): void {
    const live = this.live(key);
    if (live) live.count = Math.max(0, live.count - 1);
  }

  override find(keys: readonly string[]): (AttemptCount | null)[] {
    return keys.map((key) => {
      const live = this.live(key);
      return live && { count: live.count, endsIn: live.endsAt === Infinity ? null : live.endsAt - this.clock.now() };
    });
  }

  override set(key: string, count: number, durationMs: number | null): void {
    this.counters.set(key, { count, endsAt: durationMs === null ? Infinity : this.clock.now() + durationMs });
  }

  override delete(keys: readonly string[]): void {
    for (const key of keys) this.counters.delete(key);
  }

  override sweep(limit: number): number {
    const ended = [...this.counters.keys()].filter((key) => !this.live(key)).slice(0, limit);
    this.delete(ended);
    return ended.length;
  }

  private live(key: string) {
    const counter = this.counters.get(key);
    return counter && counter.endsAt > this.clock.now() ? counter : null;
  }
}
