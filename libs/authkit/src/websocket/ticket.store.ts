import type { MaybePromise } from '../kernel/maybe-promise.js';

/** A ticket for one socket as it is stored. Instants are epoch milliseconds. */
export interface TicketRecord {
  /** SHA-256 of the ticket, base64url. */
  hash: string;
  sessionId: string;
  userId: string;
  expiresAt: number;
}

/** Where tickets live. */
export abstract class TicketStore {
  abstract insert(ticket: TicketRecord): MaybePromise<void>;

  /** Takes a live ticket out, by ONE conditional delete: of many who try at once, one gets it, the others null. */
  abstract take(hash: string, at: number): MaybePromise<TicketRecord | null>;

  /** Removes at most so many of those that expired before an instant; the number removed. */
  abstract removeExpired(before: number, limit: number): MaybePromise<number>;
}
