import { authKitMigrations } from 'nest-authkit';
import { webSockets } from 'nest-authkit/websocket';
import { Table, TableColumn, type MigrationInterface, type QueryRunner, type TableColumnOptions } from 'typeorm';
import { User } from './users/user.entity.js';

/** Ours: the columns that users have beside the kit's, and notes. */
class Notes1795500000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { tablePath: users, schema, database } = runner.manager.getRepository(User).metadata;
    await runner.addColumns(users, [
      text('full_name', 100, { isNullable: true }),
      text('about', 1000, { isNullable: true }),
    ]);
    await runner.createTable(
      new Table({
        name: runner.dataSource.driver.buildTableName('notes', schema, database),
        columns: [
          text('id', 36, { isPrimary: true }),
          text('owner_id', 36),
          text('title', 200),
          new TableColumn({ name: 'text', type: 'text' }),
          text('created_at', 24),
          text('edited_at', 24),
        ],
        indices: [{ columnNames: ['owner_id', 'created_at'] }],
        foreignKeys: [
          {
            columnNames: ['owner_id'],
            referencedTableName: users,
            referencedColumnNames: ['id'],
            onDelete: 'CASCADE',
            onUpdate: 'NO ACTION',
          },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const { tablePath: users, schema, database } = runner.manager.getRepository(User).metadata;
    await runner.dropTable(runner.dataSource.driver.buildTableName('notes', schema, database));
    await runner.dropColumns(users, ['full_name', 'about']);
  }
}

/** Members of the former system, and who of them is which user. */
class LegacyMembers1795600000200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const { tablePath: users, schema, database } = runner.manager.getRepository(User).metadata;
    const members = runner.dataSource.driver.buildTableName('legacy_members', schema, database);
    await runner.addColumn(users, text('legacy_number', 20, { isNullable: true, isUnique: true }));
    await runner.createTable(
      new Table({
        name: members,
        columns: [text('number', 20, { isPrimary: true }), text('full_name', 100), text('password', 200)],
      }),
    );
    // By itself, because within createTable() TypeORM names a unique column's index otherwise than the entity does.
    await runner.addColumn(members, text('email', 254, { isUnique: true }));
  }

  async down(runner: QueryRunner): Promise<void> {
    const { tablePath: users, schema, database } = runner.manager.getRepository(User).metadata;
    await runner.dropTable(runner.dataSource.driver.buildTableName('legacy_members', schema, database));
    await runner.dropColumn(users, 'legacy_number');
  }
}

function text(name: string, length: number, more: Partial<TableColumnOptions> = {}): TableColumn {
  return new TableColumn({ name, type: 'varchar', length: String(length), ...more });
}

/** All of them; TypeORM runs those that have not run yet, the oldest first. */
export const MIGRATIONS = [
  ...authKitMigrations({ userEntity: User, features: [webSockets()] }),
  Notes1795500000100,
  LegacyMembers1795600000200,
];
