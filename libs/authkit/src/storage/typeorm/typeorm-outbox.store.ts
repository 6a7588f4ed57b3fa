import type { DataSource } from 'typeorm';
import { OutboxStore, type OutboxMail } from '../outbox.store.js';
import { AuthOutboxMail } from './outbox-mail.entity.js';
import { compile, execute } from './sql-template.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

const COLUMNS = ['id', 'userId', 'template', 'sealed', 'createdAt', 'attempts', 'dueAt'] as const;

/** Mails to be sent, in `auth_outbox`. */
export class TypeOrmOutboxStore extends OutboxStore {
  private readonly unit: TypeOrmUnitOfWork;

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

  private run(template: string, values: Record<string, unknown>) {
    const statement = compile(this.source, { o: this.source.getMetadata(AuthOutboxMail) }, template);
    return this.unit.statement((on) => execute(on, statement, values));
  }
}
