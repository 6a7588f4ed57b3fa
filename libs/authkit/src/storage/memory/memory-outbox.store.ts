import { OutboxStore, type ClaimedMail, type OutboxMail } from '../outbox.store.js';

type Row = OutboxMail & { claim: string | null };

/** Mails to be sent, in memory; for tests. */
export class MemoryOutboxStore extends OutboxStore {
  private readonly rows = new Map<string, Row>();

  override insert(mail: OutboxMail): void {
    this.rows.set(mail.id, { ...mail, claim: null });
  }

  override findDue(now: number, limit: number): string[] {
    return [...this.rows.values()]
      .filter(({ dueAt }) => dueAt !== null && dueAt <= now)
      .sort((a, b) => a.dueAt! - b.dueAt!)
      .slice(0, limit)
      .map(({ id }) => id);
  }

  override claim(id: string, claim: string, now: number, until: number): ClaimedMail | null {
    const row = this.rows.get(id);
    if (!row || row.dueAt === null || row.dueAt > now) return null;
    Object.assign(row, { claim, dueAt: until, attempts: row.attempts + 1 });
    return { ...row, claim };
  }

  override markSent(mail: ClaimedMail): void {
    if (this.claimed(mail)) this.rows.delete(mail.id);
  }

  override putBack(mail: ClaimedMail, dueAt: number | null, lastError: string): void {
    const row = this.claimed(mail);
    if (row) Object.assign(row, { claim: null, dueAt, lastError });
  }

  override listOf(userId: string): Pick<OutboxMail, 'template' | 'createdAt'>[] {
    return [...this.rows.values()]
      .filter((row) => row.userId === userId)
      .map(({ template, createdAt }) => ({ template, createdAt }))
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  override discardOf(userId: string): number {
    return this.remove((row) => row.userId === userId);
  }

  override removeGivenUp(before: number, limit: number): number {
    return this.remove(({ dueAt, createdAt }) => dueAt === null && createdAt < before, limit);
  }

  private claimed({ id, claim }: ClaimedMail): Row | null {
    const row = this.rows.get(id);
    return row?.claim === claim ? row : null;
  }

  private remove(isGone: (row: Row) => boolean, limit = Infinity): number {
    const gone = [...this.rows.values()].filter(isGone).slice(0, limit);
    for (const { id } of gone) this.rows.delete(id);
    return gone.length;
  }
}
