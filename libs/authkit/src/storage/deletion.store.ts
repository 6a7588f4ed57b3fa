import type { MaybePromise } from '../kernel/maybe-promise.js';

/** An account that is to be erased, or was erased lately. Instants are epoch milliseconds. */
export interface DeletionRecord {
  userId: string;
  /** Who asked for it. */
  by: 'user' | 'host';
  requestedAt: number;
  /** When it is to be erased; until then the user may think again. */
  dueAt: number;
  /** Null while it is to come. */
  erasedAt: number | null;
}

/** Where it stands which accounts are to be erased. Every change is conditional; of many who claim one at once, one wins. */
export abstract class DeletionStore {
  /** Notes a deletion; what is in force then: of two of one user the one that is due first. */
  abstract request(deletion: Omit<DeletionRecord, 'erasedAt'>): MaybePromise<DeletionRecord>;

  /** The user's deletion that is to come; null when there is none. */
  abstract find(userId: string): MaybePromise<DeletionRecord | null>;

  /** Takes a deletion back that is not due yet; false when there is none. */
  abstract withdraw(userId: string, at: number): MaybePromise<boolean>;

  /** Ids of users whose deletion is due and on whom nobody works, the longest due first. */
  abstract findDue(at: number, limit: number): MaybePromise<string[]>;

  /** Takes the work on until an instant, when whoever did must have died; true for one caller. */
  abstract claim(userId: string, at: number, until: number): MaybePromise<boolean>;

  /** Gives back what was claimed until that instant; does nothing once somebody else has it. */
  abstract release(userId: string, until: number): MaybePromise<void>;

  /** Notes that the account is erased; true for one caller. */
  abstract finish(userId: string, at: number): MaybePromise<boolean>;

  /** Forgets accounts erased before an instant; the number forgotten. */
  abstract removeErased(before: number): MaybePromise<number>;
}
