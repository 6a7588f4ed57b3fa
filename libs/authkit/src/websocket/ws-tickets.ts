import { createHash } from 'node:crypto';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { randomToken } from '../kernel/random.js';
import { TicketStore } from './ticket.store.js';

/** Seconds that a ticket is good. */
export const TICKET_SECONDS = 30;
const SWEEP_MS = 60_000;
const TICKET = /^nat_[A-Za-z0-9_-]{43}$/;

/**
 * Tickets by which a browser opens a socket where it can set no header: 256 random bits, stored as their hash, bound to a
 * session, good once and for 30 s. What may leak out of a URL is then worth nothing.
 */
@Injectable()
export class WsTickets implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly store: TicketStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
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

  /** Removes what nobody has used. */
  async sweep(): Promise<void> {
    try {
      await this.store.removeExpired(this.clock.now());
    } catch (error) {
      this.logger.warn(`expired tickets could not be removed: ${String(error)}`);
    }
  }
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('base64url');
}
