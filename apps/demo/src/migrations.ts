import { authKitMigrations } from 'nest-authkit';
import { Table, TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { User } from './users/user.entity.js';

/** Ours: the columns that users have beside the kit's, and notes. */
class Notes1795500000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = (name: string, length: number, isNullable = false) =>
      new TableColumn({ name, type: 'varchar', length: String(length), isNullable });
    const { tablePath: users, schema, database } = runner.manager.getRepository(User).metadata;
    await runner.addColumns(users, [text('full_name', 100, true), text('about', 1000, true)]);
    await runner.createTable(
      new Table({
        name: runner.dataSource.driver.buildTableName('notes', schema, database),
        columns: [
          { name: 'id', type: 'varchar', length: '36', isPrimary: true },
          text('owner_id', 36),
          text('title', 200),
          { name: 'text', type: 'text' },
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

/** All of them; TypeORM runs those that have not run yet, the oldest first. */
export const MIGRATIONS = [...authKitMigrations({ userEntity: User }), Notes1795500000100];
