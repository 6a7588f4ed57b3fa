import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import libsql from 'libsql';
import type { DatabaseConfig } from './demo-config.js';
import { MIGRATIONS } from './migrations.js';

/** What the URL names, else SQLite in a file; TypeORM switches foreign keys on for SQLite. */
export function databaseOptions({ url, schema, file, synchronize }: DatabaseConfig): TypeOrmModuleOptions {
  const common = {
    autoLoadEntities: true,
    ...(synchronize ? { synchronize } : { migrations: MIGRATIONS, migrationsRun: true }),
  };
  if (url?.startsWith('postgres')) {
    // Milliseconds. By itself pg waits for ever for a server that has fallen silent.
    const extra = { connectionTimeoutMillis: 5_000, query_timeout: 10_000 };
    return { ...common, type: 'postgres', url, schema, installExtensions: false, extra };
  }
  if (url) return { ...common, type: url.startsWith('mariadb:') ? 'mariadb' : 'mysql', url };
  return {
    ...common,
    type: 'better-sqlite3',
    // Speaks better-sqlite3's interface and needs no compiler; without this line TypeORM loads better-sqlite3 itself.
    driver: libsql,
    database: file,
    enableWAL: true,
    // Milliseconds to wait for another process that is writing.
    timeout: 5_000,
  };
}
