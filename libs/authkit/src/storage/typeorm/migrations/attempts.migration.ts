import type { Type } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from './migration-class.js';
import { TableBuilder } from './table-builder.js';
import type { TableDefinition } from './table-definition.js';

const ATTEMPTS: TableDefinition = {
  entity: 'AuthAttempt',
  table: 'auth_attempts',
  columns: [
    { property: 'key', name: 'attempt_key', type: 'varchar', length: 80, primary: true },
    { property: 'count', name: 'attempt_count', type: 'int' },
    { property: 'endsAt', name: 'ends_at', type: 'bigint', index: true },
  ],
};

/** Counters of the rate limits. */
export function attemptsMigration(userEntity: Type<object> | undefined): MigrationClass {
  return class AuthKitAttempts1795600000001 implements MigrationInterface {
    readonly name = 'AuthKitAttempts1795600000001';

    async up(runner: QueryRunner): Promise<void> {
      await new TableBuilder(runner, userEntity).create(ATTEMPTS);
    }

    async down(runner: QueryRunner): Promise<void> {
      await new TableBuilder(runner, userEntity).drop(ATTEMPTS);
    }
  };
}
