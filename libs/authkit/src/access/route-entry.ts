import type { RouteRule } from './route-rule.js';

/** Injection token of the RouteInventory that the command line finds in either half (ES module, CommonJS) of the package. */
export const ROUTE_INVENTORY = Symbol.for('nest-authkit:route-inventory');

/** A handler at one method, path and version, and who may call it. */
export interface RouteEntry {
  /** `GET` and so on; `ALL` for every method. */
  readonly method: string;
  /** Global prefix, URI version and RouterModule included; parameters as they were written. */
  readonly path: string;
  /** The version asked for by URI, header or media type; null for handlers of none, or of every one. */
  readonly version: string | null;
  /** Host names the controller is limited to. */
  readonly host: string | null;
  readonly module: string;
  readonly controller: string;
  readonly handler: string;
  /** The rule as `AuthKitGuard` sees it; `rule.explicit` is false where nothing was declared. */
  readonly rule: RouteRule;
  /** Whether an `AuthKitGuard` stands before it, globally or by `@UseGuards()`. */
  readonly guarded: boolean;
  /** The kit's or a feature's, not the host's. */
  readonly own: boolean;
}

/** Something about the app's routes that the table itself does not show. */
export interface RouteNote {
  /** `warn`: callers may get where they should not; `log`: so by design, and good to know. */
  readonly level: 'warn' | 'log';
  readonly text: string;
}

/** What reads the table: the boot report and the command line. */
export interface RouteTable {
  routes(): readonly RouteEntry[];
  notes(): readonly RouteNote[];
}
