import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { AuthKitError } from './errors.js';
import { RequestContext } from './request-context.js';

const MAX_PENDING = 1000;

/** Work whose length must not show in the reply, such as a mail for an address that may have no account. */
@Injectable()
export class AfterReply implements BeforeApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private readonly pending = new Set<Promise<void>>();

  /** Returns at once; what fails later is logged. Throws `unavailable` (503) when too much is pending. */
  run(name: string, work: () => Promise<void>): void {
    if (this.pending.size >= MAX_PENDING)
      throw new AuthKitError('unavailable', { reason: `${name}: too many pending` });
    // Node keeps the peer's address of a closed connection only if somebody has asked for it.
    void RequestContext.current()?.ip;
    const done = new Promise<void>((resolve) => setImmediate(resolve))
      .then(work)
      .catch((error: unknown) => this.logger.error(`${name} failed: ${String(error)}`))
      .finally(() => this.pending.delete(done));
    this.pending.add(done);
  }

  /** Resolves when nothing is pending; for tests, and at the end. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.settled();
  }
}
