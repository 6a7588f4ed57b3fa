import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { HashPool } from './hash-pool.js';
import { PasswordHasher, type RunHashJob } from './password-hasher.js';
import { normalizePassword } from './password-policy.js';

/** Hashes and verifies passwords, whatever scheme their hash has. */
@Injectable()
export class PasswordService implements OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private readonly pool: HashPool;
  private readonly writer: PasswordHasher;
  private readonly decoy: string;

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {
    const { hashers, workers, queue } = options.passwords;
    this.pool = new HashPool(workers, queue);
    this.writer = hashers[0];
    this.decoy = this.writer.decoy();
  }

  /** Hash of a password that has passed the policy. Throws `overloaded` (503) when too many wait. */
  hash(password: string): Promise<string> {
    return this.writer.hash(normalizePassword(password), this.pool.run);
  }

  /**
   * Whether the password has this hash. Without a hash (no such user, no password set) the same work is done and the
   * answer is false, so that time tells nothing (ASVS 6.3.8). Throws `overloaded` (503) when too many wait.
   */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const hasher = hash === null ? undefined : this.hasherOf(hash);
    if (hash !== null && !hasher) this.logger.error('a stored password hash has a scheme no configured hasher knows');
    const normalized = normalizePassword(password);
    // Hashes from elsewhere may have been made of the text as typed; tried for all, so that it costs the same for all.
    const forms = normalized === password ? [normalized] : [normalized, password];
    for (const form of forms) {
      if (hash === null || !hasher) await this.writer.verify(form, this.decoy, this.pool.run);
      else if (await this.matches(form, hash, hasher)) return true;
    }
    return false;
  }

  /** A failure never costs less than failing against a hash written now. */
  private async matches(password: string, hash: string, hasher: PasswordHasher): Promise<boolean> {
    if (hasher !== this.writer) {
      // How long another scheme takes against this one, only a clock could say: so both, side by side.
      const verified = hasher.verify(password, hash, this.pool.run);
      const spent = this.writer.verify(password, this.decoy, this.pool.run);
      return (await Promise.all([verified, spent]))[0];
    }
    let worked = false;
    const run: RunHashJob = (job) => {
      worked = true;
      return this.pool.run(job);
    };
    if (await hasher.verify(password, hash, run)) return true;
    // A hash refused unread (too costly, or the password too long for it) must not answer sooner than the others.
    if (!worked) await this.writer.verify(password, this.decoy, this.pool.run);
    else await hasher.makeUp(password, hash, run);
    return false;
  }

  private hasherOf(hash: string): PasswordHasher | undefined {
    return this.options.passwords.hashers.find((hasher) => hasher.recognises(hash));
  }

  /** Name of the scheme of a hash that a configured hasher can verify; null for any other, malformed or too costly. */
  schemeOf(hash: string): string | null {
    return this.hasherOf(hash)?.schemeOf(hash) ?? null;
  }

  /** Whether a hash should be replaced now: an old scheme or cost, and room to spare in the queue. */
  shouldRehash(hash: string): boolean {
    return this.pool.hasRoom && (!this.writer.recognises(hash) || this.writer.needsRehash(hash));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }
}
