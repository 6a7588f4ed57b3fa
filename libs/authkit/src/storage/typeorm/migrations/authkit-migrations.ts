import type { Type } from '@nestjs/common';
import type { AuthKitFeature } from '../../../features/feature.js';
import { AuthKitConfigError } from '../../../kernel/errors.js';
import { accountsMigration } from './accounts.migration.js';
import { devicesMigration } from './devices.migration.js';
import { attemptsMigration } from './attempts.migration.js';
import { deletionsMigration } from './deletions.migration.js';
import type { MigrationClass } from './migration-class.js';
import { sessionsMigration } from './sessions.migration.js';
import { usersMigration } from './users.migration.js';

export interface AuthKitMigrationsOptions {
  /** The host's user entity, as in `forRoot`; without it users live in a store of the host's own. */
  userEntity?: Type<object>;
  /**
   * Who makes the users table: `create` makes it with the kit's columns, `extend` adds to the host's table what the kit
   * needs and it lacks, `own` leaves it to the host's migrations. The host's further columns are always the host's.
   * @default 'create'
   */
  usersTable?: 'create' | 'extend' | 'own';
  features?: readonly AuthKitFeature[];
}

/**
 * The kit's migrations for the `migrations` of a DataSource, on SQLite, PostgreSQL, MariaDB and MySQL. Each version of the
 * kit may add some and never changes any; names and timestamps are constant, the users table comes first.
 */
export function authKitMigrations(options: AuthKitMigrationsOptions = {}): MigrationClass[] {
  const { userEntity, usersTable = userEntity ? 'create' : 'own', features = [] } = options;
  if (!userEntity && usersTable !== 'own') {
    throw new AuthKitConfigError(
      'authKitMigrations().usersTable',
      `it is ${usersTable}, and there is no userEntity`,
      'Pass userEntity, the entity that forRoot gets.',
    );
  }
  return [
    ...(userEntity && usersTable !== 'own' ? [usersMigration(userEntity, usersTable)] : []),
    sessionsMigration(userEntity),
    accountsMigration(userEntity),
    attemptsMigration(userEntity),
    devicesMigration(userEntity),
    deletionsMigration(userEntity),
    // A feature's type names no ORM, so that apps without one can read it.
    ...(features.flatMap(({ migrations }) => migrations?.(userEntity) ?? []) as MigrationClass[]),
  ];
}
