import { createHmac } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { AuthKitError } from '../kernel/errors.js';
import { KeyRing } from '../kernel/key-ring.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import { AttemptStore, type AttemptCount } from '../storage/attempt.store.js';

/** The store of attempts, under keys that name nobody, and with 503 for when it does not answer. */
@Injectable()
export class AttemptCounters {
  private readonly logger = new Logger('AuthKit');
  private down = false;

  constructor(
    @Inject(AttemptStore) private readonly store: AttemptStore,
    private readonly keyRing: KeyRing,
  ) {}

  /**
   * Names of one counter, by a keyed hash: the first counts, the others are what it was called under older secrets.
   *
   * @param kind what is counted, at most 14 letters
   */
  names(kind: string, subject: string): readonly [string, ...string[]] {
    const named = this.keyRing.keys('attempts').map((key) => {
      const mac = createHmac('sha256', key).update(`${kind}\0${subject}`).digest('hex');
      return `${kind}:${mac}`;
    });
    return named as [string, ...string[]];
  }

  /** Name of a counter that may be lost with a secret. */
  name(kind: string, subject: string): string {
    return this.names(kind, subject)[0];
  }

  add(key: string, durationMs: number): Promise<number> {
    return this.ask(() => this.store.add(key, durationMs));
  }

  giveBack(key: string): Promise<void> {
    return this.ask(() => this.store.giveBack(key));
  }

  find(keys: readonly string[]): Promise<(AttemptCount | null)[]> {
    return this.ask(() => this.store.find(keys));
  }

  set(key: string, count: number, durationMs: number | null): Promise<void> {
    return this.ask(() => this.store.set(key, count, durationMs));
  }

  delete(keys: readonly string[]): Promise<void> {
    return this.ask(() => this.store.delete(keys));
  }

  private async ask<T>(work: () => MaybePromise<T>): Promise<T> {
    try {
      const answer = await work();
      this.down = false;
      return answer;
    } catch (cause) {
      if (!this.down) this.logger.error(`attempts cannot be counted, so passwords are refused: ${String(cause)}`);
      this.down = true;
      throw new AuthKitError('unavailable', { reason: 'the store of attempts does not answer', cause });
    }
  }
}
