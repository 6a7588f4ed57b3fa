import { Clock } from '../kernel/clock.js';

/** A clock that stands still until it is told to move: `overrideProvider(Clock).useValue(new FixedClock())`. */
export class FixedClock extends Clock {
  constructor(private time: number = Date.now()) {
    super();
  }

  override now(): number {
    return this.time;
  }

  /** Moves forward (or back, when negative) by milliseconds. */
  advance(ms: number): void {
    this.time += ms;
  }
}
