import { createHmac, randomBytes } from 'node:crypto';
import { callerFile } from '../kernel/this-file.js';
import { PasswordHasher, type HashJob, type RunHashJob } from './password-hasher.js';

const HERE = callerFile();
/** Stored costs above this are refused, so that a planted hash cannot burn minutes. */
const MAX_STORED_COST = 15;
const MAX_PLAIN_BYTES = 72;

const SHA256 = /^\$bcrypt-sha256\$v=2,t=2b,r=(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/;
const PLAIN = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/;

/**
 * bcrypt for new hashes as `$bcrypt-sha256$` (the format of passlib, version 2): HMAC-SHA-256 first, so that nothing is
 * cut at bcrypt's 72 bytes. Plain `$2a$`, `$2b$` and `$2y$` hashes of imported users verify and are replaced at login.
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
    return hash.startsWith('$bcrypt-sha256$') || /^\$2[abxy]\$/.test(hash);
  }

  override async hash(password: string, run: RunHashJob): Promise<string> {
    const salt = newSalt();
    const digest = await run(job('hashSync', prehash(password, salt), `$2b$${pad(this.cost)}$${salt}`));
    return `$bcrypt-sha256$v=2,t=2b,r=${this.cost}$${salt}$${String(digest).slice(29)}`;
  }

  override async verify(password: string, hash: string, run: RunHashJob): Promise<boolean> {
    const modern = SHA256.exec(hash);
    if (modern) {
      const [, cost, salt, digest] = modern;
      if (!affordable(cost)) return false;
      return (
        (await run(job('compareSync', prehash(password, salt), `$2b$${pad(Number(cost))}$${salt}${digest}`))) === true
      );
    }
    const plain = PLAIN.exec(hash);
    if (!plain || !affordable(plain[1])) return false;
    // Plain bcrypt reads 72 bytes and stops at NUL; a longer password would match by its beginning.
    if (Buffer.byteLength(password) > MAX_PLAIN_BYTES || password.includes('\0')) return false;
    // The library reads only $2a$ and $2b$; $2y$ is PHP's name for the same algorithm.
    return (await run(job('compareSync', password, hash.replace(/^\$2y\$/, '$2b$')))) === true;
  }

  override async makeUp(password: string, hash: string, run: RunHashJob): Promise<void> {
    // A hash of cost c and decoys of cost c to n - 1 take together what one of cost n takes: 2^c + (2^n - 2^c).
    const stored = Number(SHA256.exec(hash)?.[1] ?? PLAIN.exec(hash)?.[1] ?? this.cost);
    for (let cost = stored; cost < this.cost; cost += 1) {
      await run(job('hashSync', prehash(password, newSalt()), `$2b$${pad(cost)}$${newSalt()}`));
    }
  }

  override needsRehash(hash: string): boolean {
    return Number(SHA256.exec(hash)?.[1] ?? -1) !== this.cost;
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
const affordable = (cost: string): boolean => Number(cost) >= 4 && Number(cost) <= MAX_STORED_COST;

function prehash(password: string, salt: string): string {
  return createHmac('sha256', salt).update(password, 'utf8').digest('base64');
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
