import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import libsql from 'libsql';
import type { DatabaseConfig } from './demo-config.js';

/** PostgreSQL when there is a URL, else SQLite in a file; TypeORM switches foreign keys on for SQLite. */
export function databaseOptions({ url, schema, file, synchronize }: DatabaseConfig): TypeOrmModuleOptions {
  const common = { autoLoadEntities: true, synchronize };
  if (url) return { ...common, type: 'postgres', url, schema, installExtensions: false };
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
