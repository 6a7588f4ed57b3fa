import { createRequire } from 'node:module';
import { hashJobs } from '../../../../test/support/hash-jobs.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import { deviseHash, importedHashes } from './imported.hasher.js';

const here = createRequire(`${process.cwd()}/package.json`);
const { hashSync } = here('bcrypt') as { hashSync(password: string, salt: string): string };

const PEPPER = 'the pepper of the old system';
const SIGNER_KEY = Buffer.alloc(32, 1).toString('base64');
const BCRYPT_SALT = '$2b$04$abcdefghijklmnopqrstuu';
const DEVISE = deviseHash(hashSync(`password${PEPPER}`, BCRYPT_SALT));
const FIREBASE = `$firebase-scrypt$c2FsdA$${'A'.repeat(43)}`;
// PBKDF2 with one iteration, as Django writes it.
const DJANGO = 'pbkdf2_sha256$1$salt$Eg+2z/z4syxD5yJSVsT4N6hlSMkszDVICAWYfLcL4Xs=';

const none = importedHashes();
const all = importedHashes({ devisePepper: PEPPER, firebase: { signerKey: SIGNER_KEY } });

describe('importedHashes', () => {
  it('knows what needs no secret, and the rest with its secret', () => {
    const schemes = (hasher: typeof all) => [DJANGO, DEVISE, FIREBASE].map((hash) => hasher.schemeOf(hash));
    expect(schemes(none)).toEqual(['django-pbkdf2-sha256', null, null]);
    expect(schemes(importedHashes({ devisePepper: PEPPER }))).toEqual(['django-pbkdf2-sha256', 'devise-bcrypt', null]);
    expect(schemes(all)).toEqual(['django-pbkdf2-sha256', 'devise-bcrypt', 'firebase-scrypt']);
    expect([DJANGO, DEVISE, FIREBASE].map((hash) => none.recognises(hash))).toEqual([true, false, false]);
  });

  it('recognises a malformed hash, has no scheme for it, and lets nobody in', async () => {
    const { jobs, run } = hashJobs();
    expect(all.recognises(`${DJANGO}x`)).toBe(true);
    expect(all.schemeOf(`${DJANGO}x`)).toBeNull();
    expect(await all.verify('password', `${DJANGO}x`, run)).toBe(false);
    expect(jobs).toEqual([]);
  });

  it('verifies nothing of a scheme it does not know', async () => {
    const { jobs, run } = hashJobs();
    for (const hasher of [none, all]) {
      expect(hasher.recognises('md5:1')).toBe(false);
      expect(hasher.schemeOf('md5:1')).toBeNull();
      expect(await hasher.verify('password', 'md5:1', run)).toBe(false);
    }
    expect(jobs).toEqual([]);
  });

  it('verifies a password against the hash it was made for', async () => {
    const { run } = hashJobs();
    expect(await all.verify('password', DJANGO, run)).toBe(true);
    expect(await all.verify('Password', DJANGO, run)).toBe(false);
  });

  it('never writes, and wants every hash replaced', async () => {
    expect([all.scheme, all.verifiesOnly, all.needsRehash(DJANGO)]).toEqual(['imported', true, true]);
    await expect(all.hash('password', hashJobs().run)).rejects.toThrow('importedHashes() writes no hashes');
    expect(() => all.decoy()).toThrow('importedHashes() writes no hashes');
  });

  it('refuses an empty pepper', () => {
    const make = () => importedHashes({ devisePepper: '' });
    expect(make).toThrow(AuthKitConfigError);
    expect(make).toThrow(
      new Error('nest-authkit: importedHashes().devisePepper: it is empty. Leave it out when Devise has none.'),
    );
  });

  it('refuses parameters of Firebase that cannot be right', () => {
    expect(() => importedHashes({ firebase: { signerKey: 'short' } })).toThrow(AuthKitConfigError);
  });
});

describe('a hash of Devise with a pepper', () => {
  it('verifies its password with that pepper alone', async () => {
    const { run } = hashJobs();
    expect(await all.verify('password', DEVISE, run)).toBe(true);
    expect(await all.verify('Password', DEVISE, run)).toBe(false);
    expect(await importedHashes({ devisePepper: `${PEPPER}!` }).verify('password', DEVISE, run)).toBe(false);
  });

  it('is recognised by its beginning', () => {
    const known = ['$devise-bcrypt$', DEVISE, '$devise-bcrypt', `x${DEVISE}`, DEVISE.slice(1), '$2b$04$'];
    expect(known.map((text) => all.recognises(text))).toEqual([true, true, false, false, false, false]);
  });

  it('is plain bcrypt, whole, of a cost that is affordable', () => {
    expect(DEVISE).toMatch(/^\$devise-bcrypt\$2b\$04\$/);
    for (const wrong of [
      '$devise-bcrypt$',
      `${DEVISE}x`,
      DEVISE.slice(0, -1),
      DEVISE.replace('$04$', '$16$'),
      deviseHash(`$bcrypt-sha256$v=2,t=2b,r=4$${'a'.repeat(22)}$${'b'.repeat(31)}`),
    ]) {
      expect([wrong, all.schemeOf(wrong)]).toEqual([wrong, null]);
    }
  });

  it('never matches over 72 bytes or behind a NUL, and does no work for that', async () => {
    const { jobs, run } = hashJobs();
    for (const password of ['y'.repeat(73), 'before\0after']) {
      const hash = deviseHash(hashSync(password.slice(0, 72) + PEPPER, BCRYPT_SALT));
      expect(await all.verify(password, hash, run)).toBe(false);
    }
    expect(jobs).toEqual([]);
    expect(await all.verify('y'.repeat(72), deviseHash(hashSync('y'.repeat(72), BCRYPT_SALT)), run)).toBe(true);
  });
});
