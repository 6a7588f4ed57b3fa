import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { AuthUser, KnownUser } from '../user.store.js';
import { dialectOf } from './dialect.js';
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
