import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Connection } from './typeorm-unit-of-work.js';

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
