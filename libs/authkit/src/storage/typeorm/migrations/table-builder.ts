import type { Type } from '@nestjs/common';
import { Table, TableColumn, TableForeignKey, TableIndex, TableUnique } from 'typeorm';
import type { ColumnType, DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { AuthKitConfigError } from '../../../kernel/errors.js';
import { dialectOf } from '../dialect.js';
import { sourceOf } from './migration-class.js';
import type { ColumnDefinition, TableDefinition } from './table-definition.js';

/**
 * Turns definitions into TypeORM's tables under the names that this DataSource's naming strategy, prefix and schema
 * give them, so that `synchronize` finds nothing to change afterwards.
 */
export class TableBuilder {
  private readonly source: DataSource;

  constructor(
    private readonly runner: QueryRunner,
    private readonly userEntity: Type<object> | undefined,
  ) {
    this.source = sourceOf(runner);
  }

  async create(definition: TableDefinition): Promise<void> {
    const { path, name } = this.namesOf(definition);
    const names = definition.columns.map((column) => this.columnName(column));
    const users = definition.columns.some(({ ofUser }) => ofUser) ? await this.users() : null;
    const columns = definition.columns.map((column, i) =>
      this.column(column, names[i], column.ofUser && users ? users.id : undefined),
    );
    const table = new Table({ name: path, columns });
    definition.columns.forEach((column, i) => {
      if (column.index) table.addIndex(this.index(name, names[i]));
      if (column.ofUser && users) table.addForeignKey(this.userKey(name, names[i], users.metadata));
    });
    await this.runner.createTable(table);
  }

  async drop(definition: TableDefinition): Promise<void> {
    await this.runner.dropTable(this.namesOf(definition).path);
  }

  /** A column of ours, not yet unique: where that is an index and where a constraint differs. */
  column(column: ColumnDefinition, name: string, like?: TableColumn): TableColumn {
    const { driver } = this.source;
    const type = column.type === 'boolean' ? Boolean : column.type;
    // It reads nothing but these two.
    const defaulted = { type, default: column.default } as unknown as Parameters<typeof driver.normalizeDefault>[0];
    return new TableColumn({
      name,
      type: driver.normalizeType({ type: type as ColumnType }),
      length: column.length?.toString(),
      isNullable: column.nullable ?? false,
      isPrimary: column.primary ?? false,
      default: driver.normalizeDefault(defaulted),
      // MySQL: a foreign key's two columns must be of one collation.
      ...(like?.collation && { charset: like.charset, collation: like.collation }),
    });
  }

  index(tableName: string, column: string): TableIndex {
    return new TableIndex({ name: this.source.namingStrategy.indexName(tableName, [column]), columnNames: [column] });
  }

  /** Makes the column unique: by a constraint, or on MySQL, which has none, by an index. */
  addUnique(table: Table, tableName: string, column: string): void {
    const { namingStrategy: naming } = this.source;
    if (dialectOf(this.source).uniqueByIndex) {
      const name = naming.indexName(tableName, [column]);
      table.addIndex(new TableIndex({ name, columnNames: [column], isUnique: true }));
    } else {
      const name = naming.uniqueConstraintName(tableName, [column]);
      table.addUniqueConstraint(new TableUnique({ name, columnNames: [column] }));
    }
  }

  /** Of the host's entity: its table, and what this DataSource calls its columns. */
  userMetadata(): EntityMetadata {
    const entity = this.userEntity!;
    if (this.source.hasMetadata(entity)) return this.source.getMetadata(entity);
    throw new AuthKitConfigError(
      'authKitMigrations().userEntity',
      `${entity.name} is not registered with the DataSource that runs the migrations`,
      'Set autoLoadEntities: true, or list ...authKitEntities({ userEntity, features }) in entities.',
    );
  }

  userColumnName(metadata: EntityMetadata, property: string): string {
    return metadata.findColumnWithPropertyName(property)!.databaseName;
  }

  /** The users table as it is in the database. Throws when it is not there or its ids are no text. */
  private async users(): Promise<{ metadata: EntityMetadata; id: TableColumn } | null> {
    if (!this.userEntity) return null;
    const metadata = this.userMetadata();
    const table = await this.runner.getTable(metadata.tablePath);
    if (!table) {
      throw new AuthKitConfigError(
        `table ${metadata.tablePath}`,
        'it is not there yet, and the sessions refer to it',
        "Give the migration that makes it an older timestamp, or let the kit make it: usersTable: 'create'.",
      );
    }
    const name = this.userColumnName(metadata, 'id');
    const id = table.findColumnByName(name);
    if (!id || !/char|text/.test(id.type)) {
      throw new AuthKitConfigError(
        `column ${metadata.tablePath}.${name}`,
        id ? `it is of type ${id.type}, and the kit needs text` : 'there is no such column',
        'Make it a varchar(36), or serve these users from a store of your own (storage.users).',
      );
    }
    return { metadata, id };
  }

  private userKey(tableName: string, column: string, users: EntityMetadata): TableForeignKey {
    const id = this.userColumnName(users, 'id');
    return new TableForeignKey({
      name: this.source.namingStrategy.foreignKeyName(tableName, [column], users.tableName, [id]),
      columnNames: [column],
      referencedDatabase: users.database,
      referencedSchema: users.schema,
      referencedTableName: users.tablePath,
      referencedColumnNames: [id],
      onDelete: 'CASCADE',
      // As TypeORM has it when an entity says nothing.
      onUpdate: 'NO ACTION',
    });
  }

  private namesOf({ entity, table }: TableDefinition): { name: string; path: string } {
    const { namingStrategy: naming, options, driver } = this.source;
    const own = naming.tableName(entity, table);
    const name = options.entityPrefix ? naming.prefixTableName(options.entityPrefix, own) : own;
    return { name, path: driver.buildTableName(name, (options as { schema?: string }).schema) };
  }

  private columnName({ property, name }: ColumnDefinition): string {
    // As an entity's column without a name of its own has it.
    return this.source.namingStrategy.columnName(property, name, []);
  }
}
