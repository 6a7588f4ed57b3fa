import { Clock } from '../kernel/clock.js';
import { durationMs, type Duration } from '../kernel/duration.js';
import type { OverridableModule } from './overridable-module.js';

/** A clock that stands still until it is told to move. */
export class FixedClock extends Clock {
  constructor(private time: number = Date.now()) {
    super();
  }

  override now(): number {
    return this.time;
  }

  /** Moves forward by text such as `'16m'`, or by milliseconds (back, when negative). */
  advance(by: number | Exclude<Duration, number>): void {
    const ms = typeof by === 'number' ? by : durationMs(by);
    if (ms === null) throw new RangeError(`FixedClock.advance takes milliseconds or text such as '16m', not '${by}'`);
    this.time += ms;
  }
}

/**
 * Puts a clock that stands still into the app of a test; the clock itself.
 *
 * @param at where it stands, epoch milliseconds. Default now.
 */
export function withFixedClock(builder: OverridableModule, at?: number): FixedClock {
  const clock = new FixedClock(at);
  builder.overrideProvider(Clock).useValue(clock);
  return clock;
}
