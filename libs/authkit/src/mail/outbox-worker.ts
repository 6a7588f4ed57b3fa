import { AsyncResource } from 'node:async_hooks';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/random.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { OutboxStore } from '../storage/outbox.store.js';
import { MailDelivery } from './mail-delivery.js';

/** For mails of other nodes that died, and retries; new ones wake the worker. */
const POLL_EVERY_MS = 5_000;
/** Longer than any attempt takes: whoever has not told of it by then is dead, and the mail is due again. */
const LEASE_MS = 5 * 60_000;
const BATCH = 20;
const AT_ONCE = 5;

/**
 * Sends what is in the outbox. Of several nodes one takes each mail on; one that dies while it sends loses nothing, the
 * mail is sent again then, under the same id.
 */
@Injectable()
export class OutboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private readonly sending = new Set<Promise<void>>();
  private timer?: NodeJS.Timeout;
  private current?: Promise<void>;
  private next?: Promise<void>;
  private started = false;
  private stopped = false;
  private down = false;
  /** Outside of the request or transaction that woke it, whatever that was. */
  private readonly outside = AsyncResource.bind((work: () => void) => work());

  constructor(
    private readonly store: OutboxStore,
    private readonly delivery: MailDelivery,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  onApplicationBootstrap(): void {
    if (this.options.mail.transport.kind === 'none') return;
    this.started = true;
    this.timer = setInterval(() => this.wake(), POLL_EVERY_MS).unref();
    this.wake();
  }

  /** Takes nothing more on, and waits for what it is sending. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.current;
    await Promise.all(this.sending);
  }

  /** Looks for due mails soon, without waiting for it. */
  wake(): void {
    if (this.started) this.outside(() => void this.pass());
  }

  /** Sends all that is due now, once each; resolves when it is sent or put back. */
  async drain(): Promise<void> {
    await new Promise<void>((resolve) => this.outside(() => void this.pass().then(resolve)));
    await Promise.all(this.sending);
  }

  /** One at a time; whoever asks meanwhile shares the next one. */
  private pass(): Promise<void> {
    return (this.next ??= (this.current ?? Promise.resolve()).then(() => {
      this.next = undefined;
      return (this.current = this.guarded(() => this.takeDue()));
    }));
  }

  private async takeDue(): Promise<void> {
    for (;;) {
      const ids = await this.store.findDue(this.clock.now(), BATCH);
      let taken = 0;
      for (const id of ids) {
        while (this.sending.size >= AT_ONCE) await Promise.race(this.sending);
        if (this.stopped) return;
        if (await this.take(id)) taken += 1;
      }
      // None of a whole batch: other nodes are at it.
      if (ids.length < BATCH || taken === 0) return;
    }
  }

  private async take(id: string): Promise<boolean> {
    const now = this.clock.now();
    const mail = await this.store.claim(id, newId(now), now, now + LEASE_MS);
    if (!mail) return false;
    const sending = this.guarded(() => this.delivery.attempt(mail)).finally(() => this.sending.delete(sending));
    this.sending.add(sending);
    return true;
  }

  /** What fails here is the store; nothing is lost, and the next pass tries again. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.down = false;
    } catch (error) {
      if (!this.down) this.logger.warn(`the outbox cannot be read or written: ${String(error)}`);
      this.down = true;
    }
  }
}
