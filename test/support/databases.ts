import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { describeIf } from './describe-if.js';

const require = createRequire(`${process.cwd()}/package.json`);

/** Databases every store must work on. */
export type Database = 'sqlite' | 'postgres' | 'mariadb';
/** For suites about everything above the stores. */
export const DATABASES: readonly Database[] = ['sqlite', 'postgres'];
/** For suites in which the store decides. */
export const ALL_DATABASES: readonly Database[] = [...DATABASES, 'mariadb'];

/** What to do before suites on this database can run; null when nothing is missing. */
export function missingFor(database: string): string | null {
  if (database === 'redis') return process.env['REDIS_URL'] ? null : 'set REDIS_URL=redis://host:6379/15';
  return database === 'mariadb' && !process.env['MARIADB_URL']
    ? 'set MARIADB_URL=mysql://user:password@host:3306/name of an account that may create databases'
    : null;
}

/** Registers a suite for each database. */
export function describeOnDatabases(
  name: string,
  databases: readonly Database[],
  suite: (database: Database) => void,
): void {
  for (const database of databases) describeIf(missingFor(database), `${name} (${database})`, () => suite(database));
}

/** One for one test app: SQLite in memory (or a file), a schema in PostgreSQL, or a database in MariaDB. */
export interface TestDatabase {
  readonly options: DataSourceOptions;
  /** Removes what `prepare` made. */
  drop(): Promise<void>;
}

export async function prepareDatabase(
  database: Database,
  entities: Type<object>[],
  options: { file?: string; synchronize?: boolean } = {},
): Promise<TestDatabase> {
  const synchronize = options.synchronize ?? true;
  const name = `t_${randomBytes(6).toString('hex')}`;
  if (database === 'sqlite') {
    return {
      options: {
        type: 'better-sqlite3',
        driver: require('libsql'),
        database: options.file ?? ':memory:',
        ...(options.file && { enableWAL: true }),
        entities,
        synchronize,
      },
      drop: async () => undefined,
    };
  }
  const url = process.env[database === 'postgres' ? 'DATABASE_URL' : 'MARIADB_URL'];
  if (!url) throw new Error(`the tests know of no ${database}`);
  if (database === 'mariadb') {
    const server = { type: 'mariadb', url } as const;
    await on(server, `CREATE DATABASE ${name}`);
    const own = new URL(url);
    own.pathname = name;
    return {
      options: { type: 'mariadb', url: own.href, entities, synchronize },
      drop: () => on(server, `DROP DATABASE ${name}`),
    };
  }
  const server = { type: 'postgres', url, installExtensions: false } as const;
  await on(server, `CREATE SCHEMA ${name}`);
  return {
    options: { ...server, schema: name, entities, synchronize },
    drop: () => on(server, `DROP SCHEMA ${name} CASCADE`),
  };
}

/** A file for an SQLite database that two apps share. */
export function temporaryFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'authkit-')), 'test.db');
}

async function on(server: DataSourceOptions, sql: string): Promise<void> {
  const source = await new DataSource(server).initialize();
  await source.query(sql);
  await source.destroy();
}
