import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { RevocationReason } from '../../kernel/events.js';
import { SessionStore, type SessionRecord, type SessionWithUser } from '../session.store.js';
import type { AuthUser, Change, KnownUser, UserStore } from '../user.store.js';
import { dialectOf } from './dialect.js';
import { entitiesFor } from './entities.js';
import { SESSION_COLUMNS as COLUMNS, toSession } from './session-rows.js';
import { compile, execute, rowReader, type Statement, type StatementResult } from './sql-template.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';
import { userRows, type UserRows } from './user-rows.js';

const LIVE = '{s.revokedAt} IS NULL AND {s.idleExpiresAt} > :at AND {s.absoluteExpiresAt} > :at';

/** Ids in one statement. */
const MANY = 100;

const withUser = ({ notDeleted }: UserRows, condition: string) =>
  `SELECT {s.*}, {u.*}, r.{r.role} AS role FROM {s} s
   LEFT JOIN {u} u ON u.{u.id} = s.{s.userId}${notDeleted}
   LEFT JOIN {r} r ON r.{r.userId} = u.{u.id}
   WHERE ${condition}`;

/** Sessions in `auth_sessions`; the user comes along by a join, or from the host's store when users live elsewhere. */
export class TypeOrmSessionStore extends SessionStore {
  private readonly unit: TypeOrmUnitOfWork;
  private readonly compiled = new Map<string, Statement>();
  private readers?: { session: ReturnType<typeof rowReader>; user: UserRows | null };

  constructor(
    private readonly source: DataSource,
    private readonly userEntity: Type<AuthUser> | undefined,
    private readonly users: UserStore,
  ) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
  }

  override async insert(session: SessionRecord): Promise<void> {
    const template = `INSERT INTO {s} (${COLUMNS.map((name) => `{s.${name}}`).join(', ')})
      VALUES (${COLUMNS.map((name) => `:${name}`).join(', ')})`;
    // 0: nobody can have cached a session that is new, so the change feed need not carry it.
    await this.run(template, { ...session, amr: session.amr.join(' '), changedAt: 0 });
  }

  override async findWithUser(id: string): Promise<SessionWithUser | null> {
    const { session: reader, user } = this.reading();
    const template = user ? withUser(user, 's.{s.id} === :id') : 'SELECT {s.*} FROM {s} s WHERE s.{s.id} === :id';
    const { rows } = await this.run(template, { id });
    if (rows.length === 0) return null;
    const session = toSession(reader, rows[0]);
    const known = user ? user.read(rows) : ((await this.users.findById(session.userId)) as KnownUser | null);
    return { session, known };
  }

  override async findManyWithUser(ids: readonly string[]): Promise<SessionWithUser[]> {
    const { session: reader, user } = this.reading();
    if (!user) return super.findManyWithUser(ids);
    const found: SessionWithUser[] = [];
    const unique = [...new Set(ids)];
    for (let from = 0; from < unique.length; from += MANY) {
      const some = unique.slice(from, from + MANY);
      // Filled up, so that there is one statement for any number.
      const values = Array.from({ length: MANY }, (_, n) => [`id${n}`, some[n] ?? some[0]] as const);
      const list = values.map(([name]) => `:${name}`).join(', ');
      const { rows } = await this.run(withUser(user, `s.{s.id} IN (${list})`), Object.fromEntries(values));
      // One row for each role.
      const bySession = new Map<unknown, Record<string, unknown>[]>();
      for (const row of rows) {
        const id = reader.raw(row, 'id');
        bySession.set(id, [...(bySession.get(id) ?? []), row]);
      }
      for (const id of some) {
        const own = bySession.get(id);
        if (own) found.push({ session: toSession(reader, own[0]), known: user.read(own) });
      }
    }
    return found;
  }

  override async rotate(id: string, from: number, at: number, idleExpiresAt: number, keyId: string): Promise<boolean> {
    const { affected } = await this.run(
      `UPDATE {s} SET {s.generation} = {s.generation} + 1, {s.rotatedAt} = :at, {s.lastUsedAt} = :at,
         {s.idleExpiresAt} = :idleExpiresAt, {s.keyId} = :keyId
       WHERE {s.id} === :id AND {s.generation} = :from AND ${LIVE}`,
      { id, from, at, idleExpiresAt, keyId },
    );
    return affected === 1;
  }

  override async restamp(id: string, fromEpoch: number, toEpoch: number, at: number): Promise<boolean> {
    const { affected } = await this.run(
      `UPDATE {s} SET {s.epoch} = :toEpoch, {s.changedAt} = :at
       WHERE {s.id} === :id AND {s.epoch} = :fromEpoch AND {s.revokedAt} IS NULL`,
      { id, fromEpoch, toEpoch, at },
    );
    return affected === 1;
  }

  override async renewAuthentication(id: string, epoch: number, at: number): Promise<boolean> {
    const { affected } = await this.run(
      `UPDATE {s} SET {s.authenticatedAt} = :at, {s.changedAt} = :at
       WHERE {s.id} === :id AND {s.epoch} = :epoch AND ${LIVE}`,
      { id, epoch, at },
    );
    return affected === 1;
  }

  override async revoke(
    id: string,
    reason: RevocationReason,
    at: number,
    userId?: string,
    generation?: number,
  ): Promise<boolean> {
    const only =
      (userId === undefined ? '' : ' AND {s.userId} === :userId') +
      (generation === undefined ? '' : ' AND {s.generation} = :generation');
    const { affected } = await this.run(
      `UPDATE {s} SET {s.revokedAt} = :at, {s.revokedReason} = :reason, {s.changedAt} = :at
       WHERE {s.id} === :id AND {s.revokedAt} IS NULL${only}`,
      { id, reason, at, userId, generation },
    );
    return affected === 1;
  }

  override async revokeAll(userId: string, reason: RevocationReason, at: number, exceptId = ''): Promise<number> {
    const { affected } = await this.run(
      `UPDATE {s} SET {s.revokedAt} = :at, {s.revokedReason} = :reason, {s.changedAt} = :at
       WHERE {s.userId} === :userId AND {s.id} <> :exceptId AND {s.revokedAt} IS NULL`,
      { userId, exceptId, reason, at },
    );
    return affected;
  }

  override async trim(userId: string, max: number, at: number): Promise<number> {
    // The inner derived table is for MariaDB, which updates no table it selects from directly.
    const { affected } = await this.run(
      `UPDATE {s} SET {s.revokedAt} = :at, {s.revokedReason} = 'session_limit', {s.changedAt} = :at
       WHERE {s.userId} === :userId AND ${LIVE} AND {s.id} NOT IN (SELECT kept.id FROM (
         SELECT {s.id} AS id FROM {s} WHERE {s.userId} === :userId AND ${LIVE}
         ORDER BY {s.lastUsedAt} DESC, {s.id} DESC LIMIT :max) kept)`,
      { userId, max, at },
    );
    return affected;
  }

  override async listLive(userId: string, epoch: number, at: number): Promise<SessionRecord[]> {
    const { rows } = await this.run(
      `SELECT {s.*} FROM {s} s WHERE {s.userId} === :userId AND {s.epoch} = :epoch AND ${LIVE}
       ORDER BY {s.lastUsedAt} DESC, {s.id} DESC`,
      { userId, epoch, at },
    );
    return rows.map((row) => toSession(this.reading().session, row));
  }

  override async listAll(userId: string): Promise<SessionRecord[]> {
    const { rows } = await this.run(
      'SELECT {s.*} FROM {s} s WHERE {s.userId} === :userId ORDER BY {s.createdAt}, {s.id}',
      { userId },
    );
    return rows.map((row) => toSession(this.reading().session, row));
  }

  override async removeAll(userId: string): Promise<number> {
    return (await this.run('DELETE FROM {s} WHERE {s.userId} === :userId', { userId })).affected;
  }

  override async removeExpired(before: number, limit: number): Promise<number> {
    const sql = dialectOf(this.source).deleteSome('{s}', '{s.id}', '{s.absoluteExpiresAt} < :before');
    return (await this.run(sql, { before, limit })).affected;
  }

  override async countLiveByKey(at: number): Promise<{ keyId: string; sessions: number }[]> {
    const { rows } = await this.run(
      `SELECT MIN({s.keyId}) AS name, COUNT(*) AS sessions FROM {s} WHERE ${LIVE} GROUP BY bytes({s.keyId})`,
      { at },
    );
    return rows.map((row) => ({ keyId: String(row['name']), sessions: Number(row['sessions']) }));
  }

  override async changedSince(since: number): Promise<Change[]> {
    const users = this.userEntity
      ? 'bytes({u.id}) AS id, {u.changedAt} AS changed FROM {u}'
      : 'bytes({t.userId}) AS id, {t.changedAt} AS changed FROM {t}';
    const userChangedAt = this.userEntity ? '{u.changedAt}' : '{t.changedAt}';
    // As bytes, because MySQL refuses a union of columns with different collations.
    const { rows } = await this.run(
      `SELECT 'session' AS kind, bytes({s.id}) AS id, {s.changedAt} AS changed FROM {s} WHERE {s.changedAt} >= :since
       UNION ALL SELECT 'user' AS kind, ${users} WHERE ${userChangedAt} >= :since
       UNION ALL SELECT 'user' AS kind, bytes({d.userId}) AS id, {d.erasedAt} AS changed FROM {d}
       WHERE {d.erasedAt} >= :since`,
      { since },
    );
    const own = rows.map((row): Change => ({
      kind: row['kind'] as Change['kind'],
      id: String(row['id']),
      at: Number(row['changed']),
    }));
    const foreign = await this.users.changedSince?.(since);
    return foreign ? [...own, ...foreign] : own;
  }

  private run(template: string, values: Record<string, unknown>): Promise<StatementResult> {
    const statement = this.statement(template);
    return this.unit.statement((on) => execute(on, statement, values));
  }

  private reading() {
    return (this.readers ??= {
      session: rowReader(this.source, this.source.getMetadata(entitiesFor(this.userEntity).session), 's'),
      user: this.userEntity ? userRows(this.source, this.userEntity) : null,
    });
  }

  private statement(template: string): Statement {
    let statement = this.compiled.get(template);
    if (!statement) {
      const { session, userRole, userState, accountDeletion } = entitiesFor(this.userEntity);
      const tables = {
        s: this.source.getMetadata(session),
        d: this.source.getMetadata(accountDeletion),
        ...(this.userEntity
          ? { u: this.source.getMetadata(this.userEntity), r: this.source.getMetadata(userRole) }
          : { t: this.source.getMetadata(userState) }),
      };
      this.compiled.set(template, (statement = compile(this.source, tables, template)));
    }
    return statement;
  }
}
