import type { DataSource } from 'typeorm';
import type { Clock } from '../../kernel/clock.js';
import { AttemptStore, type AttemptCount } from '../attempt.store.js';
import { dialectOf } from './dialect.js';
import { AuthAttempt } from './entities.js';
import { compile, execute, type Statement, type StatementResult } from './sql-template.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

/** When a counter that never ends does: at the last instant a date can have. */
const NEVER = 8_640_000_000_000_000;

/** Counters in `auth_attempts`, one statement a step. */
export class TypeOrmAttemptStore extends AttemptStore {
  private readonly unit: TypeOrmUnitOfWork;
  private readonly compiled = new Map<string, Statement>();

  constructor(
    private readonly source: DataSource,
    private readonly clock: Clock,
  ) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
  }

  override async add(key: string, durationMs: number): Promise<number> {
    const dialect = dialectOf(this.source);
    const at = this.clock.now();
    // The count first: MySQL assigns in this order, and the instant must still be the old one.
    const result = await this.run(
      `INSERT INTO {a} ({a.key}, {a.count}, {a.endsAt}) VALUES (:key, ${dialect.counted('1')}, :endsAt)
       ${dialect.onConflict('{a.key}')}
         {a.count} = ${dialect.counted('CASE WHEN {a}.{a.endsAt} <= :at THEN 1 ELSE {a}.{a.count} + 1 END')},
         {a.endsAt} = CASE WHEN {a}.{a.endsAt} <= :at THEN :endsAt ELSE {a}.{a.endsAt} END
       ${dialect.returning('{a}.{a.count} AS counted')}`,
      { key, at, endsAt: at + durationMs },
    );
    return Number(result.rows[0]?.['counted'] ?? result.insertId);
  }

  override async giveBack(key: string): Promise<void> {
    await this.run(
      'UPDATE {a} SET {a.count} = {a.count} - 1 WHERE {a.key} = :key AND {a.count} > 0 AND {a.endsAt} > :at',
      { key, at: this.clock.now() },
    );
  }

  override async find(keys: readonly string[]): Promise<(AttemptCount | null)[]> {
    const at = this.clock.now();
    const { rows } = await this.run(
      `SELECT {a.key} AS name, {a.count} AS counted, {a.endsAt} AS ends FROM {a}
       WHERE {a.key} IN (${listOf(keys)}) AND {a.endsAt} > :at`,
      { ...valuesOf(keys), at },
    );
    const found = new Map(rows.map((row) => [String(row['name']), row]));
    return keys.map((key) => {
      const row = found.get(key);
      if (!row) return null;
      const endsAt = Number(row['ends']);
      return { count: Number(row['counted']), endsIn: endsAt === NEVER ? null : endsAt - at };
    });
  }

  override async set(key: string, count: number, durationMs: number | null): Promise<void> {
    await this.run(
      `INSERT INTO {a} ({a.key}, {a.count}, {a.endsAt}) VALUES (:key, :count, :endsAt)
       ${dialectOf(this.source).onConflict('{a.key}')} {a.count} = :count, {a.endsAt} = :endsAt`,
      { key, count, endsAt: durationMs === null ? NEVER : this.clock.now() + durationMs },
    );
  }

  override async delete(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.run(`DELETE FROM {a} WHERE {a.key} IN (${listOf(keys)})`, valuesOf(keys));
  }

  override async sweep(limit: number): Promise<number> {
    const at = this.clock.now();
    return (await this.run(dialectOf(this.source).deleteSome('{a}', '{a.key}', '{a.endsAt} <= :at'), { at, limit }))
      .affected;
  }

  private run(template: string, values: Record<string, unknown>): Promise<StatementResult> {
    let statement = this.compiled.get(template);
    if (!statement) {
      statement = compile(this.source, { a: this.source.getMetadata(AuthAttempt) }, template);
      this.compiled.set(template, statement);
    }
    const prepared = statement;
    return this.unit.statement((on) => execute(on, prepared, values));
  }
}

const listOf = (keys: readonly string[]) => keys.map((_key, i) => `:k${i}`).join(', ');
const valuesOf = (keys: readonly string[]) => Object.fromEntries(keys.map((key, i) => [`k${i}`, key]));
