import { randomBytes } from 'node:crypto';
import { callerFile } from '../kernel/this-file.js';
import { looksLikeBcrypt, MAX_STORED_COST, prehash, readBcrypt } from './bcrypt-format.js';
import { PasswordHasher, type HashJob, type RunHashJob } from './password-hasher.js';

const HERE = callerFile();

/**
 * bcrypt for new hashes as `$bcrypt-sha256$` (the format of passlib, version 2): HMAC-SHA-256 first, so that nothing is
 * cut at bcrypt's 72 bytes. Hashes of imported users verify and are replaced at login: plain `$2a$`, `$2b$` and `$2y$`,
 * passlib's version 1, Django's `bcrypt$` and `bcrypt_sha256$`.
 *
 * @param options.cost log2 of the rounds, 4 to 15; production wants at least 10. Default 12.
 */
export function bcrypt(options: { cost?: number } = {}): PasswordHasher {
  return new BcryptHasher(options.cost ?? 12);
}

class BcryptHasher extends PasswordHasher {
  override readonly scheme = 'bcrypt-sha256';

  constructor(private readonly cost: number) {
    super();
    if (!Number.isInteger(cost) || cost < 4 || cost > MAX_STORED_COST) {
      throw new RangeError(`bcrypt cost must be a whole number from 4 to ${MAX_STORED_COST}, not ${cost}`);
    }
  }

  override recognises(hash: string): boolean {
    return looksLikeBcrypt(hash);
  }

  override schemeOf(hash: string): string | null {
    return readBcrypt(hash)?.scheme ?? null;
  }

  override async hash(password: string, run: RunHashJob): Promise<string> {
    const salt = newSalt();
    const digest = await run(job('hashSync', prehash(password, salt), `$2b$${pad(this.cost)}$${salt}`));
    return `$bcrypt-sha256$v=2,t=2b,r=${this.cost}$${salt}$${String(digest).slice(29)}`;
  }

  override async verify(password: string, hash: string, run: RunHashJob): Promise<boolean> {
    const stored = readBcrypt(hash);
    const key = stored?.key(password);
    if (stored === null || key == null) return false;
    return verifyBcrypt(key, stored.cost, stored.salt + stored.digest, run);
  }

  override async makeUp(password: string, hash: string, run: RunHashJob): Promise<void> {
    // A hash of cost c and decoys of cost c to n - 1 take together what one of cost n takes: 2^c + (2^n - 2^c).
    for (let cost = readBcrypt(hash)?.cost ?? this.cost; cost < this.cost; cost += 1) {
      await run(job('hashSync', prehash(password, newSalt()), `$2b$${pad(cost)}$${newSalt()}`));
    }
  }

  override needsRehash(hash: string): boolean {
    const stored = readBcrypt(hash);
    return stored?.scheme !== this.scheme || stored.cost !== this.cost;
  }

  override decoy(): string {
    return `$bcrypt-sha256$v=2,t=2b,r=${this.cost}$${newSalt()}$${encode64(randomBytes(24)).slice(0, 31)}`;
  }

  override weakness(): string | null {
    return this.cost < 10 ? `bcrypt cost ${this.cost}` : null;
  }
}

const job = (method: string, ...args: string[]): HashJob => ({ module: 'bcrypt', from: HERE, method, args });
const pad = (cost: number): string => String(cost).padStart(2, '0');

/** Whether bcrypt makes this salt and digest (53 characters) of the key. */
export async function verifyBcrypt(
  key: string,
  cost: number,
  saltAndDigest: string,
  run: RunHashJob,
): Promise<boolean> {
  // Always as $2b$: $2y$, which the library does not read, is PHP's name for it, and $2a$ differs above 254 bytes alone.
  return (await run(job('compareSync', key, `$2b$${pad(cost)}$${saltAndDigest}`))) === true;
}

/** 16 random bytes in bcrypt's own base64; the last character carries only two bits of them. */
function newSalt(): string {
  return encode64(randomBytes(16)).slice(0, 22);
}

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BCRYPT = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function encode64(bytes: Buffer): string {
  return bytes
    .toString('base64')
    .replace(/[A-Za-z0-9+/]/g, (c) => BCRYPT[STANDARD.indexOf(c)])
    .replace(/=/g, '');
}
