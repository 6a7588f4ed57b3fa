import type { AuthKitError } from '../kernel/errors.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { AuthUser } from '../storage/user.store.js';

/** Injection token of the features' second factors. */
export const SECOND_FACTORS = Symbol.for('nest-authkit:second-factors');

/** A further proof at login; a feature's `secondFactor`, asked after the first proof and before any session exists. */
export abstract class SecondFactor {
  /** Null when this user need not (or has just) proved it; else the error that tells the client what to do. */
  abstract demand(user: AuthUser, amr: readonly string[]): MaybePromise<AuthKitError | null>;
}
