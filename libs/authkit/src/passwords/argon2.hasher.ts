// Entry point nest-authkit/argon2: needs the optional peer @node-rs/argon2.
import { randomBytes } from 'node:crypto';
import '@node-rs/argon2'; // used in the workers; imported here so that a missing package fails at start
import { callerFile } from '../kernel/this-file.js';
import { PasswordHasher, type HashJob, type RunHashJob } from './password-hasher.js';

const HERE = callerFile();
/** Algorithm.Argon2id, a const enum of the package's types that isolated modules cannot read. */
const ARGON2ID = 2;
const MAX_STORED_MEMORY_KIB = 256 * 1024;
const MAX_STORED_PASSES = 10;
/** Django writes the same behind a name of its own. */
const DJANGO = /^argon2(?=\$argon2(?:id|i|d)\$)/;
const PHC =
  /^\$(argon2(?:id|i|d))\$v=(?:19|16)\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{16,86})$/;

export interface Argon2idOptions {
  /** Memory in KiB. @default 19456 */
  memory?: number;
  /** Passes over the memory. @default 2 */
  passes?: number;
  /** Lanes. @default 1 */
  parallelism?: number;
}

/**
 * Argon2id (RFC 9106) with the OWASP minimum as default: 19 MiB, 2 passes, 1 lane. Hashes of imported users verify and
 * are replaced at login: Argon2id, i and d of other parameters, and Django's `argon2$argon2id$`.
 */
export function argon2id(options: Argon2idOptions = {}): PasswordHasher {
  return new Argon2idHasher(options.memory ?? 19_456, options.passes ?? 2, options.parallelism ?? 1);
}

class Argon2idHasher extends PasswordHasher {
  override readonly scheme = 'argon2id';

  constructor(
    private readonly memory: number,
    private readonly passes: number,
    private readonly parallelism: number,
  ) {
    super();
    const whole = [memory, passes, parallelism].every(Number.isInteger);
    if (!whole || memory < 8 * parallelism || memory > MAX_STORED_MEMORY_KIB) {
      throw new RangeError(`argon2id memory must be from 8 KiB a lane to ${MAX_STORED_MEMORY_KIB} KiB, not ${memory}`);
    }
    if (passes < 1 || passes > MAX_STORED_PASSES || parallelism < 1 || parallelism > 16) {
      throw new RangeError(`argon2id takes 1 to ${MAX_STORED_PASSES} passes and 1 to 16 lanes`);
    }
  }

  override recognises(hash: string): boolean {
    return /^(?:argon2)?\$argon2(?:id|i|d)\$/.test(hash);
  }

  override schemeOf(hash: string): string | null {
    return read(hash)?.scheme ?? null;
  }

  override async hash(password: string, run: RunHashJob): Promise<string> {
    return String(await run(this.hashJob(password, this.memory)));
  }

  override async verify(password: string, hash: string, run: RunHashJob): Promise<boolean> {
    const stored = read(hash);
    if (!stored) return false;
    const args = [stored.phc, password];
    return (await run({ module: '@node-rs/argon2', from: HERE, method: 'verifySync', args })) === true;
  }

  override async makeUp(password: string, hash: string, run: RunHashJob): Promise<void> {
    const missing = this.memory - (read(hash)?.work ?? 0) / this.passes;
    if (missing >= 8 * this.parallelism) await run(this.hashJob(password, Math.ceil(missing)));
  }

  override needsRehash(hash: string): boolean {
    return !hash.startsWith(this.prefix);
  }

  override decoy(): string {
    const random = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=/g, '');
    return `${this.prefix}${random(16)}$${random(32)}`;
  }

  override weakness(): string | null {
    return this.memory * this.passes < 35_000 ? `argon2id m=${this.memory},t=${this.passes}` : null;
  }

  private get prefix(): string {
    return `$argon2id$v=19$m=${this.memory},t=${this.passes},p=${this.parallelism}$`;
  }

  private hashJob(password: string, memoryCost: number): HashJob {
    const { passes: timeCost, parallelism } = this;
    const args = [password, { algorithm: ARGON2ID, memoryCost, timeCost, parallelism, outputLen: 32 }];
    return { module: '@node-rs/argon2', from: HERE, method: 'hashSync', args };
  }
}

/** Null for a hash that is malformed or too costly; `work` is memory in KiB times passes. */
function read(hash: string): { scheme: string; phc: string; work: number } | null {
  const named = hash.replace(DJANGO, '');
  // The first version wrote none.
  const phc = named.replace(/^\$(argon2(?:id|i|d))\$m=/, '$$$1$$v=16$$m=');
  const [, scheme, memory, passes, lanes, salt, digest] = PHC.exec(phc) ?? [];
  const [m, t, p] = [memory, passes, lanes].map(Number);
  if (!(m >= 8 * p && m <= MAX_STORED_MEMORY_KIB && t >= 1 && t <= MAX_STORED_PASSES && p >= 1)) return null;
  // The library throws at what is no canonical base64.
  if (![salt, digest].every(isCanonical)) return null;
  return { scheme: named === hash ? scheme : `django-${scheme}`, phc, work: m * t };
}

function isCanonical(base64: string): boolean {
  return Buffer.from(base64, 'base64').toString('base64').replace(/=/g, '') === base64;
}
