import type { Duration } from '../kernel/duration.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { AuthUser } from '../storage/user.store.js';

/** The option `account`. */
export interface AccountOptions {
  /** DELETE /auth/me. */
  deletion?: {
    /** Whether users may delete their accounts. @default true */
    enabled?: boolean;
    /** How long they may think again; 0 s (erased at once) to 90 d. @default '7d' */
    grace?: Duration;
  };
  /**
   * Removes what the app holds about a user whose account is about to be erased. When it fails the account stays, closed,
   * and it is called again later: it must not mind that. @default nothing
   */
  onErase?: (user: AuthUser) => MaybePromise<void>;
  /** What the app holds about a user; part of GET /auth/me/export. @default nothing */
  exportData?: (user: AuthUser) => MaybePromise<object>;
}
