import { Inject, Injectable } from '@nestjs/common';
import type { RevocationReason } from '../../kernel/events.js';
import { SessionStore, type SessionRecord, type SessionWithUser } from '../session.store.js';
import { UserStore, type Change, type KnownUser } from '../user.store.js';

/** Sessions in memory, for tests. */
@Injectable()
export class MemorySessionStore extends SessionStore {
  private readonly rows = new Map<string, SessionRecord & { changedAt: number }>();

  constructor(@Inject(UserStore) private readonly users: UserStore) {
    super();
  }

  override insert(session: SessionRecord): void {
    this.rows.set(session.id, { ...session, changedAt: 0 });
  }

  override async findWithUser(id: string): Promise<SessionWithUser | null> {
    const row = this.rows.get(id);
    if (!row) return null;
    const session = { ...row };
    return { session, known: (await this.users.findById(session.userId)) as KnownUser | null };
  }

  override rotate(id: string, from: number, at: number, idleExpiresAt: number, keyId: string): boolean {
    const row = this.rows.get(id);
    if (!row || row.generation !== from || !isLive(row, at)) return false;
    Object.assign(row, { generation: from + 1, rotatedAt: at, lastUsedAt: at, idleExpiresAt, keyId });
    return true;
  }

  override restamp(id: string, fromEpoch: number, toEpoch: number, at: number): boolean {
    const row = this.rows.get(id);
    if (!row || row.epoch !== fromEpoch || row.revokedAt !== null) return false;
    Object.assign(row, { epoch: toEpoch, changedAt: at });
    return true;
  }

  override renewAuthentication(id: string, epoch: number, at: number): boolean {
    const row = this.rows.get(id);
    if (!row || row.epoch !== epoch || !isLive(row, at)) return false;
    Object.assign(row, { authenticatedAt: at, changedAt: at });
    return true;
  }

  override revoke(id: string, reason: RevocationReason, at: number, userId?: string, generation?: number): boolean {
    const row = this.rows.get(id);
    if (!row || row.revokedAt !== null || (userId !== undefined && row.userId !== userId)) return false;
    if (generation !== undefined && row.generation !== generation) return false;
    Object.assign(row, { revokedAt: at, revokedReason: reason, changedAt: at });
    return true;
  }

  override revokeAll(userId: string, reason: RevocationReason, at: number, exceptId?: string): number {
    return this.of(userId).filter((row) => row.id !== exceptId && this.revoke(row.id, reason, at)).length;
  }

  override trim(userId: string, max: number, at: number): number {
    const live = this.of(userId).filter((row) => isLive(row, at));
    return live.slice(max).filter((row) => this.revoke(row.id, 'session_limit', at)).length;
  }

  override listLive(userId: string, epoch: number, at: number): SessionRecord[] {
    return this.of(userId).filter((row) => row.epoch === epoch && isLive(row, at));
  }

  override listAll(userId: string): SessionRecord[] {
    return [...this.rows.values()]
      .filter((row) => row.userId === userId)
      .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))
      .map((row) => ({ ...row }));
  }

  override removeAll(userId: string): number {
    return this.of(userId).filter(({ id }) => this.rows.delete(id)).length;
  }

  override removeExpired(before: number, limit: number): number {
    const expired = [...this.rows.values()].filter((row) => row.absoluteExpiresAt < before);
    return expired.slice(0, limit).filter((row) => this.rows.delete(row.id)).length;
  }

  override countLiveByKey(at: number): { keyId: string; sessions: number }[] {
    const counts = new Map<string, number>();
    for (const row of this.rows.values()) if (isLive(row, at)) counts.set(row.keyId, (counts.get(row.keyId) ?? 0) + 1);
    return [...counts].map(([keyId, sessions]) => ({ keyId, sessions }));
  }

  override async changedSince(since: number): Promise<Change[]> {
    const sessions = [...this.rows.values()]
      .filter((row) => row.changedAt >= since)
      .map((row): Change => ({ kind: 'session', id: row.id, at: row.changedAt }));
    return [...sessions, ...((await this.users.changedSince?.(since)) ?? [])];
  }

  private of(userId: string): SessionRecord[] {
    return [...this.rows.values()]
      .filter((row) => row.userId === userId)
      .sort((a, b) => b.lastUsedAt - a.lastUsedAt || (a.id < b.id ? 1 : -1));
  }
}

function isLive(row: SessionRecord, at: number): boolean {
  return row.revokedAt === null && row.idleExpiresAt > at && row.absoluteExpiresAt > at;
}
