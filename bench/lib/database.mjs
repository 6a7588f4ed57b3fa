import { createRequire } from 'node:module';
import pg from 'pg';

const require = createRequire(import.meta.url);

/** Counts statements; as a logger it sees each one that TypeORM sends. */
export class StatementCounter {
  count = 0;
  logQuery() {
    this.count += 1;
  }
  logQueryError() {}
  logQuerySlow() {}
  logSchemaBuild() {}
  logMigration() {}
  log() {}
}

/** Options of a DataSource on a database of its own, counting its statements. */
export function dataSourceOptions(database, entities, logger = new StatementCounter()) {
  const shared = { entities, synchronize: true, logger };
  return database === 'sqlite'
    ? { ...shared, type: 'better-sqlite3', driver: require('libsql'), database: ':memory:' }
    : { ...shared, type: 'postgres', ...database, installExtensions: false };
}

/** SQLite, and PostgreSQL when DATABASE_URL names one or one answers on 127.0.0.1:5432. */
export async function databases() {
  const url = process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
  try {
    await onPostgres(url, 'SELECT 1');
  } catch (error) {
    if (process.env.DATABASE_URL) throw error;
    return { sqlite: 'sqlite' };
  }
  return { sqlite: 'sqlite', postgres: { url, schema: `bench_${process.pid}` } };
}

/** Gives `work` an empty database, and leaves nothing behind. */
export async function withDatabase(database, work) {
  if (database === 'sqlite') return work();
  const { url, schema } = database;
  await onPostgres(url, `CREATE SCHEMA ${schema}`);
  try {
    return await work();
  } finally {
    await onPostgres(url, `DROP SCHEMA ${schema} CASCADE`);
  }
}

async function onPostgres(connectionString, sql) {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
