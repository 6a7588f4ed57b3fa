import type { ColumnOptions, ValueTransformer } from 'typeorm';

const toDate: ValueTransformer = {
  from: (value: unknown) => (value === null || value === undefined ? value : new Date(Number(value))),
  to: (value: unknown) => (value instanceof Date ? value.getTime() : value),
};

/** An instant in the host's entity: epoch milliseconds in the column (no time zones, any database), `Date` outside. */
export function instant(name: string, options: ColumnOptions = {}): ColumnOptions {
  return { ...options, name, type: 'bigint', transformer: toDate };
}
