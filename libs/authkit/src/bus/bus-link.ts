import { createHash } from 'node:crypto';
import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AuthKitConfigError } from '../kernel/errors.js';
import { randomToken } from '../kernel/random.js';
import { AUTH_DATA_SOURCE, RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionCache, type Forgotten } from '../sessions/session-cache.js';
import { formatBusMessage, parseBusMessage, type BusMessage } from './bus-message.js';

const BEAT_MS = 5_000;
/** Nobody waits longer for the bus: a logout is answered, and the change feed carries it. */
const PATIENCE_MS = 1_000;
const OPEN_MS = 5_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

/** The part of a TypeORM driver that tells apps on one server apart. */
interface Located {
  readonly driver?: { readonly database?: string; readonly schema?: string };
}

/**
 * This node's end of the bus: tells the others what it has changed, and reads again what they have. It listens for its
 * own beats, so that it knows when it is cut off; whenever it is back it reads everything again, as it may have missed
 * anything.
 */
@Injectable()
export class BusLink implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private readonly node = randomToken(9);
  private beats = 0;
  private heard = 0;
  /** Of the line that is open, or being opened. */
  private line?: object;
  private up = false;
  private down = false;
  private stopped = false;
  private opening?: Promise<void>;
  private retryMs = FIRST_RETRY_MS;
  private timer?: NodeJS.Timeout;
  private retry?: NodeJS.Timeout;

  constructor(
    private readonly cache: SessionCache,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Optional() @Inject(AUTH_DATA_SOURCE) private readonly source: object | null,
  ) {}

  /** Whether this node hears of changes at once; always true without a bus, as there is nobody to hear from. */
  get isUp(): boolean {
    return this.up || this.options.bus === null;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.options.bus) return;
    this.cache.announceBy((forgotten) => this.announce(forgotten));
    await this.open();
    this.timer = setInterval(() => void this.beat(), BEAT_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    clearTimeout(this.retry);
    await this.opening;
    await this.close();
  }

  /** Proves that what this node says reaches it again; the beat before must have by now. */
  async beat(): Promise<void> {
    if (!this.up) return;
    if (this.heard < this.beats) return this.lost('what this node sends does not come back');
    this.beats += 1;
    await this.send({ from: this.node, content: { beat: this.beats } });
  }

  private async announce(forgotten: Forgotten): Promise<void> {
    if (this.up) await this.send({ from: this.node, content: forgotten });
  }

  private async send(message: BusMessage): Promise<void> {
    try {
      await within(PATIENCE_MS, this.options.bus!.publish(formatBusMessage(message)));
    } catch (cause) {
      this.lost(cause);
    }
  }

  private receive(text: string): void {
    const message = parseBusMessage(text);
    if (!message) return;
    const { from, content } = message;
    if (from !== this.node) {
      if (content === 'everything' || !('beat' in content)) this.cache.drop(content);
    } else if (content !== 'everything' && 'beat' in content) {
      this.heard = Math.max(this.heard, content.beat);
    }
  }

  private open(): Promise<void> {
    return (this.opening ??= this.tryOpen().finally(() => (this.opening = undefined)));
  }

  private async tryOpen(): Promise<void> {
    await this.close();
    const line = (this.line = {});
    // What an earlier line still tells is not about this one.
    const lost = (cause: unknown) => (this.line === line ? this.lost(cause) : undefined);
    const receive = (text: string) => this.receive(text);
    try {
      const { bus } = this.options;
      await within(OPEN_MS, bus!.open({ channel: this.channel(), source: this.source, receive, lost }));
    } catch (cause) {
      if (cause instanceof AuthKitConfigError) throw cause;
      return this.lost(cause);
    }
    if (this.line !== line) return;
    this.beats = this.heard = 0;
    this.up = true;
    if (this.down) this.logger.log('the bus is back');
    this.down = false;
    this.retryMs = FIRST_RETRY_MS;
    this.cache.drop('everything');
  }

  private lost(cause: unknown): void {
    // Once for each line, however many ways there are to notice.
    if (!this.line || this.stopped) return;
    this.line = undefined;
    this.up = false;
    if (!this.down) this.logger.warn(`the bus is down, the change feed carries on: ${String(cause)}`);
    this.down = true;
    this.retry = setTimeout(() => void this.open(), this.retryMs).unref();
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
  }

  private async close(): Promise<void> {
    this.line = undefined;
    this.up = false;
    await within(PATIENCE_MS, Promise.resolve(this.options.bus?.close())).catch(() => undefined);
  }

  /** One of the app, and of the schema, so that copies of an app on one server do not hear each other. */
  private channel(): string {
    const { driver } = (this.source ?? {}) as Located;
    const place = driver?.schema ?? driver?.database ?? '';
    const hash = createHash('sha256').update(`${this.options.appName}\0${place}`).digest('hex');
    return `authkit_${hash.slice(0, 32)}`;
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
