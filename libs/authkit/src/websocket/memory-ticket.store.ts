import { TicketStore, type TicketRecord } from './ticket.store.js';
import { TICKET_SECONDS } from './ws-tickets.js';

/** Tickets of one process, where no store is TypeORM's. */
export class MemoryTicketStore extends TicketStore {
  private readonly tickets = new Map<string, TicketRecord>();

  override insert(ticket: TicketRecord): void {
    // A node that never gets to clean up would keep them all. Each is good for as long: the oldest come first.
    const now = ticket.expiresAt - TICKET_SECONDS * 1000;
    for (const { hash, expiresAt } of this.tickets.values()) {
      if (expiresAt > now) break;
      this.tickets.delete(hash);
    }
    this.tickets.set(ticket.hash, { ...ticket });
  }

  override take(hash: string, at: number): TicketRecord | null {
    const found = this.tickets.get(hash);
    if (!found || found.expiresAt <= at) return null;
    this.tickets.delete(hash);
    return found;
  }

  override removeExpired(before: number, limit: number): number {
    const expired = [...this.tickets.values()].filter(({ expiresAt }) => expiresAt < before).slice(0, limit);
    for (const { hash } of expired) this.tickets.delete(hash);
    return expired.length;
  }
}
