import { createHash, createHmac } from 'node:crypto';

/** Stored costs above this are refused, so that a planted hash cannot burn minutes. */
export const MAX_STORED_COST = 15;
const MAX_PLAIN_BYTES = 72;

/** A stored hash of the bcrypt family, taken apart. */
export interface BcryptHash {
  /** Name of the format. */
  readonly scheme: string;
  readonly cost: number;
  /** 22 characters of bcrypt's base64. */
  readonly salt: string;
  /** 31 characters of bcrypt's base64. */
  readonly digest: string;
  /** The text that bcrypt gets for a password; null for a password that this format cannot tell from another. */
  readonly key: (password: string) => string | null;
}

interface Format {
  readonly scheme: string;
  /** Groups: cost, salt, digest. */
  readonly pattern: RegExp;
  readonly key: (password: string, salt: string) => string | null;
}

const FORMATS: readonly Format[] = [
  {
    // passlib, version 2; what bcrypt() writes.
    scheme: 'bcrypt-sha256',
    pattern: /^\$bcrypt-sha256\$v=2,t=2b,r=(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/,
    key: prehash,
  },
  {
    // passlib before 1.7.3: the digest has no salt of its own.
    scheme: 'bcrypt-sha256-v1',
    pattern: /^\$bcrypt-sha256\$2[aby],(\d{1,2})\$([./A-Za-z0-9]{22})\$([./A-Za-z0-9]{31})$/,
    key: (password) => createHash('sha256').update(password, 'utf8').digest('base64'),
  },
  {
    scheme: 'bcrypt',
    pattern: /^\$2[aby]\$(\d{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/,
    key: plainKey,
  },
  {
    scheme: 'django-bcrypt-sha256',
    pattern: /^bcrypt_sha256\$\$2[aby]\$(\d{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/,
    key: (password) => createHash('sha256').update(password, 'utf8').digest('hex'),
  },
  {
    scheme: 'django-bcrypt',
    pattern: /^bcrypt\$\$2[aby]\$(\d{2})\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/,
    key: plainKey,
  },
];

/** Whether the text looks like a hash of the family, whole or not; `$2x$` too, which never verifies. */
export function looksLikeBcrypt(hash: string): boolean {
  return /^(?:\$bcrypt-sha256\$|bcrypt(?:_sha256)?\$|\$2[abxy]\$)/.test(hash);
}

/** Null for a hash that is malformed or too costly. */
export function readBcrypt(hash: string): BcryptHash | null {
  for (const { scheme, pattern, key } of FORMATS) {
    const match = pattern.exec(hash);
    if (!match) continue;
    const [, rounds, salt, digest] = match;
    const cost = Number(rounds);
    if (cost < 4 || cost > MAX_STORED_COST) return null;
    return { scheme, cost, salt, digest, key: (password) => key(password, salt) };
  }
  return null;
}

/** passlib's bcrypt-sha256, version 2: HMAC-SHA-256 keyed with the salt's text, base64. */
export function prehash(password: string, salt: string): string {
  return createHmac('sha256', salt).update(password, 'utf8').digest('base64');
}

/** Plain bcrypt reads 72 bytes and stops at NUL; a longer password would match by its beginning. */
export function plainKey(password: string): string | null {
  return Buffer.byteLength(password) > MAX_PLAIN_BYTES || password.includes('\0') ? null : password;
}
