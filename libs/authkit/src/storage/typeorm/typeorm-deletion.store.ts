import type { DataSource } from 'typeorm';
import { DeletionStore, type DeletionRecord } from '../deletion.store.js';
import { AuthAccountDeletion } from './account-deletion.entity.js';
import { compile, execute, rowReader, type Statement } from './sql-template.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

const DUE = '{d.erasedAt} IS NULL AND {d.dueAt} <= :at AND {d.claimedUntil} <= :at';

/** Accounts to be erased, in `auth_account_deletions`. */
export class TypeOrmDeletionStore extends DeletionStore {
  private readonly unit: TypeOrmUnitOfWork;
  private readonly compiled = new Map<string, Statement>();
  private reader?: ReturnType<typeof rowReader>;

  constructor(private readonly source: DataSource) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
  }

  override request(deletion: Omit<DeletionRecord, 'erasedAt'>): Promise<DeletionRecord> {
    return this.unit.run(async ({ manager }) => {
      await manager
        .createQueryBuilder()
        .insert()
        .into(AuthAccountDeletion)
        .values({ ...deletion, claimedUntil: 0, erasedAt: null })
        .orIgnore()
        .execute();
      await this.run(
        `UPDATE {d} SET {d.by} = :by, {d.requestedAt} = :requestedAt, {d.dueAt} = :dueAt, {d.claimedUntil} = 0,
           {d.erasedAt} = NULL
         WHERE {d.userId} === :userId AND ({d.erasedAt} IS NOT NULL OR {d.dueAt} > :dueAt)`,
        { ...deletion },
      );
      const inForce = await this.find(deletion.userId);
      // Another id is there that the column's collation takes for this one: nobody but its owner may be erased.
      if (!inForce) throw new Error('auth_account_deletions: the row of the user could not be made');
      return inForce;
    });
  }

  override async find(userId: string): Promise<DeletionRecord | null> {
    const { rows } = await this.run(
      'SELECT {d.*} FROM {d} d WHERE d.{d.userId} === :userId AND d.{d.erasedAt} IS NULL',
      { userId },
    );
    return rows.length === 0 ? null : this.record(rows[0]);
  }

  override async withdraw(userId: string, at: number): Promise<boolean> {
    const { affected } = await this.run(
      'DELETE FROM {d} WHERE {d.userId} === :userId AND {d.erasedAt} IS NULL AND {d.dueAt} > :at',
      { userId, at },
    );
    return affected === 1;
  }

  override async findDue(at: number, limit: number): Promise<string[]> {
    const { rows } = await this.run(`SELECT {d.userId} AS id FROM {d} WHERE ${DUE} ORDER BY {d.dueAt} LIMIT :limit`, {
      at,
      limit,
    });
    return rows.map(({ id }) => String(id));
  }

  override async claim(userId: string, at: number, until: number): Promise<boolean> {
    const { affected } = await this.run(
      `UPDATE {d} SET {d.claimedUntil} = :until WHERE {d.userId} === :userId AND ${DUE}`,
      { userId, at, until },
    );
    return affected === 1;
  }

  override async release(userId: string, until: number): Promise<void> {
    await this.run('UPDATE {d} SET {d.claimedUntil} = 0 WHERE {d.userId} === :userId AND {d.claimedUntil} = :until', {
      userId,
      until,
    });
  }

  override async finish(userId: string, at: number): Promise<boolean> {
    const { affected } = await this.run(
      'UPDATE {d} SET {d.erasedAt} = :at WHERE {d.userId} === :userId AND {d.erasedAt} IS NULL',
      { userId, at },
    );
    return affected === 1;
  }

  override async removeErased(before: number): Promise<number> {
    return (await this.run('DELETE FROM {d} WHERE {d.erasedAt} < :before', { before })).affected;
  }

  private record(row: Record<string, unknown>): DeletionRecord {
    const reader = (this.reader ??= rowReader(this.source, this.source.getMetadata(AuthAccountDeletion), 'd'));
    const erasedAt = reader.raw(row, 'erasedAt');
    return {
      userId: reader.raw(row, 'userId') as string,
      by: reader.raw(row, 'by') as DeletionRecord['by'],
      requestedAt: Number(reader.raw(row, 'requestedAt')),
      dueAt: Number(reader.raw(row, 'dueAt')),
      erasedAt: erasedAt === null ? null : Number(erasedAt),
    };
  }

  private run(template: string, values: Record<string, unknown>) {
    let statement = this.compiled.get(template);
    if (!statement) {
      statement = compile(this.source, { d: this.source.getMetadata(AuthAccountDeletion) }, template);
      this.compiled.set(template, statement);
    }
    const compiled = statement;
    return this.unit.statement((on) => execute(on, compiled, values));
  }
}
