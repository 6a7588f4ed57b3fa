import { createHash, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/**
 * Keys derived from the configured secrets, one label a purpose (HKDF-SHA-256, RFC 5869).
 * The first secret signs; all of them verify, so that a secret can be replaced without logging anybody out.
 */
export class KeyRing {
  private readonly derived = new Map<string, readonly KeyObject[]>();

  constructor(private readonly secrets: readonly string[]) {}

  /** 256-bit keys for one purpose, in the order of the secrets. */
  keys(label: string): readonly KeyObject[] {
    let keys = this.derived.get(label);
    if (!keys) {
      keys = this.secrets.map((secret) =>
        createSecretKey(Buffer.from(hkdfSync('sha256', secret, 'authkit/v1', label, 32))),
      );
      this.derived.set(label, keys);
    }
    return keys;
  }
}

/** Names a secret key without telling anything of it: 12 characters of a hash. */
export function keyIdOf(key: KeyObject): string {
  return createHash('sha256').update('kid').update(key.export()).digest('base64url').slice(0, 12);
}
