import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { dialectOf } from './dialect.js';

/** A statement compiled once: the text with this database's quotes and parameter marks, and the order of parameters. */
export interface Statement {
  readonly text: string;
  readonly parameters: readonly string[];
}

export interface StatementResult {
  readonly rows: readonly Record<string, unknown>[];
  readonly affected: number;
  /** MySQL's LAST_INSERT_ID() of the statement. */
  readonly insertId?: number;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * SQL by name: `{s}` is a table, `{s.userId}` its column, `{s.*}` all columns aliased for {@link rowReader}, `:id` a
 * parameter. `{s.userId} === :userId` compares text byte by byte, and `bytes({s.userId})` is text that groups so;
 * under a collation of MySQL, `=` may take `Admin` for `admin`. Compiled once per DataSource, because a query builder costs more than the statement on the hot paths.
 * Names come from TypeORM's metadata, so the host's naming strategy and schema hold; values are always parameters.
 */
export function compile(
  source: DataSource,
  tables: Readonly<Record<string, EntityMetadata>>,
  template: string,
): Statement {
  const parameters: string[] = [];
  const escape = (name: string) => source.driver.escape(name);
  const dialect = dialectOf(source);
  const text = template
    .replace(/(\S+) === (:\w+)/g, (_all, column: string, value: string) => dialect.exactly(column, value))
    .replace(/bytes\(([^()]+)\)/g, (_all, expression: string) => dialect.bytes(expression))
    .replace(/\{(\w+)(?:\.(\w+|\*))?\}/g, (_all, alias: string, property?: string) => {
      const metadata = tables[alias];
      if (property === undefined) return metadata.tablePath.split('.').map(escape).join('.');
      if (property === '*') return selectList(metadata, alias, escape);
      return escape(metadata.findColumnWithPropertyName(property)!.databaseName);
    })
    .replace(/(?<!:):(\w+)/g, (_all, name: string) => source.driver.createParameter(name, parameters.push(name) - 1));
  return { text, parameters };
}

function selectList(metadata: EntityMetadata, alias: string, escape: (name: string) => string): string {
  return realColumns(metadata)
    .map((column, index) => `${alias}.${escape(column.databaseName)} AS ${alias}${index}`)
    .join(', ');
}

/** Runs a compiled statement on a runner (a transaction's) or on the primary. */
export async function execute(
  on: DataSource | QueryRunner,
  statement: Statement,
  values: Values,
): Promise<StatementResult> {
  const runner = 'createQueryRunner' in on ? on.createQueryRunner('master') : on;
  try {
    const parameters = statement.parameters.map((name) => bindable(values[name]));
    const result = await runner.query(statement.text, parameters, true);
    return {
      rows: (result.records as Record<string, unknown>[]) ?? [],
      affected: result.affected ?? 0,
      insertId: (result.raw as { insertId?: number } | undefined)?.insertId,
    };
  } finally {
    if (runner !== on) await runner.release();
  }
}

/** Every database reads 1 and 0 as booleans; SQLite drivers bind nothing else, and TypeORM 0.3 leaves that to its callers. */
function bindable(value: unknown): unknown {
  return typeof value === 'boolean' ? Number(value) : value;
}

/** Reads the columns that `{alias.*}` selected into the entity's class, as TypeORM would, hidden columns apart. */
export function rowReader(source: DataSource, metadata: EntityMetadata, alias: string) {
  const columns = realColumns(metadata).map((column, index) => ({ column, key: `${alias}${index}` }));
  const shown = columns.filter(({ column }) => column.isSelect);
  const keyOf = new Map(columns.map(({ column, key }) => [column.propertyPath, key]));
  const driver = source.driver;
  return {
    /** The value of one column as the database returned it. */
    raw: (row: Record<string, unknown>, property: string): unknown => row[keyOf.get(property)!],
    entity: (row: Record<string, unknown>): object => {
      const entity = metadata.create(undefined, { fromDeserializer: true }) as object;
      for (const { column, key } of shown) {
        column.setEntityValue(entity, driver.prepareHydratedValue(row[key], column));
      }
      return entity;
    },
  };
}

function realColumns(metadata: EntityMetadata) {
  return metadata.columns.filter((column) => !column.isVirtual && !column.isVirtualProperty);
}
