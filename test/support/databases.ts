import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { DataSource, type DataSourceOptions } from 'typeorm';

const require = createRequire(`${process.cwd()}/package.json`);

/** Databases every store must work on. */
export type Database = 'sqlite' | 'postgres';
export const DATABASES: readonly Database[] = ['sqlite', 'postgres'];

/** A database of its own for one test app: SQLite in memory (or a file), or a schema in PostgreSQL. */
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
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is not set; the global set-up should have done so');
  const schema = `t_${randomBytes(6).toString('hex')}`;
  await onPostgres(url, `CREATE SCHEMA ${schema}`);
  return {
    options: { type: 'postgres', url, schema, entities, synchronize, installExtensions: false },
    drop: () => onPostgres(url, `DROP SCHEMA ${schema} CASCADE`),
  };
}

/** A file for an SQLite database that two apps share. */
export function temporaryFile(): string {
  return join(mkdtempSync(join(tmpdir(), 'authkit-')), 'test.db');
}

async function onPostgres(url: string, sql: string): Promise<void> {
  const source = await new DataSource({ type: 'postgres', url, installExtensions: false }).initialize();
  await source.query(sql);
  await source.destroy();
}
