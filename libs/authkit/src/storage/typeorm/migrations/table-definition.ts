/**
 * A table as one migration makes it. Written out and never changed again: the entities move on, and a database that is
 * at this migration must not.
 */
export interface TableDefinition {
  /** Class and table name as the entity gives them to the naming strategy. */
  readonly entity: string;
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
}

export interface ColumnDefinition {
  /** Property and column name as the entity gives them to the naming strategy. */
  readonly property: string;
  readonly name?: string;
  readonly type: 'varchar' | 'text' | 'int' | 'bigint' | 'boolean';
  readonly length?: number;
  readonly nullable?: boolean;
  readonly default?: string | number | boolean;
  readonly primary?: boolean;
  readonly unique?: boolean;
  readonly index?: boolean;
  /** Refers to the user's id where users live in the same DataSource; the row goes with the user. */
  readonly ofUser?: boolean;
}
