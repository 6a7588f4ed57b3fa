import { DeletionStore, type DeletionRecord } from '../deletion.store.js';

type Row = DeletionRecord & { claimedUntil: number };

/** Deletions in memory, for tests. */
export class MemoryDeletionStore extends DeletionStore {
  private readonly rows = new Map<string, Row>();

  override request(deletion: Omit<DeletionRecord, 'erasedAt'>): DeletionRecord {
    const pending = this.find(deletion.userId);
    if (pending && pending.dueAt <= deletion.dueAt) return pending;
    this.rows.set(deletion.userId, { ...deletion, erasedAt: null, claimedUntil: 0 });
    return this.find(deletion.userId)!;
  }

  override find(userId: string): DeletionRecord | null {
    const row = this.rows.get(userId);
    if (!row || row.erasedAt !== null) return null;
    const { claimedUntil: _claimedUntil, ...record } = row;
    return record;
  }

  override withdraw(userId: string, at: number): boolean {
    const pending = this.find(userId);
    return pending !== null && pending.dueAt > at && this.rows.delete(userId);
  }

  override findDue(at: number, limit: number): string[] {
    return [...this.rows.values()]
      .filter((row) => isDue(row, at))
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit)
      .map(({ userId }) => userId);
  }

  override claim(userId: string, at: number, until: number): boolean {
    const row = this.rows.get(userId);
    if (!row || !isDue(row, at)) return false;
    row.claimedUntil = until;
    return true;
  }

  override release(userId: string, until: number): void {
    const row = this.rows.get(userId);
    if (row?.claimedUntil === until) row.claimedUntil = 0;
  }

  override finish(userId: string, at: number): boolean {
    const row = this.rows.get(userId);
    if (!row || row.erasedAt !== null) return false;
    row.erasedAt = at;
    return true;
  }

  override removeErased(before: number): number {
    const gone = [...this.rows.values()].filter(({ erasedAt }) => erasedAt !== null && erasedAt < before);
    for (const { userId } of gone) this.rows.delete(userId);
    return gone.length;
  }
}

function isDue({ dueAt, erasedAt, claimedUntil }: Row, at: number): boolean {
  return erasedAt === null && dueAt <= at && claimedUntil <= at;
}
