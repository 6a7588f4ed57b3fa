import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { UserConflictError, UserStore, type GuardedChange, type KnownUser, type NewUser } from '../user.store.js';
import type {
  AuthUser,
  CreateOutcome,
  EmailChange,
  LoginIdentifier,
  PasswordChange,
  UserCondition,
} from '../user.store.js';
import { createMany, newUserRow } from './create-many.js';
import { isUniqueViolation } from './dialect.js';
import { entitiesFor } from './entities.js';
import { LastAdmin } from './last-admin.js';
import { compile, execute, type Statement } from './sql-template.js';
import { conflictOf, hasProperty, uniqueTexts } from './taken-value.js';
import { TypeOrmUnitOfWork, type Connection } from './typeorm-unit-of-work.js';
import { guardOf } from './user-condition.js';
import { insertRoles, userRows, type UserRows } from './user-rows.js';

/** Users in the host's entity, their roles in `auth_user_roles`. */
export class TypeOrmUserStore extends UserStore {
  private readonly unit: TypeOrmUnitOfWork;
  private readonly compiled = new Map<string, Statement>();
  private readonly admins: LastAdmin;
  private reader?: UserRows;

  constructor(
    private readonly source: DataSource,
    private readonly userEntity: Type<AuthUser>,
  ) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
    this.admins = new LastAdmin(
      userEntity,
      (template) => this.statement(template),
      () => this.rows,
    );
  }

  override findById(id: string): Promise<KnownUser | null> {
    return this.findWhere('u.{u.id} === :value', id);
  }

  override findByIdentifier(identifier: LoginIdentifier): Promise<KnownUser | null> {
    return 'email' in identifier
      ? this.findWhere('u.{u.email} === :value', identifier.email)
      : this.findWhere('u.{u.username} === :value', identifier.username);
  }

  override async create(user: NewUser): Promise<KnownUser> {
    const row = newUserRow(this.source, this.userEntity, user);
    try {
      await this.unit.run(async (runner) => {
        await runner.manager.insert(this.userEntity, row);
        await insertRoles(runner, this.userEntity, user.id, user.roles);
      });
    } catch (error) {
      throw isUniqueViolation(error) ? await conflictOf(this.source, this.unit, this.userEntity, user) : error;
    }
    return (await this.findById(user.id))!;
  }

  override createMany(users: readonly NewUser[], dryRun: boolean): Promise<CreateOutcome[]> {
    return createMany(this.source, this.unit, this.userEntity, users, dryRun);
  }

  override uniqueValuesOf(user: NewUser): Readonly<Record<string, string>> {
    return { ...super.uniqueValuesOf(user), ...uniqueTexts(this.source, this.userEntity, user.fields) };
  }

  override hasField(name: string): boolean {
    return hasProperty(this.source, this.userEntity, name);
  }

  override async updateProfile(id: string, fields: Readonly<Record<string, unknown>>): Promise<KnownUser | null> {
    if (Object.keys(fields).length > 0) {
      const update = (on: Connection) =>
        on.manager
          .createQueryBuilder()
          .update(this.userEntity)
          .set(fields)
          .where(this.rows.withId(':id'), { id })
          .execute();
      try {
        await this.unit.statement(update);
      } catch (error) {
        throw isUniqueViolation(error) ? new UserConflictError('other') : error;
      }
    }
    return this.findById(id);
  }

  override async changePassword(id: string, change: PasswordChange): Promise<boolean> {
    const { to, endSessions, at } = change;
    const where = { ...change.where, passwordHash: change.from };
    return this.update(
      `UPDATE {u} SET {u.passwordHash} = :to, {u.sessionEpoch} = {u.sessionEpoch} + :bump, {u.changedAt} = :at
       WHERE {u.id} === :id${guardOf(where)}`,
      { ...where, id, to, bump: endSessions ? 1 : 0, at },
    );
  }

  override setActive(id: string, active: boolean, at: number, adminRole: string | null): Promise<GuardedChange> {
    return this.unit.run(async (runner) => {
      if (adminRole !== null && !active) await this.admins.lock(runner);
      const before = await this.stateOf(runner, id);
      if (!before) return 'not_found';
      if (before.active === active) return 'unchanged';
      if (!active && (await this.admins.is(runner, id, before.roles, adminRole))) return 'last_admin';
      await execute(
        runner,
        this.statement(
          `UPDATE {u} SET {u.active} = :active, {u.sessionEpoch} = {u.sessionEpoch} + :bump, {u.changedAt} = :at
           WHERE {u.id} === :id`,
        ),
        { id, active, bump: active ? 0 : 1, at },
      );
      return 'changed';
    });
  }

  override setRoles(
    id: string,
    roles: readonly string[],
    at: number,
    adminRole: string | null,
  ): Promise<GuardedChange> {
    const wanted = [...new Set(roles)];
    return this.unit.run(async (runner) => {
      const demoting = adminRole !== null && !wanted.includes(adminRole);
      if (demoting) await this.admins.lock(runner);
      // First the user's row, so that two changes of one user's roles follow each other.
      const touch = this.statement('UPDATE {u} SET {u.changedAt} = :at WHERE {u.id} === :id');
      if ((await execute(runner, touch, { id, at })).affected === 0) return 'not_found';
      const before = (await this.stateOf(runner, id))!;
      if (before.roles.length === wanted.length && wanted.every((role) => before.roles.includes(role)))
        return 'unchanged';
      if (demoting && before.active && (await this.admins.is(runner, id, before.roles, adminRole))) return 'last_admin';
      await execute(runner, this.statement('DELETE FROM {r} WHERE {r.userId} === :id'), { id });
      await insertRoles(runner, this.userEntity, id, wanted);
      return 'changed';
    });
  }

  override setEmailVerified(id: string, verified: boolean, at: number, where: UserCondition = {}): Promise<boolean> {
    return this.update(
      `UPDATE {u} SET {u.emailVerified} = :verified, {u.changedAt} = :at WHERE {u.id} === :id${guardOf(where)}`,
      { ...where, id, verified, at },
    );
  }

  override changeEmail(id: string, change: EmailChange): Promise<boolean> {
    return this.unlessTaken('email', () =>
      this.update(
        `UPDATE {u} SET {u.email} = :to, {u.emailVerified} = :verified, {u.changedAt} = :at
         WHERE {u.id} === :id AND {u.email} === :from${hasHash(change.passwordHash, ':passwordHash')}`,
        { id, ...change, verified: true },
      ),
    );
  }

  override changeUsername(id: string, username: string, at: number): Promise<boolean> {
    return this.unlessTaken('username', () =>
      this.update('UPDATE {u} SET {u.username} = :username, {u.changedAt} = :at WHERE {u.id} === :id', {
        id,
        username,
        at,
      }),
    );
  }

  override remove(id: string, _at: number, adminRole: string | null): Promise<GuardedChange> {
    return this.unit.run(async (runner) => {
      if (adminRole !== null) await this.admins.lock(runner);
      const before = await this.stateOf(runner, id);
      if (!before) return 'not_found';
      if (before.active && (await this.admins.is(runner, id, before.roles, adminRole))) return 'last_admin';
      const { affected } = await execute(runner, this.statement('DELETE FROM {u} WHERE {u.id} === :id'), { id });
      return affected === 1 ? 'changed' : 'not_found';
    });
  }

  override isLastAdmin(id: string, adminRole: string | null): Promise<boolean> {
    return this.unit.statement(async (on) => {
      const state = adminRole === null ? null : await this.stateOf(on, id);
      return state !== null && state.active && this.admins.is(on, id, state.roles, adminRole);
    });
  }

  override endSessions(id: string, at: number): Promise<boolean> {
    return this.update(
      'UPDATE {u} SET {u.sessionEpoch} = {u.sessionEpoch} + 1, {u.changedAt} = :at WHERE {u.id} === :id',
      { id, at },
    );
  }

  private async findWhere(condition: string, value: string): Promise<KnownUser | null> {
    const rows = this.rows;
    const statement = this.statement(
      `SELECT {u.*}, r.{r.role} AS role FROM {u} u LEFT JOIN {r} r ON r.{r.userId} = u.{u.id}
       WHERE ${condition}${rows.notDeleted}`,
    );
    const result = await this.unit.statement((on) => execute(on, statement, { value }));
    return rows.read(result.rows);
  }

  private async update(template: string, values: Record<string, unknown>): Promise<boolean> {
    const statement = this.statement(template);
    return (await this.unit.statement((on) => execute(on, statement, values))).affected === 1;
  }

  private async unlessTaken(field: 'email' | 'username', change: () => Promise<boolean>): Promise<boolean> {
    try {
      return await change();
    } catch (error) {
      throw isUniqueViolation(error) ? new UserConflictError(field) : error;
    }
  }

  private async stateOf(on: Connection, id: string): Promise<{ active: boolean; roles: string[] } | null> {
    const statement = this.statement(
      'SELECT {u.*}, r.{r.role} AS role FROM {u} u LEFT JOIN {r} r ON r.{r.userId} = u.{u.id} WHERE u.{u.id} === :id',
    );
    return this.rows.read((await execute(on, statement, { id })).rows)?.user ?? null;
  }

  private get rows(): UserRows {
    return (this.reader ??= userRows(this.source, this.userEntity));
  }

  private statement(template: string): Statement {
    let statement = this.compiled.get(template);
    if (!statement) {
      const { userRole, lock } = entitiesFor(this.userEntity);
      statement = compile(
        this.source,
        {
          u: this.source.getMetadata(this.userEntity),
          r: this.source.getMetadata(userRole),
          l: this.source.getMetadata(lock),
        },
        template,
      );
      this.compiled.set(template, statement);
    }
    return statement;
  }
}

/** The condition that the stored hash is this one. */
function hasHash(hash: string | null, parameter: string): string {
  return hash === null ? ' AND {u.passwordHash} IS NULL' : ` AND {u.passwordHash} === ${parameter}`;
}
