import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import type { VerificationKey } from '../kernel/signing-key.js';
import type { VerificationKeys } from '../sessions/access-token-keys.js';
import { readJwks } from './jwks.js';
import { RESOURCE_SERVER_OPTIONS, type ResolvedResourceServerOptions } from './resource-server.options.js';

const MAX_BYTES = 64 * 1024;

/**
 * The issuer's public keys, kept in memory so that a request needs no I/O. Read at boot, again in the background when
 * they are older than `maxAge`, and at once for a token that names an unknown key, at most once a `cooldown`.
 */
@Injectable()
export class JwksClient implements VerificationKeys, OnApplicationBootstrap {
  private readonly logger = new Logger('AuthKit');
  private keys: ReadonlyMap<string, VerificationKey> = new Map();
  /** Epoch milliseconds of the start of the last successful and of the last attempted read. */
  private loadedAt = -Infinity;
  private triedAt = -Infinity;
  private reading?: Promise<void>;

  constructor(
    @Inject(RESOURCE_SERVER_OPTIONS) private readonly options: ResolvedResourceServerOptions,
    private readonly clock: Clock,
  ) {}

  /** The app starts without the issuer too: requests answer 503 until it can be reached. */
  async onApplicationBootstrap(): Promise<void> {
    await this.refresh();
  }

  /** The key of this name, if it is known and still believed; never waits. */
  find(kid: string): VerificationKey | undefined {
    const age = this.clock.now() - this.loadedAt;
    // Below zero the clock has been set back, and nobody knows how old they are.
    if (age < 0 || age >= this.options.jwks.maxAge) void this.refresh();
    return age < this.options.jwks.keepFor ? this.keys.get(kid) : undefined;
  }

  /** Whether the last attempt to read the keys succeeded, not too long ago: an unknown key is then no key of the issuer's. */
  get isCurrent(): boolean {
    return this.loadedAt === this.triedAt && this.clock.now() - this.loadedAt < this.options.jwks.keepFor;
  }

  /** Milliseconds until the keys may be read again; 0 when they may be now. */
  get wait(): number {
    const since = this.clock.now() - this.triedAt;
    return since < 0 ? 0 : Math.max(0, this.options.jwks.cooldown - since);
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
      const { keys, refused } = readJwks(await this.fetch(), this.keys);
      for (const reason of refused) this.logger.warn(`the issuer publishes a key that is not used: ${reason}`);
      if (keys.size === 0) this.logger.warn('the issuer publishes no key: set accessToken.keys there');
      this.keys = keys;
      this.loadedAt = startedAt;
    } catch (error) {
      this.logger.warn(`the issuer's keys cannot be read from ${this.options.jwksUrl.origin}: ${String(error)}`);
    }
  }

  private async fetch(): Promise<unknown> {
    const response = await fetch(this.options.jwksUrl, {
      redirect: 'error',
      signal: AbortSignal.timeout(this.options.jwks.timeout),
      headers: { accept: 'application/jwk-set+json, application/json' },
    });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_BYTES) throw new Error(`the document is larger than ${MAX_BYTES} bytes`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  }
}
