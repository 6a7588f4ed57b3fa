import type { Type } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from './migration-class.js';
import { TableBuilder } from './table-builder.js';
import type { TableDefinition } from './table-definition.js';

const DELETIONS: TableDefinition = {
  entity: 'AuthAccountDeletion',
  table: 'auth_account_deletions',
  columns: [
    { property: 'userId', name: 'user_id', type: 'varchar', length: 64, primary: true },
    { property: 'by', name: 'requested_by', type: 'varchar', length: 8 },
    { property: 'requestedAt', name: 'requested_at', type: 'bigint' },
    { property: 'dueAt', name: 'due_at', type: 'bigint', index: true },
    { property: 'claimedUntil', name: 'claimed_until', type: 'bigint', default: 0 },
    { property: 'erasedAt', name: 'erased_at', type: 'bigint', nullable: true, index: true },
  ],
};

/** Accounts that are to be erased. */
export function deletionsMigration(userEntity: Type<object> | undefined): MigrationClass {
  return class AuthKitDeletions1795600000003 implements MigrationInterface {
    // A minifier would take the class's name for its own.
    readonly name = 'AuthKitDeletions1795600000003';

    async up(runner: QueryRunner): Promise<void> {
      await new TableBuilder(runner, userEntity).create(DELETIONS);
    }

    async down(runner: QueryRunner): Promise<void> {
      await new TableBuilder(runner, userEntity).drop(DELETIONS);
    }
  };
}
