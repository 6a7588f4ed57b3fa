import type { Type } from '@nestjs/common';
import { QueryFailedError, type DataSource } from 'typeorm';

const CODES = new Set(['23505', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', 'ER_DUP_ENTRY']);

export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: string };
  return code !== undefined && CODES.has(code);
}

/** Whether the database refused the values, and not to work at all. */
export function isRefusedValue(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code = '', sqlState = code } = error.driverError as { code?: string; sqlState?: string };
  // SQLSTATE classes 22 and 23: data exceptions and integrity constraints. MySQL files two of its own under HY000.
  return (
    /^2[23][0-9A-Z]{3}$/.test(sqlState) ||
    /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(code) ||
    ['ER_NO_DEFAULT_FOR_FIELD', 'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD'].includes(code)
  );
}

/** Whether some row has one of these values where the entity allows each only once. */
export async function hasTakenValue(
  source: DataSource,
  entity: Type<object>,
  values: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  for (const where of uniqueCombinations(source, entity, values)) {
    if (await source.manager.existsBy(entity, where)) return true;
  }
  return false;
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
