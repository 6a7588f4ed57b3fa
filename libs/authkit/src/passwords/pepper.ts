import { createHmac } from 'node:crypto';

const MARK = '$authkit-pepper$k=';
const PEPPERED = /^\$authkit-pepper\$k=([A-Za-z0-9._~-]{1,64})\$(.+)$/s;

/** A key of the option `passwords.pepper`. */
export interface PepperKey {
  /** Names the key in stored hashes: 1 to 64 letters, digits, `.`, `_`, `~` and `-`. */
  readonly id: string;
  /** At least 32 random bytes, not the option `secret`, used as they are. */
  readonly secret: string;
}

/** A stored hash, taken apart: `$authkit-pepper$k=id$` and what the hasher has written; `keyId` is null without pepper. */
export interface StoredHash {
  readonly keyId: string | null;
  readonly inner: string;
}

/** Takes a stored hash apart. */
export function readStored(hash: string): StoredHash {
  const [, keyId = null, inner = hash] = PEPPERED.exec(hash) ?? [];
  return { keyId, inner };
}

/** Marks what a hasher has written as made with this key. */
export function withKeyId(key: PepperKey, inner: string): string {
  return `${MARK}${key.id}$${inner}`;
}

/**
 * What the hasher gets instead of the password: a keyed hash whose key is not in the database (NIST SP 800-63B-4,
 * 3.1.1.2). In base64, because bcrypt reads no NUL; SHA-384, so that its 64 characters fit into bcrypt's 72 bytes.
 */
export function peppered(key: PepperKey, normalized: string): string {
  return createHmac('sha384', key.secret).update(normalized).digest('base64');
}
