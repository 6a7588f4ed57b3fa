import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { UserConflictError, type NewUser } from '../user.store.js';
import type { Connection, TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

/** Whether some row has one of these values where the entity allows each only once. */
export async function hasTakenValue(
  source: DataSource,
  entity: Type<object>,
  values: Readonly<Record<string, unknown>>,
  { manager }: Connection,
): Promise<boolean> {
  for (const where of uniqueCombinations(source, entity, values)) {
    if (await manager.existsBy(entity, where)) return true;
  }
  return false;
}

/** Which value of a new user is taken, once the database has refused it. */
export async function conflictOf(
  source: DataSource,
  unit: TypeOrmUnitOfWork,
  entity: Type<object>,
  { username, email, fields }: NewUser,
): Promise<UserConflictError> {
  // By the columns' own collation, which is what the constraint went by.
  const exists = (where: object) => unit.statement((on) => on.manager.existsBy(entity, where));
  // The e-mail last: what else is taken must be told in the same words whether the address is taken or not.
  if (username !== null && (await exists({ username }))) return new UserConflictError('username');
  if (await unit.statement((on) => hasTakenValue(source, entity, fields, on))) return new UserConflictError('other');
  return new UserConflictError((await exists({ email })) ? 'email' : 'other');
}

/** The same values as texts to compare, by the properties they consist of. */
export function uniqueTexts(
  source: DataSource,
  entity: Type<object>,
  values: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const texts = uniqueCombinations(source, entity, values).map((where) => [
    Object.keys(where).join(', '),
    JSON.stringify(Object.values(where)),
  ]);
  return Object.fromEntries(texts) as Record<string, string>;
}

/** Whether the entity has a column, an embedded group or a relation of this name. */
export function hasProperty(source: DataSource, entity: Type<object>, name: string): boolean {
  return Object.hasOwn(source.getMetadata(entity).propertiesMap, name);
}

/** The combinations of values, each of which only one row may have. */
function uniqueCombinations(
  source: DataSource,
  entity: Type<object>,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown>[] {
  const { uniques, indices } = source.getMetadata(entity);
  return (
    [...uniques, ...indices.filter(({ isUnique }) => isUnique)]
      .map(({ columns }) => Object.fromEntries(columns.map(({ propertyName }) => [propertyName, values[propertyName]])))
      // A row with a NULL in it is never a duplicate.
      .filter((where) => !Object.values(where).some((value) => value === undefined || value === null))
  );
}
