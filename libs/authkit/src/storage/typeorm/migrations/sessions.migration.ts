import type { Type } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from './migration-class.js';
import { TableBuilder } from './table-builder.js';
import type { TableDefinition } from './table-definition.js';

const sessions = (userIdLength: number): TableDefinition => ({
  entity: 'AuthSession',
  table: 'auth_sessions',
  columns: [
    { property: 'id', type: 'varchar', length: 36, primary: true },
    { property: 'userId', name: 'user_id', type: 'varchar', length: userIdLength, index: true, ofUser: true },
    { property: 'epoch', name: 'epoch', type: 'int' },
    { property: 'generation', name: 'generation', type: 'int' },
    { property: 'seed', name: 'seed', type: 'varchar', length: 43 },
    { property: 'keyId', name: 'key_id', type: 'varchar', length: 12, default: '' },
    { property: 'transport', name: 'transport', type: 'varchar', length: 6 },
    { property: 'amr', name: 'amr', type: 'varchar', length: 255 },
    { property: 'authenticatedAt', name: 'authenticated_at', type: 'bigint' },
    { property: 'createdAt', name: 'created_at', type: 'bigint' },
    { property: 'rotatedAt', name: 'rotated_at', type: 'bigint', nullable: true },
    { property: 'lastUsedAt', name: 'last_used_at', type: 'bigint' },
    { property: 'idleExpiresAt', name: 'idle_expires_at', type: 'bigint' },
    { property: 'absoluteExpiresAt', name: 'absolute_expires_at', type: 'bigint', index: true },
    { property: 'revokedAt', name: 'revoked_at', type: 'bigint', nullable: true },
    { property: 'revokedReason', name: 'revoked_reason', type: 'varchar', length: 32, nullable: true },
    { property: 'ip', name: 'ip', type: 'varchar', length: 45, nullable: true },
    { property: 'userAgent', name: 'user_agent', type: 'varchar', length: 512, nullable: true },
    { property: 'changedAt', name: 'changed_at', type: 'bigint', index: true },
  ],
});

const USER_ROLES: TableDefinition = {
  entity: 'AuthUserRole',
  table: 'auth_user_roles',
  columns: [
    { property: 'userId', name: 'user_id', type: 'varchar', length: 36, primary: true, ofUser: true },
    { property: 'role', name: 'role', type: 'varchar', length: 64, primary: true, index: true },
  ],
};

const LOCKS: TableDefinition = {
  entity: 'AuthLock',
  table: 'auth_locks',
  columns: [
    { property: 'name', type: 'varchar', length: 32, primary: true },
    { property: 'taken', name: 'taken', type: 'int', default: 0 },
  ],
};

const USER_STATE: TableDefinition = {
  entity: 'AuthUserState',
  table: 'auth_user_state',
  columns: [
    { property: 'userId', name: 'user_id', type: 'varchar', length: 64, primary: true },
    { property: 'sessionEpoch', name: 'session_epoch', type: 'int', default: 0 },
    { property: 'changedAt', name: 'changed_at', type: 'bigint', index: true },
  ],
};

/** Sessions, and what belongs to users: roles beside the host's entity, epochs beside the host's own store. */
export function sessionsMigration(userEntity: Type<object> | undefined): MigrationClass {
  const tables = userEntity ? [sessions(36), USER_ROLES, LOCKS] : [sessions(64), USER_STATE];
  return class AuthKitSessions1795500000001 implements MigrationInterface {
    // A minifier would take the class's name for its own.
    readonly name = 'AuthKitSessions1795500000001';

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
