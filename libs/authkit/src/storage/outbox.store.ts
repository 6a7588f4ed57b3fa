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
}

/** Mails written with the change they tell of, until they are sent. */
export abstract class OutboxStore {
  abstract insert(mail: OutboxMail): MaybePromise<void>;

  /** Mails to a user that are not sent yet, the oldest first, without what they say. */
  abstract listOf(userId: string): MaybePromise<Pick<OutboxMail, 'template' | 'createdAt'>[]>;

  /** Removes all mails to a user, sent or not; the number removed. */
  abstract discardOf(userId: string): MaybePromise<number>;
}
