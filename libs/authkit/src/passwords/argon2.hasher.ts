// Entry point nest-authkit/argon2: needs the optional peer @node-rs/argon2.
import { randomBytes } from 'node:crypto';
import '@node-rs/argon2'; // used in the workers; imported here so that a missing package fails at start
import { callerFile } from '../kernel/this-file.js';
import { PasswordHasher, type RunHashJob } from './password-hasher.js';

const HERE = callerFile();
/** Algorithm.Argon2id, a const enum of the package's types that isolated modules cannot read. */
const ARGON2ID = 2;
const MAX_STORED_MEMORY_KIB = 256 * 1024;
const MAX_STORED_PASSES = 10;
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

export interface Argon2idOptions {
  /** Memory in KiB. @default 19456 */
  memory?: number;
  /** Passes over the memory. @default 2 */
  passes?: number;
  /** Lanes. @default 1 */
  parallelism?: number;
}

/** Argon2id (RFC 9106) with the OWASP minimum as default: 19 MiB, 2 passes, 1 lane. */
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
    return hash.startsWith('$argon2id$');
  }

  override async hash(password: string, run: RunHashJob): Promise<string> {
    const args = [
      password,
      {
        algorithm: ARGON2ID,
        memoryCost: this.memory,
        timeCost: this.passes,
        parallelism: this.parallelism,
        outputLen: 32,
      },
    ];
    return String(await run({ module: '@node-rs/argon2', from: HERE, method: 'hashSync', args }));
  }

  override async verify(password: string, hash: string, run: RunHashJob): Promise<boolean> {
    if (!isVerifiable(hash)) return false;
    return (
      (await run({ module: '@node-rs/argon2', from: HERE, method: 'verifySync', args: [hash, password] })) === true
    );
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
}

/** Whether the library can verify it at a bearable cost: it throws for parameters and texts that argon2 cannot have. */
function isVerifiable(hash: string): boolean {
  const [, memory, passes, lanes, ...texts] = PHC.exec(hash) ?? [];
  const [m, t, p] = [Number(memory), Number(passes), Number(lanes)];
  const isCostly = m > MAX_STORED_MEMORY_KIB || t > MAX_STORED_PASSES;
  return t >= 1 && p >= 1 && m >= 8 * p && !isCostly && texts.every(isCanonicalBase64);
}

function isCanonicalBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64').replace(/=+$/, '') === text;
}
