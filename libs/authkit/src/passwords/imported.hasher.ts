import { AuthKitConfigError } from '../kernel/errors.js';
import { verifyBcrypt } from './bcrypt.hasher.js';
import { plainKey, readBcrypt } from './bcrypt-format.js';
import { firebaseScheme, type FirebaseParameters } from './firebase.scheme.js';
import type { ForeignScheme } from './foreign-scheme.js';
import { FOREIGN_SCHEMES } from './foreign-schemes.js';
import { PasswordHasher, type RunHashJob } from './password-hasher.js';

export interface ImportedHashesOptions {
  /** Devise's `config.pepper`, a secret of the old system; without it Devise's hashes are plain bcrypt. @default none */
  devisePepper?: string;
  /** Of the one Firebase project that users come from. @default none */
  firebase?: FirebaseParameters;
}

/**
 * Verifies what other systems have written: Django's `pbkdf2_sha256$`, `pbkdf2_sha1$` and `scrypt$`, better-auth's
 * `salt:key`; with their secrets here also `$firebase-scrypt$` and `$devise-bcrypt$`. Always among the hashers, so it
 * need be named only to pass secrets. Throws `AuthKitConfigError` for parameters that cannot be right.
 */
export function importedHashes(options: ImportedHashesOptions = {}): PasswordHasher {
  const { devisePepper, firebase } = options;
  if (devisePepper === '') {
    throw new AuthKitConfigError('importedHashes().devisePepper', 'it is empty', 'Leave it out when Devise has none.');
  }
  return new ImportedHasher([
    ...FOREIGN_SCHEMES,
    ...(devisePepper === undefined ? [] : [deviseScheme(devisePepper)]),
    ...(firebase ? [firebaseScheme(firebase)] : []),
  ]);
}

const DEVISE = '$devise-bcrypt';

/** The stored form of Devise's `encrypted_password` where `config.pepper` is set: `$devise-bcrypt` before the hash. */
export function deviseHash(encryptedPassword: string): string {
  return DEVISE + encryptedPassword;
}

function deviseScheme(pepper: string): ForeignScheme {
  return {
    name: 'devise-bcrypt',
    recognises: (hash) => hash.startsWith(`${DEVISE}$`),
    read(hash) {
      const stored = readBcrypt(hash.slice(DEVISE.length));
      if (stored?.scheme !== 'bcrypt') return null;
      return async (password, run) =>
        plainKey(password) !== null &&
        // Behind a password of 72 bytes bcrypt reads nothing of the pepper, as in Devise.
        (await verifyBcrypt(password + pepper, stored.cost, stored.salt + stored.digest, run));
    },
  };
}

class ImportedHasher extends PasswordHasher {
  override readonly scheme = 'imported';
  override readonly verifiesOnly = true;

  constructor(private readonly schemes: readonly ForeignScheme[]) {
    super();
  }

  override recognises(hash: string): boolean {
    return this.find(hash) !== undefined;
  }

  override schemeOf(hash: string): string | null {
    const scheme = this.find(hash);
    return scheme?.read(hash) ? scheme.name : null;
  }

  override async verify(password: string, hash: string, run: RunHashJob): Promise<boolean> {
    const check = this.find(hash)?.read(hash);
    return check ? check(password, run) : false;
  }

  override needsRehash(): boolean {
    return true;
  }

  override hash(): Promise<string> {
    return Promise.reject(new Error('importedHashes() writes no hashes'));
  }

  override decoy(): string {
    throw new Error('importedHashes() writes no hashes');
  }

  private find(hash: string): ForeignScheme | undefined {
    return this.schemes.find((scheme) => scheme.recognises(hash));
  }
}
