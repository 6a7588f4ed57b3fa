import type { DataSource } from 'typeorm';
import { UserStateStore } from '../user-state.store.js';
import { AuthUserState } from './entities.js';
import { compile, execute } from './sql-template.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

/**
 * Epochs of users who live elsewhere, in `auth_user_state`; a row is made when it is first needed. Two ids that are one
 * to the column's collation share a row, so ending the sessions of one ends those of the other: never too few.
 */
export class TypeOrmUserStateStore extends UserStateStore {
  private readonly unit: TypeOrmUnitOfWork;

  constructor(private readonly source: DataSource) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
  }

  override async epochOf(userId: string): Promise<number> {
    const { rows } = await this.run('SELECT {t.sessionEpoch} AS epoch FROM {t} WHERE {t.userId} = :userId', { userId });
    return rows.length === 0 ? 0 : Number(rows[0]['epoch']);
  }

  override async bump(userId: string, at: number): Promise<void> {
    const row = { userId, sessionEpoch: 0, changedAt: at };
    await this.unit.statement((on) =>
      on.manager.createQueryBuilder().insert().into(AuthUserState).values(row).orIgnore().execute(),
    );
    const { affected } = await this.run(
      'UPDATE {t} SET {t.sessionEpoch} = {t.sessionEpoch} + 1, {t.changedAt} = :at WHERE {t.userId} = :userId',
      { userId, at },
    );
    // MySQL's INSERT IGNORE also ignores what does not fit, such as too long an id.
    if (affected !== 1) throw new Error('auth_user_state: the row of the user could not be made');
  }

  private run(template: string, values: Record<string, unknown>) {
    const statement = compile(this.source, { t: this.source.getMetadata(AuthUserState) }, template);
    return this.unit.statement((on) => execute(on, statement, values));
  }
}
