import type { MaybePromise } from '../kernel/maybe-promise.js';

/** How often something has happened, and how long that still counts. */
export interface AttemptCount {
  readonly count: number;
  /** Milliseconds until the counter is gone; null for never. */
  readonly endsIn: number | null;
}

/**
 * Where attempts are counted, for all nodes of the app. Keys are texts of at most 80 characters that name nobody. Every
 * change is one atomic step, so that parallel guesses are each counted. What throws is answered with 503.
 */
export abstract class AttemptStore {
  /** Adds one to a counter and says what it is then. One that is not there starts at 1 and ends `durationMs` later. */
  abstract add(key: string, durationMs: number): MaybePromise<number>;

  /** Takes one back from a counter that is there and over 0; when it ends stays as it is. */
  abstract giveBack(key: string): MaybePromise<void>;

  /** The counters that have not ended, in the order of the keys; null for one that is not there. */
  abstract find(keys: readonly string[]): MaybePromise<(AttemptCount | null)[]>;

  /** Sets a counter, whatever it was; with null it never ends. */
  abstract set(key: string, count: number, durationMs: number | null): MaybePromise<void>;

  abstract delete(keys: readonly string[]): MaybePromise<void>;

  /** Removes at most `limit` that have ended; the number removed. A store whose counters go by themselves has nothing to do. */
  abstract sweep(limit: number): MaybePromise<number>;
}
