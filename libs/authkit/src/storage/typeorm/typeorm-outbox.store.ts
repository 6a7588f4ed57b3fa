import type { DataSource } from 'typeorm';
import { OutboxStore, type ClaimedMail, type OutboxMail } from '../outbox.store.js';
import { dialectOf } from './dialect.js';
import { AuthOutboxMail } from './outbox-mail.entity.js';
import { compile, execute, rowReader, type Statement } from './sql-template.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

const COLUMNS = [
  'id',
  'userId',
  'template',
  'sealed',
  'createdAt',
  'attempts',
  'dueAt',
  'lastError',
] as const satisfies readonly (keyof OutboxMail)[];

/** Mails to be sent, in `auth_outbox`. */
export class TypeOrmOutboxStore extends OutboxStore {
  private readonly unit: TypeOrmUnitOfWork;
  private readonly compiled = new Map<string, Statement>();
  private reader?: ReturnType<typeof rowReader>;

  constructor(private readonly source: DataSource) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
  }

  override async insert(mail: OutboxMail): Promise<void> {
    await this.run(
      `INSERT INTO {o} (${COLUMNS.map((name) => `{o.${name}}`).join(', ')})
       VALUES (${COLUMNS.map((name) => `:${name}`).join(', ')})`,
      { ...mail },
    );
  }

  override async findDue(now: number, limit: number): Promise<string[]> {
    const { rows } = await this.run(
      `SELECT o.{o.id} AS id FROM {o} o WHERE o.{o.dueAt} <= :now ORDER BY o.{o.dueAt} LIMIT ${Math.trunc(limit)}`,
      { now },
    );
    return rows.map(({ id }) => String(id));
  }

  override async claim(id: string, claim: string, now: number, until: number): Promise<ClaimedMail | null> {
    const { affected } = await this.run(
      `UPDATE {o} SET {o.claim} = :claim, {o.dueAt} = :until, {o.attempts} = {o.attempts} + 1
       WHERE {o.id} = :id AND {o.dueAt} <= :now`,
      { id, claim, now, until },
    );
    if (affected !== 1) return null;
    const { rows } = await this.run('SELECT {o.*} FROM {o} o WHERE o.{o.id} = :id AND o.{o.claim} = :claim', {
      id,
      claim,
    });
    // None when it took so long that another worker has it by now, or when the user was erased.
    return rows.length === 0 ? null : { ...this.mail(rows[0]), claim };
  }

  override async markSent({ id, claim }: ClaimedMail): Promise<void> {
    await this.run('DELETE FROM {o} WHERE {o.id} = :id AND {o.claim} = :claim', { id, claim });
  }

  override async putBack({ id, claim }: ClaimedMail, dueAt: number | null, lastError: string): Promise<void> {
    await this.run(
      `UPDATE {o} SET {o.claim} = NULL, {o.dueAt} = :dueAt, {o.lastError} = :lastError
       WHERE {o.id} = :id AND {o.claim} = :claim`,
      { id, claim, dueAt, lastError },
    );
  }

  override async listOf(userId: string): Promise<Pick<OutboxMail, 'template' | 'createdAt'>[]> {
    const { rows } = await this.run(
      `SELECT {o.template} AS template, {o.createdAt} AS written FROM {o}
       WHERE {o.userId} === :userId ORDER BY {o.createdAt}, {o.id}`,
      { userId },
    );
    return rows.map((row) => ({ template: String(row['template']), createdAt: Number(row['written']) }));
  }

  override async discardOf(userId: string): Promise<number> {
    return (await this.run('DELETE FROM {o} WHERE {o.userId} === :userId', { userId })).affected;
  }

  override async removeGivenUp(before: number, limit: number): Promise<number> {
    const old = '{o.dueAt} IS NULL AND {o.createdAt} < :before';
    return (await this.run(dialectOf(this.source).deleteSome('{o}', '{o.id}', old), { before, limit })).affected;
  }

  private mail(row: Record<string, unknown>): OutboxMail {
    const reader = (this.reader ??= rowReader(this.source, this.source.getMetadata(AuthOutboxMail), 'o'));
    const raw = (name: keyof OutboxMail) => reader.raw(row, name);
    const dueAt = raw('dueAt');
    return {
      id: raw('id') as string,
      userId: raw('userId') as string | null,
      template: raw('template') as string,
      sealed: raw('sealed') as string,
      createdAt: Number(raw('createdAt')),
      attempts: Number(raw('attempts')),
      dueAt: dueAt === null ? null : Number(dueAt),
      lastError: raw('lastError') as string | null,
    };
  }

  private run(template: string, values: Record<string, unknown>) {
    return this.unit.statement((on) => execute(on, this.statement(template), values));
  }

  private statement(template: string): Statement {
    let statement = this.compiled.get(template);
    if (!statement) {
      statement = compile(this.source, { o: this.source.getMetadata(AuthOutboxMail) }, template);
      this.compiled.set(template, statement);
    }
    return statement;
  }
}
