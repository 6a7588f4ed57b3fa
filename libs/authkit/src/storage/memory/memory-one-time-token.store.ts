import { OneTimeTokenStore, type OneTimePurpose, type OneTimeTokenRecord } from '../one-time-token.store.js';

/** One-time tokens in memory, for tests. */
export class MemoryOneTimeTokenStore extends OneTimeTokenStore {
  private readonly rows = new Map<string, OneTimeTokenRecord>();

  override put(token: OneTimeTokenRecord): void {
    this.rows.set(keyOf(token), { ...token });
  }

  override putIfOlder(token: OneTimeTokenRecord, olderThan: number): boolean {
    const present = this.rows.get(keyOf(token));
    if (present && present.createdAt > olderThan) return false;
    this.put(token);
    return true;
  }

  override find(hash: string): OneTimeTokenRecord | null {
    const row = this.rowOf(hash);
    return row ? { ...row } : null;
  }

  override consume(hash: string, at: number): boolean {
    const row = this.rowOf(hash);
    if (!row || row.consumedAt !== null || row.expiresAt <= at) return false;
    row.consumedAt = at;
    return true;
  }

  override discard(userId: string, purposes?: readonly OneTimePurpose[]): void {
    this.remove((row) => row.userId === userId && row.consumedAt === null && (purposes?.includes(row.purpose) ?? true));
  }

  override list(userId: string): OneTimeTokenRecord[] {
    return [...this.rows.values()]
      .filter((row) => row.userId === userId)
      .sort((a, b) => a.createdAt - b.createdAt)
      .map((row) => ({ ...row }));
  }

  override removeAll(userId: string): number {
    return this.remove((row) => row.userId === userId);
  }

  override removeExpired(before: number, limit: number): number {
    return this.remove(({ expiresAt }) => expiresAt < before, limit);
  }

  private rowOf(hash: string): OneTimeTokenRecord | undefined {
    return [...this.rows.values()].find((row) => row.hash === hash);
  }

  private remove(isGone: (row: OneTimeTokenRecord) => boolean, limit = Infinity): number {
    const gone = [...this.rows].filter(([, row]) => isGone(row)).slice(0, limit);
    for (const [key] of gone) this.rows.delete(key);
    return gone.length;
  }
}

function keyOf({ userId, purpose, slot }: OneTimeTokenRecord): string {
  return JSON.stringify([userId, purpose, slot]);
}
