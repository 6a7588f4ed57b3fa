import type { MaybePromise } from '../kernel/maybe-promise.js';

/** A mail that is to be sent. Instants are epoch milliseconds. */
export interface OutboxMail {
  id: string;
  userId: string | null;
  template: string;
  /** Address and content, encrypted: links are in it. */
  sealed: string;
  createdAt: number;
  attempts: number;
  /** When it is to be tried; null when it is not any more. */
  dueAt: number | null;
  /** Why it was not sent, as a short code: no address, no content. */
  lastError: string | null;
}

/** A mail that one worker has taken on. */
export interface ClaimedMail extends OutboxMail {
  claim: string;
}

/** Mails written with the change they tell of, until they are sent. Every change is ONE conditional statement. */
export abstract class OutboxStore {
  abstract insert(mail: OutboxMail): MaybePromise<void>;

  /** Ids of mails that are due, those that have waited longest first. */
  abstract findDue(now: number, limit: number): MaybePromise<string[]>;

  /**
   * Takes a due mail on under the name `claim`, counts the attempt, and makes it due again at `until`, when whoever took
   * it on must have died. Null for all but one of those who ask at once, and when it is not due.
   */
  abstract claim(id: string, claim: string, now: number, until: number): MaybePromise<ClaimedMail | null>;

  /** Removes a mail that was sent; does nothing once somebody else has taken it on. */
  abstract markSent(mail: ClaimedMail): MaybePromise<void>;

  /** Puts a mail back until `dueAt`; null gives it up. Does nothing once somebody else has taken it on. */
  abstract putBack(mail: ClaimedMail, dueAt: number | null, lastError: string): MaybePromise<void>;

  /** Mails to a user that are not sent yet, the oldest first, without what they say. */
  abstract listOf(userId: string): MaybePromise<Pick<OutboxMail, 'template' | 'createdAt'>[]>;

  /** Removes all mails to a user, sent or not; the number removed. */
  abstract discardOf(userId: string): MaybePromise<number>;

  /** Removes at most `limit` mails that were given up and written before an instant; the number removed. */
  abstract removeGivenUp(before: number, limit: number): MaybePromise<number>;
}
