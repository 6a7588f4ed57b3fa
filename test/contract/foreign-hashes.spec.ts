// Hashes made by the other systems themselves, at the costs these write; what is read of a hash is in the units.
import { bcrypt, deviseHash, firebaseHash, importedHashes } from 'nest-authkit';
import { argon2id } from 'nest-authkit/argon2';
import { resolveOptions } from '../../libs/authkit/src/options/resolve-options.js';
import { PasswordService } from '../../libs/authkit/src/passwords/password.service.js';
import { ARGON2, DEVISE_PEPPER, FIREBASE, KEYED, KEYLESS, withOneBitChanged } from '../support/foreign-hashes.js';

const keys = { devisePepper: DEVISE_PEPPER, firebase: FIREBASE };
const serviceOf = (hasher: Parameters<typeof resolveOptions>[0]['passwords']) =>
  new PasswordService(resolveOptions({ passwords: { queue: 1000, ...hasher } }, {}));

const all = serviceOf({ hasher: [bcrypt({ cost: 4 }), argon2id({ memory: 64 }), importedHashes(keys)] });
const plain = serviceOf({ hasher: bcrypt({ cost: 4 }) });
const withoutThreads = serviceOf({ hasher: [bcrypt({ cost: 4 }), importedHashes(keys)], workers: 0 });
afterAll(() => Promise.all([all, plain, withoutThreads].map((service) => service.onApplicationShutdown())));

describe.each([...KEYLESS, ...KEYED, ...ARGON2])('$scheme $hash', ({ scheme, hash, password, twin }) => {
  it('verifies the password it was made of, fits the column, and is replaced', async () => {
    expect(await all.verify(password, hash)).toBe(true);
    expect(all.schemeOf(hash)).toBe(scheme);
    expect(hash.length).toBeLessThanOrEqual(255);
    expect(all.shouldRehash(hash)).toBe(scheme !== 'bcrypt-sha256');
  });

  it('verifies no other password', async () => {
    for (const wrong of [`${password} `, password.toUpperCase(), '', ...(twin ? [twin] : [])]) {
      expect(await all.verify(wrong, hash)).toBe(false);
    }
  });

  it('verifies no more with one bit of it changed', async () => {
    const changed = withOneBitChanged(hash);
    expect(all.schemeOf(changed)).toBe(scheme);
    expect(await all.verify(password, changed)).toBe(false);
  });

  it('is malformed with a character more or less, and then lets nobody in', async () => {
    for (const broken of [`${hash}A`, `${hash}$`, hash.slice(0, -3), `${hash}\n`]) {
      // A shorter digest of Argon2 is well-formed too.
      if (!scheme.includes('argon2')) expect(all.schemeOf(broken)).toBeNull();
      expect(await all.verify(password, broken)).toBe(false);
    }
  });
});

it.each(KEYLESS)('$scheme verifies without an option', async ({ hash, password }) => {
  expect(await plain.verify(password, hash)).toBe(true);
});

it.each([...KEYLESS, ...KEYED])('$scheme verifies without threads too', async ({ hash, password }) => {
  expect(await withoutThreads.verify(password, hash)).toBe(true);
});

it.each([...KEYED, ...ARGON2])('$scheme is unknown without its secret or hasher', async ({ hash, password }) => {
  expect(plain.schemeOf(hash)).toBeNull();
  expect(await plain.verify(password, hash)).toBe(false);
});

it.each(KEYED)('$scheme verifies with no other secret', async ({ hash, password }) => {
  const other = serviceOf({
    hasher: importedHashes({
      devisePepper: DEVISE_PEPPER.replace('8', '9'),
      firebase: { ...FIREBASE, signerKey: FIREBASE.signerKey.replace('j', 'k') },
    }),
  });
  expect(await other.verify(password, hash)).toBe(false);
  await other.onApplicationShutdown();
});

describe('a planted hash that asks for too much work', () => {
  const digest = 'A'.repeat(43);
  it.each([
    ['bcrypt-sha256-v1', `$bcrypt-sha256$2b,16$${'a'.repeat(22)}$${'b'.repeat(31)}`],
    ['django-bcrypt', `bcrypt$$2b$16$${'a'.repeat(53)}`],
    ['django-bcrypt-sha256', `bcrypt_sha256$$2b$31$${'a'.repeat(53)}`],
    ['devise-bcrypt', deviseHash(`$2a$16$${'a'.repeat(53)}`)],
    ['iterations', `pbkdf2_sha256$4000001$salt$${digest}=`],
    ['no iterations', `pbkdf2_sha256$0$salt$${digest}=`],
    ['scrypt memory', `scrypt$2097152$salt$1$1$${'A'.repeat(86)}==`],
    ['scrypt block size', `scrypt$16384$salt$65$1$${'A'.repeat(86)}==`],
    ['scrypt lanes', `scrypt$131072$salt$8$5$${'A'.repeat(86)}==`],
    ['scrypt cost that is no power of two', `scrypt$16383$salt$8$1$${'A'.repeat(86)}==`],
    ['argon2 memory', `$argon2i$v=19$m=262145,t=1,p=1$c29tZXNhbHQ$${digest}`],
    ['argon2 passes', `argon2$argon2id$v=19$m=64,t=11,p=1$c29tZXNhbHQ$${digest}`],
    ['argon2 lanes', `$argon2id$v=19$m=64,t=1,p=9$c29tZXNhbHQ$${digest}`],
    ['a digest of another length', `pbkdf2_sha256$1$salt$${'A'.repeat(27)}=`],
  ])('is refused unread: %s', async (_name, hash) => {
    expect(all.schemeOf(hash)).toBeNull();
    expect(await all.verify('x', hash)).toBe(false);
  });
});

it('firebaseHash writes Firebase’s published example as it is stored', () => {
  const passwordHash = 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==';
  const stored = KEYED.find(({ scheme }) => scheme === 'firebase-scrypt')!.hash;
  expect(firebaseHash({ passwordHash, salt: '42xEC+ixf3L2lw==' })).toBe(stored);
});

it('importedHashes never writes, wherever it stands in the list', async () => {
  const service = serviceOf({ hasher: [importedHashes(keys), argon2id({ memory: 64 })] });
  expect(await service.hash('twelve or more')).toMatch(/^\$argon2id\$/);
  await service.onApplicationShutdown();
});

describe('a plain bcrypt hash from elsewhere', () => {
  const hashes = [
    ['Django', KEYLESS.find(({ scheme }) => scheme === 'django-bcrypt')!.hash],
    ['Devise with a pepper', KEYED.find(({ scheme }) => scheme === 'devise-bcrypt')!.hash],
  ];
  it.each(hashes)('of %s never matches over 72 bytes or behind a NUL', async (_system, hash) => {
    let jobs = 0;
    const run = () => Promise.resolve((jobs += 1) > 0);
    for (const password of ['y'.repeat(73), 'before\0after']) {
      for (const hasher of [bcrypt({ cost: 4 }), importedHashes(keys)]) {
        expect(await hasher.verify(password, hash, run)).toBe(false);
      }
    }
    expect(jobs).toBe(0);
  });
});
