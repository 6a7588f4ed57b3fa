import type { DataSource } from 'typeorm';
import { UserStateStore } from '../user-state.store.js';
import { AuthUserState } from './entities.js';
import { compile, execute } from './sql-template.js';
import { UnitOfWork } from './unit-of-work.js';

/** Epochs of users who live elsewhere, in `auth_user_state`; a row is made when it is first needed. */
export class TypeOrmUserStateStore extends UserStateStore {
  private readonly unit: UnitOfWork;

  constructor(private readonly source: DataSource) {
    super();
    this.unit = new UnitOfWork(source);
  }

  override async epochOf(userId: string): Promise<number> {
    const { rows } = await this.run('SELECT {t.sessionEpoch} AS epoch FROM {t} WHERE {t.userId} = :userId', { userId });
    return rows.length === 0 ? 0 : Number(rows[0]['epoch']);
  }

  override async bump(userId: string, at: number): Promise<void> {
    const row = { userId, sessionEpoch: 0, changedAt: at };
    await this.unit.statement(() =>
      this.source.createQueryBuilder().insert().into(AuthUserState).values(row).orIgnore().execute(),
    );
    await this.run(
      'UPDATE {t} SET {t.sessionEpoch} = {t.sessionEpoch} + 1, {t.changedAt} = :at WHERE {t.userId} = :userId',
      { userId, at },
    );
  }

  private run(template: string, values: Record<string, unknown>) {
    const statement = compile(this.source, { t: this.source.getMetadata(AuthUserState) }, template);
    return this.unit.statement(() => execute(this.source, statement, values));
  }
}
