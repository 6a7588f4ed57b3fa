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
    const hasher = hash === null ? undefined : this.options.passwords.hashers.find((one) => one.recognises(hash));
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

  /** A failure costs what failing against a hash written now would. */
  private async matches(password: string, hash: string, hasher: PasswordHasher): Promise<boolean> {
    let worked = false;
    const run: RunHashJob = (job) => {
      worked = true;
      return this.pool.run(job);
    };
    if (await hasher.verify(password, hash, run)) return true;
    // A hash refused unread (too costly, or the password too long for it) must not answer sooner than the others.
    if (!worked) await this.writer.verify(password, this.decoy, this.pool.run);
    else if (hasher === this.writer) await hasher.makeUp(password, hash, run);
    return false;
  }

  /** Whether a hash should be replaced now: an old scheme or cost, and room to spare in the queue. */
  shouldRehash(hash: string): boolean {
    return this.pool.hasRoom && (!this.writer.recognises(hash) || this.writer.needsRehash(hash));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }
}
