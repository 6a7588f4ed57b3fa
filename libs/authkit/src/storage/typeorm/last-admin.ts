import type { Type } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import type { AuthUser } from '../user.store.js';
import { entitiesFor } from './entities.js';
import { execute, type Statement } from './sql-template.js';
import type { Connection } from './typeorm-unit-of-work.js';
import type { UserRows } from './user-rows.js';

/** Whether somebody is the last administrator, and the lock that makes the answer hold until the transaction ends. */
export class LastAdmin {
  constructor(
    private readonly userEntity: Type<AuthUser>,
    private readonly statement: (template: string) => Statement,
    private readonly rows: () => UserRows,
  ) {}

  /** Serialises whatever could remove an administrator: without it two could remove each other (write skew). */
  async lock(runner: QueryRunner): Promise<void> {
    const lock = this.statement("UPDATE {l} SET {l.taken} = 1 WHERE {l.name} = 'admins'");
    if ((await execute(runner, lock, {})).affected === 1) return;
    const { lock: entity } = entitiesFor(this.userEntity);
    await runner.manager
      .createQueryBuilder()
      .insert()
      .into(entity)
      .values({ name: 'admins', taken: 0 })
      .orIgnore()
      .execute();
    await execute(runner, lock, {});
  }

  /** Of a user who is active and has these roles. */
  async is(on: Connection, id: string, roles: readonly string[], adminRole: string | null): Promise<boolean> {
    if (adminRole === null || !roles.includes(adminRole)) return false;
    const others = this.statement(
      `SELECT COUNT(*) AS others FROM {r} r JOIN {u} u ON u.{u.id} = r.{r.userId}
       WHERE r.{r.role} === :adminRole AND u.{u.active} = :active AND u.{u.id} <> :id${this.rows().notDeleted}`,
    );
    const { rows } = await execute(on, others, { adminRole, active: true, id });
    return Number(rows[0]['others']) === 0;
  }
}
