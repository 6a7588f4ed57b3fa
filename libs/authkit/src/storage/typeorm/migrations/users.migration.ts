import type { Type } from '@nestjs/common';
import { Table, type EntityMetadata, type MigrationInterface, type QueryRunner } from 'typeorm';
import { AuthKitConfigError } from '../../../kernel/errors.js';
import { dialectOf } from '../dialect.js';
import { sourceOf, type MigrationClass } from './migration-class.js';
import { TableBuilder } from './table-builder.js';
import type { ColumnDefinition } from './table-definition.js';

const COLUMNS: readonly ColumnDefinition[] = [
  { property: 'id', type: 'varchar', length: 36, primary: true },
  { property: 'email', type: 'varchar', length: 254, unique: true },
  { property: 'username', type: 'varchar', length: 64, nullable: true, unique: true },
  { property: 'emailVerified', type: 'boolean', default: false },
  { property: 'active', type: 'boolean', default: true },
  { property: 'passwordHash', type: 'varchar', length: 255, nullable: true },
  { property: 'sessionEpoch', type: 'int', default: 0 },
  { property: 'createdAt', type: 'bigint', default: 0 },
  { property: 'changedAt', type: 'bigint', default: 0, index: true },
];

/** Makes the users table with the kit's columns, or adds to an existing one those it lacks. */
export function usersMigration(userEntity: Type<object>, mode: 'create' | 'extend'): MigrationClass {
  return class AuthKitUsers1795500000000 implements MigrationInterface {
    readonly name = 'AuthKitUsers1795500000000';

    async up(runner: QueryRunner): Promise<void> {
      const builder = new TableBuilder(runner, userEntity);
      const metadata = builder.userMetadata();
      if (mode === 'create') await create(runner, builder, metadata);
      else await extend(runner, builder, metadata);
    }

    async down(runner: QueryRunner): Promise<void> {
      // What was there before is not known any more, and a column taken for ours could be the host's.
      if (mode === 'create') await runner.dropTable(new TableBuilder(runner, userEntity).userMetadata().tablePath);
    }
  };
}

async function create(runner: QueryRunner, builder: TableBuilder, metadata: EntityMetadata): Promise<void> {
  const nameOf = ({ property }: ColumnDefinition) => builder.userColumnName(metadata, property);
  const table = new Table({
    name: metadata.tablePath,
    columns: COLUMNS.map((column) => builder.column(column, nameOf(column))),
  });
  for (const column of COLUMNS) {
    if (column.unique) builder.addUnique(table, metadata.tableName, nameOf(column));
    if (column.index) table.addIndex(builder.index(metadata.tableName, nameOf(column)));
  }
  await runner.createTable(table);
}

async function extend(runner: QueryRunner, builder: TableBuilder, metadata: EntityMetadata): Promise<void> {
  const { tablePath, tableName } = metadata;
  const nameOf = ({ property }: ColumnDefinition) => builder.userColumnName(metadata, property);
  const present = await tableNow(runner, tablePath);
  const missing = COLUMNS.filter((column) => !present.findColumnByName(nameOf(column)));
  // These two cannot be made up for the users who are there.
  const needed = missing.find(({ property }) => property === 'id' || property === 'email');
  if (needed) {
    throw new AuthKitConfigError(
      `column ${tablePath}.${nameOf(needed)}`,
      'there is no such column',
      `Add it by a migration of your own, or name the one you have: withAuthUser(Base, { ${needed.property}: '...' }).`,
    );
  }
  if (missing.length > 0) {
    await assertRebuildIsSafe(runner, tablePath);
    await runner.addColumns(
      present,
      missing.map((column) => builder.column(column, nameOf(column))),
    );
  }
  const created = missing.find(({ property }) => property === 'createdAt');
  if (created) await runner.query(setTo(runner, tablePath, nameOf(created), Date.now()));
  for (const column of COLUMNS) {
    const table = await tableNow(runner, tablePath);
    if (column.unique && !isUnique(table, nameOf(column))) await addUnique(runner, builder, metadata, nameOf(column));
    if (column.index && !table.indices.some(({ columnNames }) => columnNames[0] === nameOf(column)))
      await runner.createIndex(table, builder.index(tableName, nameOf(column)));
  }
}

async function tableNow(runner: QueryRunner, path: string): Promise<Table> {
  const table = await runner.getTable(path);
  if (table) return table;
  throw new AuthKitConfigError(
    `table ${path}`,
    'it is not there yet',
    "Give the migration that makes it an older timestamp, or let the kit make it: usersTable: 'create'.",
  );
}

function isUnique({ uniques, indices, primaryColumns }: Table, column: string): boolean {
  const keys = [...uniques, ...indices.filter((index) => index.isUnique)].map(({ columnNames }) => columnNames);
  return [...keys, primaryColumns.map(({ name }) => name)].some((key) => key.length === 1 && key[0] === column);
}

async function addUnique(
  runner: QueryRunner,
  builder: TableBuilder,
  { tablePath, tableName }: EntityMetadata,
  column: string,
): Promise<void> {
  const wanted = new Table({ name: tablePath });
  builder.addUnique(wanted, tableName, column);
  if (wanted.indices.length > 0) return runner.createIndices(tablePath, wanted.indices);
  await assertRebuildIsSafe(runner, tablePath);
  await runner.createUniqueConstraints(tablePath, wanted.uniques);
}

function setTo(runner: QueryRunner, path: string, column: string, value: number): string {
  const escape = (name: string) => sourceOf(runner).driver.escape(name);
  return `UPDATE ${path.split('.').map(escape).join('.')} SET ${escape(column)} = ${value}`;
}

/**
 * TypeORM changes an SQLite table by making another and dropping this one. With foreign keys enforced, that deletes
 * what refers to its rows; TypeORM switches them off only for migrations that it runs in a transaction.
 */
async function assertRebuildIsSafe(runner: QueryRunner, path: string): Promise<void> {
  if (!dialectOf(sourceOf(runner)).rebuildsTables) return;
  const [row] = (await runner.query('PRAGMA foreign_keys')) as { foreign_keys: number }[];
  if (Number(row?.foreign_keys) === 0) return;
  throw new AuthKitConfigError(
    `table ${path}`,
    'SQLite rebuilds it for new columns, and while foreign keys are enforced that deletes what refers to its rows',
    "Run the migrations with migrationsTransactionMode 'all' or 'each'.",
  );
}
