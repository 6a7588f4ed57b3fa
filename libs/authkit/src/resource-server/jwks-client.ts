import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import type { VerificationKey } from '../kernel/signing-key.js';
import type { VerificationKeys } from '../sessions/access-token-keys.js';
import { fetchJson } from './fetch-json.js';
import { readJwks } from './jwks.js';
import { RESOURCE_SERVER_OPTIONS, type ResolvedResourceServerOptions } from './resource-server.options.js';

/** Until keys have been read once there is nothing to spare the issuer for. */
const FIRST_COOLDOWN_MS = 1_000;
const SKEW_MS = 5_000;

/**
 * The issuer's public keys, kept in memory so that a request needs no I/O. Read at boot, every `maxAge`, and at once for
 * a token that names an unknown key, at most once a `cooldown`.
 */
@Injectable()
export class JwksClient implements VerificationKeys, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private keys: ReadonlyMap<string, VerificationKey> = new Map();
  /** Epoch milliseconds of the start of the last successful and of the last attempted read. */
  private loadedAt = -Infinity;
  private triedAt = -Infinity;
  private reading?: Promise<void>;
  private timer?: NodeJS.Timeout;
  /** What was said last, so that it is not said at every read. */
  private said = '';

  constructor(
    @Inject(RESOURCE_SERVER_OPTIONS) private readonly options: ResolvedResourceServerOptions,
    private readonly clock: Clock,
  ) {}

  /** The app starts without the issuer too: requests answer 503 until it can be reached. */
  async onApplicationBootstrap(): Promise<void> {
    for (const warning of this.options.warnings) this.logger.warn(warning);
    await this.refresh();
    // Without requests too, so that a withdrawn key is not believed when they come again.
    this.timer = setInterval(() => void this.refresh(), this.options.jwks.maxAge).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  /** The key of this name, if it is known and still believed; never waits. */
  find(kid: string): VerificationKey | undefined {
    const { maxAge, keepFor } = this.options.jwks;
    const age = this.clock.now() - this.loadedAt;
    // Below zero the clock has been set back, and nobody knows how old they are.
    if (age >= 0 && age < maxAge) return this.keys.get(kid);
    const mayRead = this.wait === 0;
    void this.refresh();
    // Two reads have been missed though none has failed: the process was asleep, and the answer is worth waiting for.
    return age < keepFor && (age < 2 * maxAge || !mayRead) ? this.keys.get(kid) : undefined;
  }

  /**
   * Whether a key that a token names is certainly none of the issuer's: a read that began after the token arrived did not
   * show it, or one that began after the token says it was signed.
   */
  isWithout({ issuedAt }: { issuedAt: unknown }, arrivedAt: number): boolean {
    const fresh = this.loadedAt === this.triedAt && this.clock.now() - this.loadedAt < this.options.jwks.keepFor;
    const isOlder = typeof issuedAt === 'number' && issuedAt * 1000 + SKEW_MS < this.loadedAt;
    return fresh && (this.loadedAt >= arrivedAt || isOlder);
  }

  /** Milliseconds until the keys may be read again; 0 when they may be now. */
  get wait(): number {
    const since = this.clock.now() - this.triedAt;
    const cooldown = this.loadedAt === -Infinity ? FIRST_COOLDOWN_MS : this.options.jwks.cooldown;
    return since < 0 ? 0 : Math.max(0, cooldown - since);
  }

  /** Reads the keys, unless that was tried a moment ago; one read at a time serves all who wait. Never throws. */
  refresh(): Promise<void> {
    if (this.reading) return this.reading;
    if (this.wait > 0) return Promise.resolve();
    this.triedAt = this.clock.now();
    return (this.reading = this.read(this.triedAt).finally(() => (this.reading = undefined)));
  }

  private async read(startedAt: number): Promise<void> {
    try {
      const document = await fetchJson(this.options.jwksUrl, this.options.jwks.timeout);
      const { keys, refused } = readJwks(document, this.keys);
      this.keys = keys;
      this.loadedAt = startedAt;
      this.say([
        ...refused.map((reason) => `the issuer publishes a key that is not used: ${reason}`),
        ...(keys.size === 0 ? ['the issuer publishes no key: set accessToken.keys there'] : []),
      ]);
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string } };
      const why = cause?.code ? `${message} (${cause.code})` : message;
      this.say([`the issuer's keys cannot be read from ${this.options.jwksUrl.origin}: ${why}`]);
    }
  }

  private say(warnings: readonly string[]): void {
    const text = warnings.join('\n');
    if (text !== this.said) warnings.forEach((warning) => this.logger.warn(warning));
    this.said = text;
  }
}
