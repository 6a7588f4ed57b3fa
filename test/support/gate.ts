/** Holds whoever passes until it is opened, so that a test decides what happens in between. */
export class Gate {
  private held = 0;
  private isOpen = false;
  private readonly wakers: (() => void)[] = [];

  async pass(): Promise<void> {
    this.held += 1;
    this.wake();
    await this.until(() => this.isOpen);
  }

  /** Resolves when so many are held. */
  reachedBy(count: number): Promise<void> {
    return this.until(() => this.held >= count);
  }

  open(): void {
    this.isOpen = true;
    this.wake();
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.wakers.push(resolve));
  }

  private wake(): void {
    for (const waker of this.wakers.splice(0)) waker();
  }
}

/** Puts a gate before or after the real work of a method. Returns how to take it away. */
export function hold(target: object, method: string, when: 'before' | 'after', gate: Gate): () => void {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  const real = methods[method];
  methods[method] = async (...args) => {
    if (when === 'before') await gate.pass();
    const result = await real.apply(target, args);
    if (when === 'after') await gate.pass();
    return result;
  };
  return () => void (methods[method] = real);
}
