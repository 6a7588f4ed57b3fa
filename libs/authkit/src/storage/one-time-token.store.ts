import type { MaybePromise } from '../kernel/maybe-promise.js';

/** What the link of a mail is good for. */
export type LinkPurpose =
  | 'verify_email'
  | 'disown_registration'
  | 'reset_password'
  | 'set_password'
  | 'change_email'
  | 'cancel_email_change'
  | 'not_me'
  | 'cancel_deletion';

/**
 * What a one-time token is for. Two are no links: `notice` says that a mail of the template in its slot went out,
 * `registration` that a client made the account, and nobody else.
 */
export type OneTimePurpose = LinkPurpose | 'notice' | 'registration';

/** A one-time token as it is stored: its hash, and what it is bound to. Instants are epoch milliseconds. */
export interface OneTimeTokenRecord {
  userId: string;
  purpose: OneTimePurpose;
  /** Several of one purpose may live beside each other, e.g. one per session; '' where there is only one. */
  slot: string;
  /** SHA-256 of the token, base64url. */
  hash: string;
  /** The address it is about: where it was sent, or the one it confirms. */
  email: string;
  /** Of the password hash it was made for; null where it does not matter. */
  fingerprint: string | null;
  createdAt: number;
  expiresAt: number;
  consumedAt: number | null;
}

/** Where one-time tokens live. Every change is ONE statement; of many who consume a token at once, one wins. */
export abstract class OneTimeTokenStore {
  /** Stores a token in place of the one of the same user, purpose and slot, consumed or not. */
  abstract put(token: OneTimeTokenRecord): MaybePromise<void>;

  /** Like `put`, but only in place of one made at or before `olderThan`; of many at once, one returns true. */
  abstract putIfOlder(token: OneTimeTokenRecord, olderThan: number): MaybePromise<boolean>;

  /** By its hash, consumed and expired ones too. */
  abstract find(hash: string): MaybePromise<OneTimeTokenRecord | null>;

  /** Consumes a live token; true for exactly one caller, false when it is used, expired or replaced. */
  abstract consume(hash: string, at: number): MaybePromise<boolean>;

  /** Ends a user's tokens of these purposes (all, when none is named); used ones stay to be recognised. */
  abstract discard(userId: string, purposes?: readonly OneTimePurpose[]): MaybePromise<void>;

  /** A user's tokens, used and expired ones too, the oldest first. */
  abstract list(userId: string): MaybePromise<OneTimeTokenRecord[]>;

  /** Removes a user's tokens, used or not, when the user is erased; the number removed. */
  abstract removeAll(userId: string): MaybePromise<number>;

  /** Removes at most `limit` of those that expired before an instant; the number removed. */
  abstract removeExpired(before: number, limit: number): MaybePromise<number>;
}
