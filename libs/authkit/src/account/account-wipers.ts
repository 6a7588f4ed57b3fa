import { Inject, Injectable } from '@nestjs/common';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import { AuthKitError } from '../kernel/errors.js';
import type { AuthUser } from '../storage/user.store.js';

/**
 * Why something is to be taken from an account. `password_reset`: what spares a device a check. `first_proof`: the address
 * was proven, but not by the registration's own link; `registration_disowned`: its owner says that the registration was
 * somebody else's. With these two, whatever anybody has added to the account.
 */
export type WipeCause = 'password_reset' | 'first_proof' | 'registration_disowned';

/** Takes from an account what a feature keeps for it, so that nobody who was there before keeps a way in. */
export abstract class AccountWiper {
  /** Runs in the unit of work of the change: statements only, and maybe twice. */
  abstract wipe(user: AuthUser, cause: WipeCause): MaybePromise<void>;
}

/** Injection token of all wipers. */
export const ACCOUNT_WIPERS = Symbol.for('nest-authkit:account-wipers');

/**
 * Against pre-hijacking: whoever registers somebody else's address must not keep anything once its owner proves it
 * (Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022).
 */
@Injectable()
export class AccountWipers {
  constructor(@Inject(ACCOUNT_WIPERS) private readonly wipers: readonly AccountWiper[]) {}

  /** To be called in the unit of work of the change. */
  async wipe(user: AuthUser, cause: WipeCause): Promise<void> {
    for (const wiper of this.wipers) await wiper.wipe(user, cause);
  }
}

/**
 * To be called before anything is added to an account that outlives its password: a key, a second factor, a link to
 * another service, a change of the address. Throws `email_not_verified` (403) until the address is proven.
 */
export function assertProven({ emailVerified }: AuthUser): void {
  if (!emailVerified)
    throw new AuthKitError('email_not_verified', { reason: 'nothing is added before the address is proven' });
}
