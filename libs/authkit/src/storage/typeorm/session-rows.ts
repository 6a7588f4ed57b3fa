import type { RevocationReason } from '../../kernel/events.js';
import type { SessionRecord } from '../session.store.js';
import type { rowReader } from './sql-template.js';

/** Properties of the entity, as they are written. */
export const SESSION_COLUMNS = [
  'id',
  'userId',
  'epoch',
  'generation',
  'seed',
  'keyId',
  'transport',
  'amr',
  'authenticatedAt',
  'createdAt',
  'rotatedAt',
  'lastUsedAt',
  'idleExpiresAt',
  'absoluteExpiresAt',
  'revokedAt',
  'revokedReason',
  'ip',
  'userAgent',
  'changedAt',
] as const;

/** A row as the store's users know it. */
export function toSession(reader: ReturnType<typeof rowReader>, row: Record<string, unknown>): SessionRecord {
  const text = (name: keyof SessionRecord) => reader.raw(row, name) as string;
  const number = (name: keyof SessionRecord) => Number(reader.raw(row, name));
  const nullable = (name: keyof SessionRecord) => (reader.raw(row, name) === null ? null : number(name));
  return {
    id: text('id'),
    userId: text('userId'),
    epoch: number('epoch'),
    generation: number('generation'),
    seed: text('seed'),
    keyId: text('keyId'),
    transport: text('transport') as SessionRecord['transport'],
    amr: text('amr').split(' ').filter(Boolean),
    authenticatedAt: number('authenticatedAt'),
    createdAt: number('createdAt'),
    rotatedAt: nullable('rotatedAt'),
    lastUsedAt: number('lastUsedAt'),
    idleExpiresAt: number('idleExpiresAt'),
    absoluteExpiresAt: number('absoluteExpiresAt'),
    revokedAt: nullable('revokedAt'),
    revokedReason: reader.raw(row, 'revokedReason') as RevocationReason | null,
    ip: reader.raw(row, 'ip') as string | null,
    userAgent: reader.raw(row, 'userAgent') as string | null,
  };
}
