import { OutboxStore, type OutboxMail } from '../outbox.store.js';

/** Mails to be sent, in memory; for tests. */
export class MemoryOutboxStore extends OutboxStore {
  private readonly rows = new Map<string, OutboxMail>();

  override insert(mail: OutboxMail): void {
    this.rows.set(mail.id, { ...mail });
  }

  override listOf(userId: string): Pick<OutboxMail, 'template' | 'createdAt'>[] {
    return [...this.rows.values()]
      .filter((row) => row.userId === userId)
      .map(({ template, createdAt }) => ({ template, createdAt }))
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  override discardOf(userId: string): number {
    const gone = [...this.rows.values()].filter((row) => row.userId === userId);
    for (const { id } of gone) this.rows.delete(id);
    return gone.length;
  }
}
