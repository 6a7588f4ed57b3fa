import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { OneTimeTokenStore, type OneTimePurpose, type OneTimeTokenRecord } from '../one-time-token.store.js';
import { dialectOf, isUniqueViolation } from './dialect.js';
import { entitiesFor } from './entities.js';
import { compile, execute, rowReader, type Statement } from './sql-template.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

/** What says which place a token is in comes first. */
const COLUMNS = [
  'userId',
  'purpose',
  'slot',
  'hash',
  'email',
  'fingerprint',
  'createdAt',
  'expiresAt',
  'consumedAt',
] as const;
const SAME_PLACE = '{t.userId} === :userId AND {t.purpose} = :purpose AND {t.slot} = :slot';
const UPDATE = `UPDATE {t} SET ${COLUMNS.slice(3)
  .map((name) => `{t.${name}} = :${name}`)
  .join(', ')} WHERE ${SAME_PLACE}`;
const INSERT = `INSERT INTO {t} (${COLUMNS.map((name) => `{t.${name}}`).join(', ')})
  VALUES (${COLUMNS.map((name) => `:${name}`).join(', ')})`;

/** One-time tokens in `auth_one_time_tokens`. */
export class TypeOrmOneTimeTokenStore extends OneTimeTokenStore {
  private readonly unit: TypeOrmUnitOfWork;
  private readonly compiled = new Map<string, Statement>();
  private reader?: ReturnType<typeof rowReader>;

  constructor(
    private readonly source: DataSource,
    private readonly userEntity: Type<object> | undefined,
  ) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
  }

  override async put(token: OneTimeTokenRecord): Promise<void> {
    const replace = () => this.run(UPDATE, { ...token });
    if ((await replace()).affected > 0) return;
    // Somebody may have put one there meanwhile; the later of the two stays.
    if (!(await this.insert(token))) await replace();
  }

  override async putIfOlder(token: OneTimeTokenRecord, olderThan: number): Promise<boolean> {
    const { affected } = await this.run(`${UPDATE} AND {t.createdAt} <= :olderThan`, { ...token, olderThan });
    return affected > 0 || this.insert(token);
  }

  override async find(hash: string): Promise<OneTimeTokenRecord | null> {
    const { rows } = await this.run('SELECT {t.*} FROM {t} t WHERE t.{t.hash} === :hash', { hash });
    return rows.length === 0 ? null : this.record(rows[0]);
  }

  override async consume(hash: string, at: number): Promise<boolean> {
    const { affected } = await this.run(
      `UPDATE {t} SET {t.consumedAt} = :at
       WHERE {t.hash} === :hash AND {t.consumedAt} IS NULL AND {t.expiresAt} > :at`,
      { hash, at },
    );
    return affected === 1;
  }

  override async discard(userId: string, purposes?: readonly OneTimePurpose[]): Promise<void> {
    const named = (purposes ?? []).map((purpose, i) => [`purpose${i}`, purpose] as const);
    if (purposes && named.length === 0) return;
    const only = purposes ? ` AND {t.purpose} IN (${named.map(([name]) => `:${name}`).join(', ')})` : '';
    await this.run(`DELETE FROM {t} WHERE {t.userId} === :userId AND {t.consumedAt} IS NULL${only}`, {
      userId,
      ...Object.fromEntries(named),
    });
  }

  override async list(userId: string): Promise<OneTimeTokenRecord[]> {
    const { rows } = await this.run(
      'SELECT {t.*} FROM {t} t WHERE t.{t.userId} === :userId ORDER BY t.{t.createdAt}, t.{t.purpose}, t.{t.slot}',
      { userId },
    );
    return rows.map((row) => this.record(row));
  }

  override async removeAll(userId: string): Promise<number> {
    return (await this.run('DELETE FROM {t} WHERE {t.userId} === :userId', { userId })).affected;
  }

  override async removeExpired(before: number, limit: number): Promise<number> {
    return (
      await this.run(dialectOf(this.source).deleteSome('{t}', '{t.hash}', '{t.expiresAt} < :before'), { before, limit })
    ).affected;
  }

  /** False when there is one in its place. */
  private async insert(token: OneTimeTokenRecord): Promise<boolean> {
    try {
      // In a savepoint of its own, should this be part of a transaction.
      await this.unit.run((on) => execute(on, this.statement(INSERT), { ...token }));
      return true;
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return false;
    }
  }

  private record(row: Record<string, unknown>): OneTimeTokenRecord {
    const reader = (this.reader ??= rowReader(this.source, this.metadata, 't'));
    const text = (name: string) => reader.raw(row, name) as string;
    const consumedAt = reader.raw(row, 'consumedAt');
    return {
      userId: text('userId'),
      purpose: text('purpose') as OneTimePurpose,
      slot: text('slot'),
      hash: text('hash'),
      email: text('email'),
      fingerprint: reader.raw(row, 'fingerprint') as string | null,
      createdAt: Number(reader.raw(row, 'createdAt')),
      expiresAt: Number(reader.raw(row, 'expiresAt')),
      consumedAt: consumedAt === null ? null : Number(consumedAt),
    };
  }

  private run(template: string, values: Record<string, unknown>) {
    return this.unit.statement((on) => execute(on, this.statement(template), values));
  }

  private get metadata() {
    return this.source.getMetadata(entitiesFor(this.userEntity).oneTimeToken);
  }

  private statement(template: string): Statement {
    let statement = this.compiled.get(template);
    if (!statement) {
      statement = compile(this.source, { t: this.metadata }, template);
      this.compiled.set(template, statement);
    }
    return statement;
  }
}
