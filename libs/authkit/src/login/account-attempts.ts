import type { ResolvedRateLimits } from '../options/abuse-options.js';
import type { AttemptCount } from '../storage/attempt.store.js';
import type { AttemptCounters } from './attempt-counters.js';
import { rateLimited } from './rate-limited.js';

type Rule = ResolvedRateLimits['account'];

const SECOND = 1_000;
const DAY = 86_400_000;
/** How long failures in a row count: of an account for as good as ever, of nobody's so that rows do not pile up. */
const KEEP_KNOWN = 365 * DAY;
const KEEP_UNKNOWN = 30 * DAY;

/** What counting a guess before it is judged has found. */
export interface Reserved {
  /** Failures in the window, this one included. */
  readonly used: number;
  /** Failures in a row, this one included. */
  readonly inRow: number;
}

/** What stands against one more guess at an account. */
export interface AccountState {
  /** Failures in the window, those after its limit included. */
  readonly used: number;
  /** Waits that have begun since the limit was reached. */
  readonly waits: number;
  /** Milliseconds to wait; 0 when a guess may be tried. */
  readonly wait: number;
}

/**
 * Counts guesses at one account: `limit` in a window; after that one at a time, each after twice the wait of the one
 * before; none once `disableAfter` have failed in a row. A guess is counted before it is judged, so that guesses made
 * in parallel cannot outrun their number, and taken back when it was right or was not judged.
 */
export class AccountAttempts {
  private readonly window: string;
  private readonly slot: string;
  private readonly waits: string;
  private readonly rows: readonly [string, ...string[]];
  private readonly keep: number;
  /** The wait that this guess has won, from 1. */
  private won = 0;

  /** @param account the user's id, or for nobody's name that name */
  constructor(
    private readonly counters: AttemptCounters,
    private readonly rule: Rule,
    account: { userId: string } | { name: string },
  ) {
    const subject = 'userId' in account ? `id:${account.userId}` : `name:${account.name}`;
    this.window = counters.name('account', subject);
    this.slot = counters.name('account-slot', subject);
    this.waits = counters.name('account-waits', subject);
    this.rows = counters.names('account-row', subject);
    this.keep = 'userId' in account ? KEEP_KNOWN : KEEP_UNKNOWN;
  }

  /** Counts nothing. */
  async state(): Promise<AccountState> {
    const { limit, maxDelay } = this.rule;
    const [window, slot, waited, ...rows] = await this.counters.find([
      this.window,
      this.slot,
      this.waits,
      ...this.rows,
    ]);
    const waits = waited?.count ?? 0;
    const isWaiting = slot !== null && slot.count > 0;
    const wait = this.isDisabledBy(rows) ? maxDelay : isWaiting ? (slot.endsIn ?? maxDelay) : 0;
    return { used: waits > 0 ? limit + waits : Math.min(window?.count ?? 0, limit), waits, wait };
  }

  /** Whether so many have failed in a row that none may be tried. */
  async isDisabled(): Promise<boolean> {
    return this.isDisabledBy(await this.counters.find(this.rows));
  }

  /** Counts one guess that is about to be judged, in steps of which each is atomic. Throws `rate_limited`. */
  async reserve({ used: before, waits }: AccountState): Promise<Reserved> {
    const used = before < this.rule.limit ? await this.reserveInWindow() : await this.reserveSlot(waits + 1);
    const inRow = await this.counters.add(this.rows[0], this.keep);
    if (inRow > this.rule.disableAfter) {
      await this.giveBack();
      throw rateLimited(this.rule.maxDelay, 'the password is disabled');
    }
    return { used, inRow };
  }

  /** The guess was not judged: it does not count. */
  async giveBack(): Promise<void> {
    await this.counters.giveBack(this.rows[0]);
    if (this.won === 0) return this.counters.giveBack(this.window);
    await this.counters.giveBack(this.waits);
    await this.counters.delete([this.slot]);
  }

  /** Forgets every failure. */
  clear(): Promise<void> {
    return this.counters.delete([this.window, this.slot, this.waits, ...this.rows]);
  }

  /** For good, until it is cleared: else the failures would be forgotten one day. */
  disable(): Promise<void> {
    return this.counters.set(this.rows[0], this.rule.disableAfter, null);
  }

  private isDisabledBy(rows: readonly (AttemptCount | null)[]): boolean {
    return rows.some((row) => (row?.count ?? 0) >= this.rule.disableAfter);
  }

  private async reserveInWindow(): Promise<number> {
    const { limit, window } = this.rule;
    const used = await this.counters.add(this.window, window);
    if (used > limit) {
      await this.counters.giveBack(this.window);
      throw rateLimited(SECOND, 'too many at once');
    }
    if (used === limit) await this.counters.add(this.slot, delayAfter(limit, this.rule));
    return used;
  }

  /** Of all who try when the wait is over, the first to take the slot wins it, and the next wait begins. */
  private async reserveSlot(nth: number): Promise<number> {
    const used = this.rule.limit + nth;
    const delay = delayAfter(used, this.rule);
    if ((await this.counters.add(this.slot, delay)) > 1) {
      const [slot] = await this.counters.find([this.slot]);
      throw rateLimited(slot?.endsIn ?? SECOND, 'too many failures');
    }
    this.won = nth;
    // The waits go on growing until the account has been left alone for a window.
    await this.counters.set(this.waits, nth, delay + this.rule.window);
    return used;
  }
}

/** The wait after so many failures, in milliseconds: 1 s after the last of the limit, then doubled each time. */
function delayAfter(failures: number, { limit, maxDelay }: Pick<Rule, 'limit' | 'maxDelay'>): number {
  return Math.min(maxDelay, SECOND * 2 ** Math.min(failures - limit, 30));
}
