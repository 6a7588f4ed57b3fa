import { OutboxStore, type OutboxMail } from '../outbox.store.js';

/** Mails to be sent, in memory; for tests. */
export class MemoryOutboxStore extends OutboxStore {
  private readonly rows = new Map<string, OutboxMail>();

  override insert(mail: OutboxMail): void {
    this.rows.set(mail.id, { ...mail });
  }
}
