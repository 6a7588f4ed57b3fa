import type { Type } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { UserConflictError, type AuthUser, type KnownUser } from '../user.store.js';
import { dialectOf, isUniqueViolation } from './dialect.js';
import { entitiesFor } from './entities.js';
import { rowReader } from './sql-template.js';

/** Reads users out of rows selected as `{u.*}, role`, one row per role. */
export interface UserRows {
  /** A condition to append: users the host has soft-deleted are gone. */
  readonly notDeleted: string;
  /** The condition that the row, in a statement without aliases, is the one of this id. */
  withId(parameter: string): string;
  /** Null when the rows hold no user. */
  read(rows: readonly Record<string, unknown>[]): KnownUser | null;
}

export function userRows(source: DataSource, userEntity: Type<AuthUser>): UserRows {
  const metadata = source.getMetadata(userEntity);
  const reader = rowReader(source, metadata, 'u');
  const deleted = metadata.deleteDateColumn;
  return {
    withId: (parameter) =>
      dialectOf(source).exactly(
        source.driver.escape(metadata.findColumnWithPropertyName('id')!.databaseName),
        parameter,
      ),
    notDeleted: deleted ? ` AND u.${source.driver.escape(deleted.databaseName)} IS NULL` : '',
    read(rows) {
      if (rows.length === 0 || reader.raw(rows[0], 'id') === null) return null;
      const user = reader.entity(rows[0]) as AuthUser;
      user.roles = rows.map((row) => row['role']).filter((role): role is string => typeof role === 'string');
      return {
        user,
        passwordHash: reader.raw(rows[0], 'passwordHash') as string | null,
        sessionEpoch: Number(reader.raw(rows[0], 'sessionEpoch')),
      };
    },
  };
}

/** Gives roles to a user who has none of them. Throws {@link UserConflictError} when two are one to the database. */
export async function insertRoles(
  runner: QueryRunner,
  userEntity: Type<AuthUser>,
  userId: string,
  roles: readonly string[],
): Promise<void> {
  if (roles.length === 0) return;
  const rows = [...new Set(roles)].map((role) => ({ userId, role }));
  try {
    await runner.manager.insert(entitiesFor(userEntity).userRole, rows);
  } catch (error) {
    // Two of them are one to the column's collation.
    throw isUniqueViolation(error) ? new UserConflictError('roles') : error;
  }
}
