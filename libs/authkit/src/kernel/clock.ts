/** The kit's only source of time; everything stored, signed or compared uses it. Replace it in tests. */
export abstract class Clock {
  /** Milliseconds since the Unix epoch, whole. */
  abstract now(): number;

  /** False when the time cannot be trusted; the app should not take traffic then. */
  get isReliable(): boolean {
    return true;
  }
}

/** The machine's wall clock. */
export class SystemClock extends Clock {
  override now(): number {
    return Date.now();
  }
}
