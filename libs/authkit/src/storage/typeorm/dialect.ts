import { QueryFailedError, type DataSource } from 'typeorm';
import { AuthKitConfigError } from '../../kernel/errors.js';

/** What differs between databases, in one place; all other SQL of the kit is what they share. */
export interface Dialect {
  /** Asks for the database's time in epoch milliseconds; null where it is this machine's. */
  readonly now: string | null;
  /** The driver has one connection, so that transactions share it with every other statement. */
  readonly singleConnection: boolean;
  /** A unique column is one with a unique index; there are no constraints of that kind. */
  readonly uniqueByIndex: boolean;
  /** A table is changed by making another and dropping this one. */
  readonly rebuildsTables: boolean;
  /** For the kit's transactions; undefined leaves the connection's own. */
  readonly isolation: 'READ COMMITTED' | undefined;
  /** Text as bytes, so that it groups exactly, whatever collation the column has. */
  bytes(expression: string): string;
  /** Compares text byte by byte, by way of the column's index. */
  exactly(column: string, value: string): string;
  /** The start of what an INSERT does where the row is there already; assignments follow. */
  onConflict(column: string): string;
  /** A number that the statement writes and its result shall tell. */
  counted(expression: string): string;
  /** What a changing statement returns; empty where the result tells `counted` by itself. */
  returning(list: string): string;
  /** A statement that deletes at most `:limit` rows, any of those that the condition names. */
  deleteSome(table: string, key: string, condition: string): string;
  /** Throws where the connection is set up so that the kit's statements would not mean what they say. */
  check(source: DataSource): Promise<void>;
}

const sqlite: Dialect = {
  now: null,
  singleConnection: true,
  uniqueByIndex: false,
  rebuildsTables: true,
  isolation: undefined,
  bytes: (expression) => expression,
  exactly: (column, value) => `${column} = ${value}`,
  onConflict: (column) => `ON CONFLICT (${column}) DO UPDATE SET`,
  counted: (expression) => expression,
  returning: (list) => `RETURNING ${list}`,
  // The condition comes again for rows that have changed meanwhile.
  deleteSome: (table, key, condition) =>
    `DELETE FROM ${table} WHERE ${condition} AND ${key} IN (SELECT ${key} FROM ${table} WHERE ${condition} LIMIT :limit)`,
  check: () => Promise.resolve(),
};

const postgres: Dialect = {
  ...sqlite,
  now: 'SELECT extract(epoch from clock_timestamp()) * 1000 AS now',
  singleConnection: false,
  rebuildsTables: false,
};

// By way of utf8mb4, because column and value may be in different character sets.
const mysqlBytes = (expression: string) => `CAST(CONVERT(${expression} USING utf8mb4) AS BINARY)`;

const mysql: Dialect = {
  // Not NOW(): that is in the session's time zone, and an hour of each year ambiguous.
  now: "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6)) / 1000 AS now",
  singleConnection: false,
  uniqueByIndex: true,
  rebuildsTables: false,
  // Its default, REPEATABLE READ, shows a transaction what was when it first read, however long it then waited for a
  // lock, and locks the gaps between rows.
  isolation: 'READ COMMITTED',
  bytes: mysqlBytes,
  exactly: (column, value) => `(${column} = ${value} AND ${mysqlBytes(column)} = ${mysqlBytes(value)})`,
  onConflict: () => 'ON DUPLICATE KEY UPDATE',
  // MySQL has no RETURNING; what this function last got is in the reply of the statement.
  counted: (expression) => `LAST_INSERT_ID(${expression})`,
  returning: () => '',
  // A subquery of as many rows would be asked for each row of the table, and all of them be locked meanwhile.
  deleteSome: (table, _key, condition) => `DELETE FROM ${table} WHERE ${condition} LIMIT :limit`,
  check: checkMysql,
};

const SQLITE_DRIVERS = 'better-sqlite3 sqlite sqljs capacitor cordova expo nativescript react-native'.split(' ');
const DIALECTS: Partial<Record<string, Dialect>> = {
  ...Object.fromEntries(SQLITE_DRIVERS.map((type) => [type, sqlite])),
  postgres,
  cockroachdb: postgres,
  mysql,
  mariadb: mysql,
};

/** Of the DataSource's type. Throws for a database that nobody has tried the kit's statements on. */
export function dialectOf({ options: { type } }: Pick<DataSource, 'options'>): Dialect {
  const dialect = DIALECTS[type];
  if (dialect) return dialect;
  throw new AuthKitConfigError(
    'TypeOrmModule.type',
    `the kit does not know ${type}`,
    'Use SQLite, PostgreSQL, MariaDB or MySQL, or give storage.users and storage.sessions of your own.',
  );
}

async function checkMysql(source: DataSource): Promise<void> {
  const { flags, extra } = source.options as { flags?: unknown; extra?: { flags?: unknown } };
  // A text is a list too, separated by commas.
  if (
    [flags, extra?.flags].flat().some((flag) => typeof flag === 'string' && /(^|,)\s*-FOUND_ROWS\s*(,|$)/i.test(flag))
  ) {
    throw new AuthKitConfigError(
      'TypeOrmModule.flags',
      '-FOUND_ROWS makes a row that is found but already as wanted count as not found',
      'Take the flag away.',
    );
  }
  const [{ mode }] = await source.query<{ mode: string }[]>('SELECT @@SESSION.sql_mode AS mode');
  const modes = mode.split(',');
  if (modes.includes('NO_BACKSLASH_ESCAPES')) {
    throw new AuthKitConfigError(
      'sql_mode',
      'under NO_BACKSLASH_ESCAPES the escapes that mysql2 writes do not escape, and parameters can inject SQL',
      'Take it out of sql_mode.',
    );
  }
  if (!modes.includes('STRICT_TRANS_TABLES') && !modes.includes('STRICT_ALL_TABLES')) {
    throw new AuthKitConfigError(
      'sql_mode',
      'without STRICT_TRANS_TABLES values that do not fit are cut off instead of refused',
      'Add it to sql_mode; it is there by default.',
    );
  }
}

const UNIQUE_VIOLATIONS = new Set([
  '23505',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
  'ER_DUP_ENTRY',
]);

// Deadlocks, serialization failures, and MariaDB's changed snapshot: the database has undone the whole transaction.
const UNDONE = new Set(['40P01', '40001', 'ER_LOCK_DEADLOCK', 'ER_CHECKREAD']);

/** Whether a value is there already that may be there only once. */
export function isUniqueViolation(error: unknown): boolean {
  return UNIQUE_VIOLATIONS.has(codeOf(error));
}

/** Whether the database has undone the statement or transaction only because of others running beside it. */
export function isUndone(error: unknown): boolean {
  return UNDONE.has(codeOf(error));
}

/** Whether the database refused the values, and not to work at all. */
export function isRefusedValue(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code = '', sqlState = code } = error.driverError as { code?: string; sqlState?: string };
  // SQLSTATE classes 22 and 23: data exceptions and integrity constraints. MySQL files two of its own under HY000.
  return (
    /^2[23][0-9A-Z]{3}$/.test(sqlState) ||
    /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(code) ||
    ['ER_NO_DEFAULT_FOR_FIELD', 'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD'].includes(code)
  );
}

function codeOf(error: unknown): string {
  return error instanceof QueryFailedError ? ((error.driverError as { code?: string }).code ?? '') : '';
}
