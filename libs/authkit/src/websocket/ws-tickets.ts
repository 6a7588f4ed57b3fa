import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Cleanup } from '../cleanup/cleanup.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { randomToken } from '../kernel/random.js';
import { TicketStore } from './ticket.store.js';

/** Seconds that a ticket is good. */
export const TICKET_SECONDS = 30;
const TICKET = /^nat_[A-Za-z0-9_-]{43}$/;

/**
 * Tickets by which a browser opens a socket where it can set no header: 256 random bits, stored as their hash, bound to a
 * session, good once and for 30 s. What may leak out of a URL is then worth nothing.
 */
@Injectable()
export class WsTickets {
  constructor(
    private readonly store: TicketStore,
    private readonly clock: Clock,
    cleanup: Cleanup,
  ) {
    cleanup.add('tickets', (at, limit) => store.removeExpired(at, limit));
  }

  async issue(sessionId: string, userId: string): Promise<string> {
    const ticket = `nat_${randomToken(32)}`;
    const expiresAt = this.clock.now() + TICKET_SECONDS * 1000;
    await this.store.insert({ hash: hashOf(ticket), sessionId, userId, expiresAt });
    return ticket;
  }

  /** Uses a ticket up; of many at once one gets its session, the others 401. */
  async redeem(ticket: string): Promise<{ sessionId: string; userId: string }> {
    // By its whole form first: nothing else reaches a query.
    const taken = TICKET.test(ticket) ? await this.store.take(hashOf(ticket), this.clock.now()) : null;
    if (!taken) throw new AuthKitError('token_invalid', { reason: 'ticket: unknown, used or expired' });
    return taken;
  }
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}
