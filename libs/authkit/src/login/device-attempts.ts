import type { ResolvedRateLimits } from '../options/abuse-options.js';
import type { AttemptCounters } from './attempt-counters.js';
import { rateLimited } from './rate-limited.js';

type Rule = ResolvedRateLimits['device'];

/** As long as a device can reasonably go unused: a year. */
const KEEP = 365 * 86_400_000;

/** Counts guesses from one known device, apart from everybody else's at the same account. */
export class DeviceAttempts {
  private readonly window: string;
  private readonly row: string;

  constructor(
    private readonly counters: AttemptCounters,
    private readonly rule: Rule,
    deviceId: string,
  ) {
    this.window = counters.name('device', deviceId);
    this.row = counters.name('device-row', deviceId);
  }

  /** Counts nothing. */
  async state(): Promise<{ used: number; wait: number; disabled: boolean }> {
    const [window, row] = await this.counters.find([this.window, this.row]);
    const used = window?.count ?? 0;
    const wait = used >= this.rule.limit ? (window?.endsIn ?? this.rule.window) : 0;
    return { used, wait, disabled: (row?.count ?? 0) >= this.rule.disableAfter };
  }

  /** Counts one guess that is about to be judged. Throws `rate_limited`. */
  async reserve(): Promise<{ used: number; inRow: number }> {
    const used = await this.counters.add(this.window, this.rule.window);
    if (used > this.rule.limit) {
      await this.counters.giveBack(this.window);
      const [window] = await this.counters.find([this.window]);
      throw rateLimited(window?.endsIn ?? this.rule.window, 'too many failures from a known device');
    }
    return { used, inRow: await this.counters.add(this.row, KEEP) };
  }

  /** The guess was not judged: it does not count. */
  async giveBack(): Promise<void> {
    await Promise.all([this.counters.giveBack(this.window), this.counters.giveBack(this.row)]);
  }

  clear(): Promise<void> {
    return this.counters.delete([this.window, this.row]);
  }

  /** The device counts as unknown from now on. */
  disable(): Promise<void> {
    return this.counters.set(this.row, this.rule.disableAfter, null);
  }
}
