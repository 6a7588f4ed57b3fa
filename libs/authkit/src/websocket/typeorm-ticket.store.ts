import type { DataSource } from 'typeorm';
import { dialectOf } from '../storage/typeorm/dialect.js';
import { compile, execute, rowReader, type Statement } from '../storage/typeorm/sql-template.js';
import { TypeOrmUnitOfWork } from '../storage/typeorm/typeorm-unit-of-work.js';
import { TicketStore, type TicketRecord } from './ticket.store.js';
import { AuthWsTicket } from './ws-ticket.entity.js';

/** Tickets in `auth_ws_tickets`. */
export class TypeOrmTicketStore extends TicketStore {
  private readonly unit: TypeOrmUnitOfWork;
  private readonly compiled = new Map<string, Statement>();

  constructor(private readonly source: DataSource) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
  }

  override async insert(ticket: TicketRecord): Promise<void> {
    await this.run(
      `INSERT INTO {t} ({t.hash}, {t.sessionId}, {t.userId}, {t.expiresAt})
       VALUES (:hash, :sessionId, :userId, :expiresAt)`,
      { ...ticket },
    );
  }

  override async take(hash: string, at: number): Promise<TicketRecord | null> {
    // Rows never change, so reading first decides nothing; MySQL has no DELETE that returns.
    const { rows } = await this.run('SELECT {t.*} FROM {t} t WHERE t.{t.hash} === :hash', { hash });
    if (rows.length === 0) return null;
    const live = 'DELETE FROM {t} WHERE {t.hash} === :hash AND {t.expiresAt} > :at';
    if ((await this.run(live, { hash, at })).affected !== 1) return null;
    const { raw } = rowReader(this.source, this.metadata, 't');
    const text = (name: string) => raw(rows[0], name) as string;
    return {
      hash,
      sessionId: text('sessionId'),
      userId: text('userId'),
      expiresAt: Number(raw(rows[0], 'expiresAt')),
    };
  }

  override async removeExpired(before: number, limit: number): Promise<number> {
    const old = dialectOf(this.source).deleteSome('{t}', '{t.hash}', '{t.expiresAt} < :before');
    return (await this.run(old, { before, limit })).affected;
  }

  private run(template: string, values: Record<string, unknown>) {
    return this.unit.statement((on) => execute(on, this.statement(template), values));
  }

  private get metadata() {
    return this.source.getMetadata(AuthWsTicket);
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
