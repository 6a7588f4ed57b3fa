import { Inject, Injectable } from '@nestjs/common';
import { BusLink } from './bus/bus-link.js';
import { Clock } from './kernel/clock.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { RESOLVED_OPTIONS } from './options/tokens.js';
import { SessionCache } from './sessions/session-cache.js';

/** Whether this node can decide about requests; for a readiness probe. */
@Injectable()
export class ReadinessService {
  constructor(
    private readonly clock: Clock,
    private readonly cache: SessionCache,
    private readonly bus: BusLink,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** What is wrong, in words for an operator; empty when the node is ready. */
  problems(): string[] {
    const problems: string[] = [];
    if (!this.clock.isReliable) problems.push("the clock is more than a minute off the database's");
    if (this.options.session.check === 'cached' && !this.cache.isConfirmed) {
      problems.push('the change feed has not been read lately; every request reads its session');
    }
    return problems;
  }

  /** What makes the node slower to learn of changes, and no less able to decide. */
  warnings(): string[] {
    if (this.bus.isUp) return [];
    const { staleness } = this.options.session;
    return [`the bus is down; changes by other nodes are seen within ${staleness} ms`];
  }
}
