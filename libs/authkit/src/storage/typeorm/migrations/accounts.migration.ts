import type { Type } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from './migration-class.js';
import { TableBuilder } from './table-builder.js';
import type { TableDefinition } from './table-definition.js';

const oneTimeTokens = (userIdLength: number): TableDefinition => ({
  entity: 'AuthOneTimeToken',
  table: 'auth_one_time_tokens',
  columns: [
    { property: 'userId', name: 'user_id', type: 'varchar', length: userIdLength, primary: true, ofUser: true },
    { property: 'purpose', name: 'purpose', type: 'varchar', length: 32, primary: true },
    { property: 'slot', name: 'slot', type: 'varchar', length: 36, primary: true },
    { property: 'hash', name: 'hash', type: 'varchar', length: 43, index: true },
    { property: 'email', name: 'email', type: 'varchar', length: 254 },
    { property: 'fingerprint', name: 'fingerprint', type: 'varchar', length: 43, nullable: true },
    { property: 'createdAt', name: 'created_at', type: 'bigint' },
    { property: 'expiresAt', name: 'expires_at', type: 'bigint', index: true },
    { property: 'consumedAt', name: 'consumed_at', type: 'bigint', nullable: true },
  ],
});

const OUTBOX: TableDefinition = {
  entity: 'AuthOutboxMail',
  table: 'auth_outbox',
  columns: [
    { property: 'id', type: 'varchar', length: 36, primary: true },
    { property: 'userId', name: 'user_id', type: 'varchar', length: 64, nullable: true, index: true },
    { property: 'template', name: 'template', type: 'varchar', length: 64 },
    { property: 'sealed', name: 'sealed', type: 'text' },
    { property: 'createdAt', name: 'created_at', type: 'bigint' },
    { property: 'attempts', name: 'attempts', type: 'int', default: 0 },
    { property: 'dueAt', name: 'due_at', type: 'bigint', nullable: true, index: true },
    { property: 'claim', name: 'claim', type: 'varchar', length: 36, nullable: true },
    { property: 'lastError', name: 'last_error', type: 'varchar', length: 255, nullable: true },
  ],
};

/** One-time tokens, and the mails that carry them. */
export function accountsMigration(userEntity: Type<object> | undefined): MigrationClass {
  const tables = [oneTimeTokens(userEntity ? 36 : 64), OUTBOX];
  return class AuthKitAccounts1795600000000 implements MigrationInterface {
    // A minifier would take the class's name for its own.
    readonly name = 'AuthKitAccounts1795600000000';

    async up(runner: QueryRunner): Promise<void> {
      const builder = new TableBuilder(runner, userEntity);
      for (const table of tables) await builder.create(table);
    }

    async down(runner: QueryRunner): Promise<void> {
      const builder = new TableBuilder(runner, userEntity);
      for (const table of [...tables].reverse()) await builder.drop(table);
    }
  };
}
