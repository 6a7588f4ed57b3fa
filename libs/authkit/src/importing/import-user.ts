/** One account of another system, in the kit's terms. Nothing else may be among its keys. */
export interface ImportUser {
  /** The id it has there. A UUID is kept, in lower case; for any other a new UUIDv7 is made. @default a new one */
  id?: string | number;
  email: string;
  /** Reserved names are allowed: they are the old system's. @default none */
  username?: string | null;
  /** As the old system stored it, or as `firebaseHash()` or `deviseHash()` write it. @default none: no login by password */
  passwordHash?: string | null;
  /** @default false */
  emailVerified?: boolean;
  /** @default true */
  active?: boolean;
  /** @default registration.defaultRoles */
  roles?: readonly string[];
  /** A Date, epoch milliseconds, or ISO 8601 text that says its time zone. @default now */
  createdAt?: Date | number | string;
  /** Your own columns. */
  fields?: Readonly<Record<string, unknown>>;
}

/** Why a row was not imported; shows no value of it but its id. */
export interface ImportProblem {
  /** Counted from 1; with `jsonLines()` the line. */
  readonly row: number;
  /** The id that the row came with, cut at 64 characters. */
  readonly id: string | null;
  readonly field: string;
  readonly code: string;
  readonly detail: string;
}

/** What an import has done, or a dry run would have. */
export interface ImportReport {
  readonly dryRun: boolean;
  /** Rows read: imported + skipped + ignored + refused. */
  readonly rows: number;
  readonly imported: number;
  /** There already, by id or e-mail address. */
  readonly skipped: number;
  /** Left out by the `map` option. */
  readonly ignored: number;
  /** See `problems`. */
  readonly refused: number;
  /** Of the imported, those whose id is another now. */
  readonly newIds: number;
  /** The imported by the scheme of their hash; `none` has no password. */
  readonly schemes: Readonly<Record<string, number>>;
  /** Problems by code; a refused row may have several. */
  readonly problemCounts: Readonly<Record<string, number>>;
  /** The first of them. */
  readonly problems: readonly ImportProblem[];
}
