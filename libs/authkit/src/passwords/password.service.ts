import { Inject, Injectable, Logger, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { AuthKitConfigError, AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { HashPool } from './hash-pool.js';
import { PasswordHasher, type RunHashJob } from './password-hasher.js';
import { normalizePassword } from './password-policy.js';
import { peppered, readStored, withKeyId, type PepperKey } from './pepper.js';

/** Of the column that holds the hash. */
const MAX_HASH_CHARACTERS = 255;

/** Hashes and verifies passwords, whatever scheme their hash has. */
@Injectable()
export class PasswordService implements OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private readonly pool: HashPool;
  private readonly writer: PasswordHasher;
  private readonly decoy: string;
  /** The one that writes. */
  private readonly pepper: PepperKey | undefined;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Optional() @Inject(AuthEvents) private readonly events?: AuthEvents,
  ) {
    const { hashers, workers, queue, peppers } = options.passwords;
    this.pool = new HashPool(workers, queue);
    this.writer = hashers[0];
    this.decoy = this.writer.decoy();
    this.pepper = peppers[0];
    if (this.pepper && withKeyId(this.pepper, this.decoy).length > MAX_HASH_CHARACTERS) {
      throw new AuthKitConfigError('passwords.pepper', 'with it a hash does not fit its column', 'Shorten its id.');
    }
  }

  /** Hash of a password that has passed the policy. Throws `overloaded` (503) when too many wait. */
  async hash(password: string): Promise<string> {
    const normalized = normalizePassword(password);
    if (!this.pepper) return this.writer.hash(normalized, this.pool.run);
    return withKeyId(this.pepper, await this.writer.hash(peppered(this.pepper, normalized), this.pool.run));
  }

  /**
   * Whether the password has this hash. Without a hash (no such user, no password set) the same work is done and the
   * answer is false, so that time tells nothing (ASVS 6.3.8). Throws `overloaded` (503) when too many wait, and
   * `unavailable` (503) for a hash whose pepper is not configured: that tells nothing of the password.
   */
  async verify(password: string, hash: string | null): Promise<boolean> {
    const { keyId, inner } = readStored(hash ?? this.decoy);
    const pepper = hash === null ? this.pepper : await this.pepperOf(keyId);
    const hasher = hash === null ? undefined : this.hasherOf(inner);
    if (hash !== null && !hasher) this.logger.error('a stored password hash has a scheme no configured hasher knows');
    const normalized = normalizePassword(password);
    // Hashes from elsewhere may have been made of the text as typed; tried for all, so that it costs the same for all.
    const forms = normalized === password ? [normalized] : [normalized, password];
    for (const text of forms) {
      const form = pepper ? peppered(pepper, text) : text;
      if (!hasher) await this.writer.verify(form, this.decoy, this.pool.run);
      else if (await this.matches(form, inner, hasher)) return true;
    }
    return false;
  }

  private async pepperOf(keyId: string | null): Promise<PepperKey | undefined> {
    if (keyId === null) return undefined;
    const pepper = this.findPepper(keyId);
    if (pepper) return pepper;
    await this.events?.emit('password.pepper_unknown', { keyId });
    throw new AuthKitError('unavailable', { reason: 'the pepper of a password hash is not configured' });
  }

  private findPepper(keyId: string): PepperKey | undefined {
    return this.options.passwords.peppers.find(({ id }) => id === keyId);
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
    const { keyId, inner } = readStored(hash);
    if (keyId !== null && !this.findPepper(keyId)) return null;
    return this.hasherOf(inner)?.schemeOf(inner) ?? null;
  }

  /** Whether a hash should be replaced now: an old scheme, cost or pepper, and room to spare in the queue. */
  shouldRehash(hash: string): boolean {
    const { keyId, inner } = readStored(hash);
    const isOld =
      keyId !== (this.pepper?.id ?? null) || !this.writer.recognises(inner) || this.writer.needsRehash(inner);
    return isOld && this.pool.hasRoom;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }
}
