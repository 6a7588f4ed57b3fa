import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { hashJobs } from '../../../../test/support/hash-jobs.js';
import { FOREIGN_SCHEMES } from './foreign-schemes.js';

const { run } = hashJobs();
const schemeOf = (name: string) => FOREIGN_SCHEMES.find((scheme) => scheme.name === name)!;
const readable = (name: string, hash: string) => schemeOf(name).read(hash) !== null;

const pbkdf2Hash = (digest: string, iterations: number | string, length: number, salt = 'saltOfDjango') =>
  `pbkdf2_${digest}$${iterations}$${salt}$${pbkdf2Sync('password', salt, 2, length, digest).toString('base64')}`;
const scryptHash = ({ N = '16', r = '2', p = '3', salt = 'saltOfDjango' }) =>
  `scrypt$${N}$${salt}$${r}$${p}$${scryptSync('password', salt, 64, { N: 16, r: 2, p: 3 }).toString('base64')}`;
const betterAuth = (key: string) => `204c739a06806f3fa7f8b39b21f9eb1b:${key}`;

const PBKDF2_SHA256 = pbkdf2Hash('sha256', 2, 32);
const PBKDF2_SHA1 = pbkdf2Hash('sha1', 2, 20);
const SCRYPT = scryptHash({});
const BETTER_AUTH = betterAuth('8'.repeat(128));
const HASHES = [
  ['django-pbkdf2-sha256', PBKDF2_SHA256],
  ['django-pbkdf2-sha1', PBKDF2_SHA1],
  ['django-scrypt', SCRYPT],
  ['better-auth-scrypt', BETTER_AUTH],
] as const;

describe.each(HASHES)('%s', (name, hash) => {
  it('recognises its own hashes and no other’s', () => {
    const own = HASHES.filter(([, one]) => schemeOf(name).recognises(one)).map(([one]) => one);
    expect(own).toEqual([name]);
    expect(['', 'x', `x${hash}`, `$${hash}`].map((text) => schemeOf(name).recognises(text))).not.toContain(true);
  });

  it('reads a hash only if it is whole, and nothing beside it', () => {
    expect(readable(name, hash)).toBe(true);
    for (const wrong of ['', `x${hash}`, `${hash}x`, `${hash}\n`, hash.slice(0, -1), hash.slice(1), `${hash}${hash}`]) {
      expect([wrong, readable(name, wrong)]).toEqual([wrong, false]);
    }
  });
});

it.each(HASHES.slice(0, 3))('%s verifies its password and no other', async (name, hash) => {
  const check = schemeOf(name).read(hash)!;
  expect(await check('password', run)).toBe(true);
  for (const wrong of ['Password', 'password ', '']) expect(await check(wrong, run)).toBe(false);
});

it.each(['pbkdf2_sha256$', 'pbkdf2_sha1$', 'scrypt$'])('%s alone is recognised, though not readable', (prefix) => {
  const [scheme] = FOREIGN_SCHEMES.filter(({ recognises }) => recognises(prefix));
  expect(scheme.read(prefix)).toBeNull();
});

describe('PBKDF2 of Django', () => {
  it.each([
    [1, true],
    [4_000_000, true],
    [0, false],
    [4_000_001, false],
    [10_000_000, false],
    ['', false],
    ['1x', false],
    ['-1', false],
  ])('with %p iterations is readable: %p', (iterations, expected) => {
    expect(readable('django-pbkdf2-sha256', pbkdf2Hash('sha256', iterations, 32))).toBe(expected);
    expect(readable('django-pbkdf2-sha1', pbkdf2Hash('sha1', iterations, 20))).toBe(expected);
  });

  it('has a digest of its own length', () => {
    expect(readable('django-pbkdf2-sha256', pbkdf2Hash('sha256', 2, 20))).toBe(false);
    expect(readable('django-pbkdf2-sha1', pbkdf2Hash('sha1', 2, 32))).toBe(false);
    expect(readable('django-pbkdf2-sha1', pbkdf2Hash('sha1', 2, 19))).toBe(false);
  });

  it.each([
    ['s', true],
    ['s'.repeat(128), true],
    ['with/other+signs=', true],
    ['', false],
    ['s'.repeat(129), false],
    ['a$b', false],
  ])('with the salt %p is readable: %p', (salt, expected) => {
    expect(readable('django-pbkdf2-sha256', pbkdf2Hash('sha256', 2, 32, salt))).toBe(expected);
  });

  it('has no other alphabet, and no other digest', () => {
    expect(readable('django-pbkdf2-sha256', PBKDF2_SHA256.slice(0, -3) + '-_=')).toBe(false);
    expect(readable('django-pbkdf2-sha256', PBKDF2_SHA256.replace('256', '512'))).toBe(false);
  });
});

describe('scrypt of Django', () => {
  it.each([
    [{ N: '131072', r: '8', p: '4' }, true],
    [{ N: '131072', r: '8', p: '5' }, false],
    [{ N: '262144', r: '8', p: '1' }, false],
    [{ N: '16384', r: '65', p: '1' }, false],
    [{ N: '16383', r: '8', p: '1' }, false],
    [{ N: '0' }, false],
    [{ N: '' }, false],
    [{ N: 'x' }, false],
    [{ r: '0' }, false],
    [{ r: 'x' }, false],
    [{ r: '' }, false],
    [{ p: '0' }, false],
    [{ p: 'x' }, false],
    [{ p: '' }, false],
    [{ N: '2', r: '1', p: '100' }, true],
    [{ N: '2', r: '100', p: '1' }, true],
    [{ N: '2', r: '1', p: '1000' }, false],
    [{ N: '2', r: '1000', p: '1' }, false],
    [{ N: '000000002' }, false],
    [{ salt: 's' }, true],
    [{ salt: 's'.repeat(128) }, true],
    [{ salt: '' }, false],
    [{ salt: 's'.repeat(129) }, false],
    [{ salt: 'a$b' }, false],
  ])('with %p is readable: %p', (parts, expected) => {
    expect(readable('django-scrypt', scryptHash(parts))).toBe(expected);
  });

  it('has a digest of 64 bytes, in the alphabet of base64', () => {
    expect(readable('django-scrypt', SCRYPT.replace(/.{4}==$/, '=='))).toBe(false);
    expect(readable('django-scrypt', SCRYPT.replace(/.==$/, '-=='))).toBe(false);
  });
});

describe('scrypt of better-auth', () => {
  const key = (password: string) =>
    scryptSync(password, BETTER_AUTH.slice(0, 32), 64, { N: 16_384, r: 16, p: 1, maxmem: 2 ** 26 }).toString('hex');

  it('verifies the password in NFKC, with the text of the salt', async () => {
    const check = schemeOf('better-auth-scrypt').read(betterAuth(key('fish')))!;
    expect(await check('\ufb01sh', run)).toBe(true);
    expect(await check('Fish', run)).toBe(false);
  });

  it('is hexadecimal in small letters', () => {
    for (const wrong of [
      BETTER_AUTH.replace(/.$/, 'F'),
      BETTER_AUTH.replace(/^./, 'A'),
      BETTER_AUTH.replace(':', '$'),
      BETTER_AUTH.replace(/^./, 'g'),
    ]) {
      expect(schemeOf('better-auth-scrypt').recognises(wrong)).toBe(false);
      expect(readable('better-auth-scrypt', wrong)).toBe(false);
    }
  });
});
