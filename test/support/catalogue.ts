import type { DataSource } from 'typeorm';

type Row = Record<string, unknown>;

/** What the database itself says of its tables, columns, indices and foreign keys, in an order of its own. */
export async function catalogueOf(source: DataSource): Promise<string[]> {
  const queries: Partial<Record<string, string[]>> = { postgres: POSTGRES, mariadb: MARIADB };
  const { schema, type } = source.options as { schema?: string; type: string };
  const statements = queries[type];
  const rows: Row[] = statements
    ? (await Promise.all(statements.map((sql) => source.query<Row[]>(sql, schema ? [schema] : undefined)))).flat()
    : await onSqlite(source);
  return (
    rows
      .map((row) => JSON.stringify(row))
      // TypeORM's own table.
      .filter((row) => !/[".]migrations"/.test(row))
      .sort()
  );
}

async function onSqlite(source: DataSource): Promise<Row[]> {
  const rows: Row[] = [];
  const tables = await source.query<{ name: string }[]>(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'migrations'",
  );
  for (const { name: table } of tables) {
    for (const pragma of ['table_info', 'index_list', 'foreign_key_list']) {
      for (const row of await source.query<Row[]>(`PRAGMA ${pragma}("${table}")`)) {
        // Positions and running numbers say nothing.
        const { cid: _cid, seq: _seq, id: _id, name, ...facts } = row;
        const columns =
          pragma === 'index_list'
            ? (await source.query<Row[]>(`PRAGMA index_info("${String(name)}")`)).map((one) => one['name'])
            : undefined;
        // Constraints' own indices are numbered.
        const named = String(name).replace(/^(sqlite_autoindex_.*)_\d+$/, '$1');
        rows.push({ table, pragma, name: named, ...facts, columns });
      }
    }
    const [{ sql }] = await source.query<{ sql: string }[]>('SELECT sql FROM sqlite_master WHERE name = ?', [table]);
    for (const [, constraint] of sql.matchAll(/CONSTRAINT "(\w+)"/g)) rows.push({ table, constraint });
  }
  return rows;
}

const POSTGRES = [
  `SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, collation_name
   FROM information_schema.columns WHERE table_schema = $1`,
  `SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = $1`,
  `SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(c.oid) AS definition
   FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = $1`,
];

const MARIADB = [
  `SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, COLUMN_KEY, EXTRA, COLLATION_NAME
   FROM information_schema.columns WHERE TABLE_SCHEMA = DATABASE()`,
  `SELECT TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, INDEX_TYPE
   FROM information_schema.statistics WHERE TABLE_SCHEMA = DATABASE()`,
  `SELECT TABLE_NAME, CONSTRAINT_NAME, REFERENCED_TABLE_NAME, UNIQUE_CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE
   FROM information_schema.referential_constraints WHERE CONSTRAINT_SCHEMA = DATABASE()`,
  `SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.tables WHERE TABLE_SCHEMA = DATABASE()`,
];
