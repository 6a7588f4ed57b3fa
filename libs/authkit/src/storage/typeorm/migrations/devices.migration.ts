import type { Type } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from './migration-class.js';
import { TableBuilder } from './table-builder.js';
import type { TableDefinition } from './table-definition.js';

const devices = (userIdLength: number): TableDefinition => ({
  entity: 'AuthDevice',
  table: 'auth_devices',
  columns: [
    { property: 'id', type: 'varchar', length: 36, primary: true },
    { property: 'userId', name: 'user_id', type: 'varchar', length: userIdLength, index: true, ofUser: true },
    { property: 'sessionId', name: 'session_id', type: 'varchar', length: 36 },
    { property: 'userAgent', name: 'user_agent', type: 'varchar', length: 512, nullable: true },
    { property: 'ip', name: 'ip', type: 'varchar', length: 45, nullable: true },
    { property: 'createdAt', name: 'created_at', type: 'bigint' },
    { property: 'lastSeenAt', name: 'last_seen_at', type: 'bigint' },
    { property: 'revokedAt', name: 'revoked_at', type: 'bigint', nullable: true },
  ],
});

/** Devices on which users have signed in. */
export function devicesMigration(userEntity: Type<object> | undefined): MigrationClass {
  const table = devices(userEntity ? 36 : 64);
  return class AuthKitDevices1795600000002 implements MigrationInterface {
    // A minifier would take the class's name for its own.
    readonly name = 'AuthKitDevices1795600000002';

    async up(runner: QueryRunner): Promise<void> {
      await new TableBuilder(runner, userEntity).create(table);
    }

    async down(runner: QueryRunner): Promise<void> {
      await new TableBuilder(runner, userEntity).drop(table);
    }
  };
}
