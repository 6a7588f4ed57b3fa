import type { Type } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { MigrationClass } from '../storage/typeorm/migrations/migration-class.js';
import { TableBuilder } from '../storage/typeorm/migrations/table-builder.js';
import type { TableDefinition } from '../storage/typeorm/migrations/table-definition.js';

const TICKETS: TableDefinition = {
  entity: 'AuthWsTicket',
  table: 'auth_ws_tickets',
  columns: [
    { property: 'hash', name: 'hash', type: 'varchar', length: 43, primary: true },
    { property: 'sessionId', name: 'session_id', type: 'varchar', length: 36 },
    { property: 'userId', name: 'user_id', type: 'varchar', length: 64 },
    { property: 'expiresAt', name: 'expires_at', type: 'bigint', index: true },
  ],
};

/** Tickets for sockets. */
export function wsTicketsMigration(userEntity: Type<object> | undefined): MigrationClass {
  return class AuthKitWsTickets1795700000000 implements MigrationInterface {
    // A minifier would take the class's name for its own.
    readonly name = 'AuthKitWsTickets1795700000000';

    async up(runner: QueryRunner): Promise<void> {
      await new TableBuilder(runner, userEntity).create(TICKETS);
    }

    async down(runner: QueryRunner): Promise<void> {
      await new TableBuilder(runner, userEntity).drop(TICKETS);
    }
  };
}
