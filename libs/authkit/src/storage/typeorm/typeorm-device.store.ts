import type { Type } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { DeviceStore, type DeviceRecord, type DeviceSighting } from '../device.store.js';
import { entitiesFor } from './entities.js';
import { compile, execute, rowReader, type Statement, type StatementResult } from './sql-template.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

const COLUMNS = ['id', 'userId', 'sessionId', 'userAgent', 'ip', 'createdAt', 'lastSeenAt', 'revokedAt'] as const;
const LIVE = '{d.userId} === :userId AND {d.revokedAt} IS NULL';

/** Known devices, in `auth_devices`. */
export class TypeOrmDeviceStore extends DeviceStore {
  private readonly unit: TypeOrmUnitOfWork;
  private readonly compiled = new Map<string, Statement>();
  private reader?: ReturnType<typeof rowReader>;

  constructor(
    private readonly source: DataSource,
    private readonly userEntity: Type<object> | undefined,
  ) {
    super();
    this.unit = new TypeOrmUnitOfWork(source);
  }

  override async insert(device: DeviceRecord): Promise<void> {
    const template = `INSERT INTO {d} (${COLUMNS.map((name) => `{d.${name}}`).join(', ')})
      VALUES (${COLUMNS.map((name) => `:${name}`).join(', ')})`;
    await this.run(template, { ...device });
  }

  override async findLive(id: string, userId: string): Promise<DeviceRecord | null> {
    const { rows } = await this.run(`SELECT {d.*} FROM {d} d WHERE {d.id} === :id AND ${LIVE}`, { id, userId });
    return rows.length === 0 ? null : this.record(rows[0]);
  }

  override async see(id: string, userId: string, { at, userAgent, ip }: DeviceSighting): Promise<boolean> {
    const { affected } = await this.run(
      `UPDATE {d} SET {d.lastSeenAt} = :at, {d.userAgent} = :userAgent, {d.ip} = :ip
       WHERE {d.id} === :id AND ${LIVE}`,
      { id, userId, at, userAgent, ip },
    );
    return affected === 1;
  }

  override async listLive(userId: string): Promise<DeviceRecord[]> {
    const { rows } = await this.run(`SELECT {d.*} FROM {d} d WHERE ${LIVE} ORDER BY {d.lastSeenAt} DESC, {d.id} DESC`, {
      userId,
    });
    return rows.map((row) => this.record(row));
  }

  override async listAll(userId: string): Promise<DeviceRecord[]> {
    const { rows } = await this.run('SELECT {d.*} FROM {d} d WHERE d.{d.userId} === :userId', { userId });
    return rows.map((row) => this.record(row));
  }

  override async count(userId: string, since: number): Promise<{ all: number; recent: number }> {
    const { rows } = await this.run(
      `SELECT COUNT(*) AS total, COUNT(CASE WHEN {d.createdAt} >= :since THEN 1 END) AS recent
       FROM {d} WHERE {d.userId} === :userId`,
      { userId, since },
    );
    return { all: Number(rows[0]['total']), recent: Number(rows[0]['recent']) };
  }

  override async revoke(id: string, userId: string, at: number): Promise<boolean> {
    const template = `UPDATE {d} SET {d.revokedAt} = :at WHERE {d.id} === :id AND ${LIVE}`;
    const { affected } = await this.run(template, { id, userId, at });
    return affected === 1;
  }

  override async revokeAll(userId: string, at: number): Promise<number> {
    return (await this.run(`UPDATE {d} SET {d.revokedAt} = :at WHERE ${LIVE}`, { userId, at })).affected;
  }

  override async trim(userId: string, max: number): Promise<number> {
    // The inner derived table is for MariaDB, which changes no table it selects from directly.
    const { affected } = await this.run(
      `DELETE FROM {d} WHERE {d.userId} === :userId AND {d.id} NOT IN (SELECT kept.id FROM (
         SELECT {d.id} AS id FROM {d} WHERE {d.userId} === :userId
         ORDER BY CASE WHEN {d.revokedAt} IS NULL THEN 0 ELSE 1 END, {d.lastSeenAt} DESC, {d.id} DESC LIMIT :max) kept)`,
      { userId, max },
    );
    return affected;
  }

  private record(row: Record<string, unknown>): DeviceRecord {
    const reader = (this.reader ??= rowReader(this.source, this.metadata, 'd'));
    const text = (name: string) => reader.raw(row, name) as string;
    const number = (name: string) => Number(reader.raw(row, name));
    return {
      id: text('id'),
      userId: text('userId'),
      sessionId: text('sessionId'),
      userAgent: reader.raw(row, 'userAgent') as string | null,
      ip: reader.raw(row, 'ip') as string | null,
      createdAt: number('createdAt'),
      lastSeenAt: number('lastSeenAt'),
      revokedAt: reader.raw(row, 'revokedAt') === null ? null : number('revokedAt'),
    };
  }

  private run(template: string, values: Record<string, unknown>): Promise<StatementResult> {
    return this.unit.statement((on) => execute(on, this.statement(template), values));
  }

  private get metadata() {
    return this.source.getMetadata(entitiesFor(this.userEntity).device);
  }

  private statement(template: string): Statement {
    let statement = this.compiled.get(template);
    if (!statement) {
      statement = compile(this.source, { d: this.metadata }, template);
      this.compiled.set(template, statement);
    }
    return statement;
  }
}
