import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';

/** Whether some row has one of these values where the entity allows each only once. */
export async function hasTakenValue(
  source: DataSource,
  entity: Type<object>,
  values: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const { uniques, indices } = source.getMetadata(entity);
  for (const { columns } of [...uniques, ...indices.filter(({ isUnique }) => isUnique)]) {
    const where = Object.fromEntries(columns.map(({ propertyName }) => [propertyName, values[propertyName]]));
    // A row with a NULL in it is never a duplicate.
    if (Object.values(where).some((value) => value === undefined || value === null)) continue;
    if (await source.manager.existsBy(entity, where)) return true;
  }
  return false;
}
