import { createCipheriv } from 'node:crypto';
import { AuthKitConfigError } from '../kernel/errors.js';
import { isAffordable, sameBytes, scrypt, type ForeignScheme } from './foreign-scheme.js';

/** A Firebase project's password hash parameters, as its console shows them (Authentication, Users). */
export interface FirebaseParameters {
  /** `base64_signer_key`. A secret: without it the hashes cannot be verified, nor guessed at. */
  signerKey: string;
  /** `base64_salt_separator`. @default 'Bw==' */
  saltSeparator?: string;
  /** `rounds`. @default 8 */
  rounds?: number;
  /** `mem_cost`, log2 of scrypt's N. @default 14 */
  memCost?: number;
}

const PREFIX = '$firebase-scrypt$';
const STORED = /^\$firebase-scrypt\$([A-Za-z0-9_-]{2,64})\$([A-Za-z0-9_-]{22,128})$/;

/**
 * The stored form of a hash exported from Firebase: `$firebase-scrypt$salt$hash`, both base64url without padding.
 * What the whole project shares stays in the options of `importedHashes()`.
 */
export function firebaseHash(account: { passwordHash: string; salt: string }): string {
  return `${PREFIX}${base64url(account.salt)}$${base64url(account.passwordHash)}`;
}

/** Firebase's scrypt: the derived key encrypts the project's signer key, and that is the hash. */
export function firebaseScheme(parameters: FirebaseParameters): ForeignScheme {
  const { rounds = 8, memCost = 14, saltSeparator = 'Bw==' } = parameters;
  const signerKey = Buffer.from(parameters.signerKey, 'base64');
  const separator = Buffer.from(saltSeparator, 'base64');
  const cost = { N: 2 ** memCost, r: rounds, p: 1 };
  const path = 'importedHashes().firebase';
  const remedy = "Copy it from the Firebase console: Authentication, Users, 'Password hash parameters'.";
  if (signerKey.length < 16) throw new AuthKitConfigError(`${path}.signerKey`, 'it is no base64 of 16 bytes', remedy);
  if (![rounds, memCost].every(Number.isInteger) || !isAffordable(cost)) {
    throw new AuthKitConfigError(
      `${path}.rounds`,
      'they and memCost are no whole numbers, or ask for too much',
      remedy,
    );
  }
  return {
    name: 'firebase-scrypt',
    recognises: (hash) => hash.startsWith(PREFIX),
    read(hash) {
      const [, salt, encoded] = STORED.exec(hash) ?? [];
      if (encoded === undefined) return null;
      const stored = Buffer.from(encoded, 'base64url');
      if (stored.length !== signerKey.length) return null;
      const salted = Buffer.concat([Buffer.from(salt, 'base64url'), separator]);
      return async (password, run) => {
        const key = await scrypt(password, salted, 32, cost, run);
        return sameBytes(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(signerKey), stored);
      };
    },
  };
}

/** Exports come in either alphabet, with padding or without. */
function base64url(text: string): string {
  return Buffer.from(text, 'base64').toString('base64url');
}
