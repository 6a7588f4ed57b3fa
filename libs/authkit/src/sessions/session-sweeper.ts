import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { SessionStore } from '../storage/session.store.js';

const SWEEP_MS = 3_600_000;
/** Long enough to see in an export what a session was. */
const KEPT_MS = 7 * 86_400_000;

/** Removes sessions some time after their absolute timeout, so that the table does not grow for ever. */
@Injectable()
export class SessionSweeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly sessions: SessionStore,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  async sweep(): Promise<void> {
    try {
      await this.sessions.removeExpired(this.clock.now() - KEPT_MS);
    } catch (error) {
      this.logger.warn(`expired sessions could not be removed: ${String(error)}`);
    }
  }
}
