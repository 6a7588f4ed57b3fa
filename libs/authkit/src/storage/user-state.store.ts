import type { MaybePromise } from '../kernel/maybe-promise.js';

/** Session epochs of users who live in the host's own store. */
export abstract class UserStateStore {
  /** 0 for a user never seen. */
  abstract epochOf(userId: string): MaybePromise<number>;

  /** Kills every session of the user by a new epoch. */
  abstract bump(userId: string, at: number): MaybePromise<void>;
}
