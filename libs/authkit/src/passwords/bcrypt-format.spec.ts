import { createHash, createHmac } from 'node:crypto';
import { looksLikeBcrypt, plainKey, prehash, readBcrypt } from './bcrypt-format.js';

const SALT = 'n79VH.0Q2TMWmt3Oqt9uku';
const DIGEST = 'Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2';
const sha256 = (text: string, encoding: 'base64' | 'hex') => createHash('sha256').update(text, 'utf8').digest(encoding);
const hmac = (text: string) => createHmac('sha256', SALT).update(text, 'utf8').digest('base64');

/** Every format: how it writes a hash of a cost, and what bcrypt gets for a password. */
const FORMATS: [scheme: string, write: (cost: string) => string, key: (password: string) => string][] = [
  ['bcrypt-sha256', (cost) => `$bcrypt-sha256$v=2,t=2b,r=${cost}$${SALT}$${DIGEST}`, hmac],
  ['bcrypt-sha256-v1', (cost) => `$bcrypt-sha256$2a,${cost}$${SALT}$${DIGEST}`, (text) => sha256(text, 'base64')],
  ['bcrypt', (cost) => `$2y$${cost}$${SALT}${DIGEST}`, (text) => text],
  ['django-bcrypt-sha256', (cost) => `bcrypt_sha256$$2b$${cost}$${SALT}${DIGEST}`, (text) => sha256(text, 'hex')],
  ['django-bcrypt', (cost) => `bcrypt$$2b$${cost}$${SALT}${DIGEST}`, (text) => text],
];

describe.each(FORMATS)('a hash of %s', (scheme, write, key) => {
  const hash = write('12');

  it('is taken apart, and says what bcrypt gets for a password', () => {
    const read = readBcrypt(hash)!;
    expect(read).toMatchObject({ scheme, cost: 12, salt: SALT, digest: DIGEST });
    expect(read.key('grüße')).toBe(key('grüße'));
    expect(looksLikeBcrypt(hash)).toBe(true);
  });

  it.each(['04', '15'])('may have cost %s', (cost) => {
    expect(readBcrypt(write(cost))).toMatchObject({ scheme, cost: Number(cost) });
  });

  it.each(['03', '16', '99', '1x', 'xx', '', '012'])('may not have cost %p', (cost) => {
    expect(readBcrypt(write(cost))).toBeNull();
  });

  it('is read only if it is whole, and nothing beside it', () => {
    for (const wrong of [
      `x${hash}`,
      `${hash}x`,
      `${hash}\n`,
      hash.slice(0, -1),
      hash.replace(SALT, SALT.slice(1)),
      hash.replace(SALT, SALT.replace('.', '-')),
      hash.replace(DIGEST, DIGEST.replace('K', '=')),
      hash.replace(/2[aby]/, '2z'),
      hash.replace(/2[aby]/, '2x'),
      hash.toUpperCase(),
    ]) {
      expect([wrong, readBcrypt(wrong)]).toEqual([wrong, null]);
    }
  });
});

it.each([
  ['$2a$', true],
  ['$2b$', true],
  ['$2x$', true],
  ['$2y$', true],
  ['$2z$', false],
  ['$bcrypt-sha256$', true],
  ['bcrypt$', true],
  ['bcrypt_sha256$', true],
  ['bcrypt_sha512$', false],
  ['x$2a$', false],
  ['', false],
])('%p looks like a hash of the family: %p', (text, looks) => {
  expect(looksLikeBcrypt(text)).toBe(looks);
});

it('plain bcrypt gets a password of 72 bytes, and none that it would cut', () => {
  const [fits, over] = ['é'.repeat(36), `${'é'.repeat(36)}x`];
  expect(plainKey(fits)).toBe(fits);
  expect([plainKey(over), plainKey('a\0b'), plainKey('\0')]).toEqual([null, null, null]);
});

it('the prehash is passlib’s, version 2: HMAC-SHA-256 keyed with the salt’s text', () => {
  expect(prehash('password', SALT)).toBe(hmac('password'));
});
