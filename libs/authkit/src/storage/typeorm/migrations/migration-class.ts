import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';

/** What the `migrations` of a DataSource are given. */
export type MigrationClass = new () => MigrationInterface;

/** The DataSource of a migration's runner. */
export function sourceOf(runner: QueryRunner): DataSource {
  // TypeORM 0.3 calls it `connection`, a name that 1.0 gives up.
  return runner.dataSource ?? (runner as unknown as { connection: DataSource }).connection;
}
