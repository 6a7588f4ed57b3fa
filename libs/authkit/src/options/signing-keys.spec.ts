import { generateKeyPairSync } from 'node:crypto';
import { KEYS, P256, P384, RSA, SHARED_SECRET, SMALL_RSA } from '../../../../test/support/keys.js';
import { optionsFromEnv } from './options-from-env.js';
import { resolveOptions } from './resolve-options.js';

const SECRET = 'k7Qw2Zr9Xv4Tn1Lb8Hs5Yd3Mf6Pc0Gj-Ue';
const PRODUCTION = { NODE_ENV: 'production' };
const resolve = (keys: unknown, env: NodeJS.ProcessEnv = PRODUCTION) =>
  resolveOptions({ secret: SECRET, baseUrl: 'https://app.example.com', accessToken: { keys: keys as never } }, env);

describe('accessToken.keys', () => {
  it('are none by default, so that keys derived from the secret sign', () => {
    expect(resolve(undefined).accessToken.keys).toBeNull();
  });

  it('are taken in order, private, public and secret', () => {
    const keys = resolve([KEYS.ES256, { kid: 'old', alg: 'RS256', pem: RSA.publicKey }, KEYS.HS256]).accessToken.keys!;
    expect(keys.map(({ kid, alg, key, signWith }) => [kid, alg, key.type, signWith?.type ?? null])).toEqual([
      ['es', 'ES256', 'public', 'private'],
      ['old', 'RS256', 'public', null],
      ['hs', 'HS256', 'secret', 'secret'],
    ]);
  });

  it('refuse a key made for PSS alone, which no JWKS can show', () => {
    const { privateKey } = generateKeyPairSync('rsa-pss', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    expect(() => resolve([{ kid: 'a', alg: 'PS256', pem: privateKey }])).toThrow(/PS256 takes an RSA key/);
  });

  it('say from when on they sign', () => {
    const later = new Date(Date.now() + 3_600_000);
    const keys = resolve([{ ...KEYS.ES256, signsFrom: later.toISOString() }, KEYS.RS256]).accessToken.keys!;
    expect(keys.map(({ signsFrom }) => signsFrom)).toEqual([later.getTime(), 0]);
  });

  it.each([
    ['an empty list', [], /accessToken\.keys: it is not a list of keys/],
    ['no list', {}, /accessToken\.keys: it is not a list of keys/],
    ['alg none', [{ kid: 'a', alg: 'none', secret: '' }], /keys\[0\]\.alg: it is not valid\. Give one of HS256/],
    [
      'an algorithm it does not know',
      [{ kid: 'a', alg: 'HS512', secret: SHARED_SECRET }],
      /keys\[0\]\.alg: it is not valid/,
    ],
    ['no kid', [{ alg: 'ES256', pem: P256.privateKey }], /keys\[0\]\.kid: it is not valid\. Name the key/],
    ['a kid with a space', [{ ...KEYS.ES256, kid: 'a b' }], /keys\[0\]\.kid: it is not valid/],
    ['one kid twice', [KEYS.ES256, { ...KEYS.RS256, kid: 'es' }], /keys\[1\]: kid es is listed twice/],
    ['one key under two names', [KEYS.RS256, KEYS.PS256], /keys\[1\]: the same key is listed twice/],
    ['RSA-1024', [{ kid: 'a', alg: 'RS256', pem: SMALL_RSA.privateKey }], /needs 2048 bits or more, this one has 1024/],
    ['an EC key for RS256', [{ kid: 'a', alg: 'RS256', pem: P256.privateKey }], /RS256 takes an RSA key/],
    ['an RSA key for ES256', [{ kid: 'a', alg: 'ES256', pem: RSA.privateKey }], /ES256 takes an EC key on P-256/],
    ['a curve other than P-256', [{ kid: 'a', alg: 'ES256', pem: P384.privateKey }], /ES256 takes an EC key on P-256/],
    [
      'a PEM for HS256',
      [{ kid: 'a', alg: 'HS256', pem: RSA.publicKey }],
      /a key for HS256 has a secret, and nothing else/,
    ],
    ['a secret for ES256', [{ kid: 'a', alg: 'ES256', secret: SHARED_SECRET }], /a key for ES256 has a pem, and/],
    ['both', [{ ...KEYS.ES256, secret: SHARED_SECRET }], /a key for ES256 has a pem, and nothing else/],
    ['a text that is no PEM', [{ kid: 'a', alg: 'ES256', pem: 'c2VjcmV0' }], /keys\[0\]\.pem: it is not a PEM/],
    ['only a public key', [{ kid: 'a', alg: 'ES256', pem: P256.publicKey }], /no key of it signs now/],
    [
      'only keys of the future',
      [{ ...KEYS.ES256, signsFrom: new Date(Date.now() + 60_000) }],
      /no key of it signs now/,
    ],
    [
      'a signsFrom that is no instant',
      [{ ...KEYS.ES256, signsFrom: 'soon' }],
      /keys\[0\]\.signsFrom: it is not an instant/,
    ],
    [
      'a signsFrom without a time zone',
      [{ ...KEYS.ES256, signsFrom: '2026-01-01T00:00:00' }],
      /signsFrom: it is not an instant/,
    ],
    [
      'a key that waits behind one that signs',
      [KEYS.RS256, { ...KEYS.ES256, signsFrom: new Date(1) }],
      /keys\[1\]\.signsFrom: it never comes to sign/,
    ],
    ['the secret itself', [{ kid: 'a', alg: 'HS256', secret: SECRET }], /keys\[0\]\.secret: it is the same as secret/],
    ['a short secret', [{ kid: 'a', alg: 'HS256', secret: 'short' }], /keys\[0\]\.secret: it is shorter than 32 bytes/],
    [
      'an unknown field',
      [{ ...KEYS.ES256, passphrase: 'x' }],
      /keys\[0\]: it has an unknown field\. Known here: kid, alg, pem/,
    ],
  ])('refuse %s', (_what, keys, message) => {
    expect(() => resolve(keys)).toThrow(message);
  });

  const encrypted = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

  it('refuse an encrypted key', () => {
    expect(() => resolve([{ kid: 'a', alg: 'ES256', pem: encrypted }])).toThrow(/the private key is encrypted/);
  });

  const pem = P256.privateKey;
  it.each<[string, unknown, string]>([
    ['an encrypted key', [{ kid: 'a', alg: 'ES256', pem: encrypted }], encrypted],
    ['a key of another curve', [{ kid: 'a', alg: 'ES256', pem: P384.privateKey }], P384.privateKey],
    ['half a key', [{ kid: 'a', alg: 'ES256', pem: pem.slice(0, 90) }], pem],
    ['a key that is not in an object', [pem], pem],
    ['a key in no list', pem, pem],
    ['a key in a list of its own', [[{ ...KEYS.ES256 }]], pem],
    ['a key for a name', [{ ...KEYS.ES256, kid: pem }], pem],
    ['a key for an algorithm', [{ ...KEYS.ES256, alg: pem }], pem],
    ['a key for an instant', [{ ...KEYS.ES256, signsFrom: pem }], pem],
    ['a key for the name of a field', [{ ...KEYS.ES256, [pem]: 1 }], pem],
    ['a secret in the wrong field', [{ kid: 'a', alg: SHARED_SECRET, secret: SHARED_SECRET }], `\n${SHARED_SECRET}`],
  ])('show nothing of %s in the error', (_what, keys, shown) => {
    const secretPart = shown.split('\n')[1].slice(0, 16);
    let message = '';
    try {
      resolve(keys);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/accessToken\.keys/);
    expect(message).not.toContain(secretPart);
  });

  it('are read from a PEM with CRLF, and from one on a single line', () => {
    for (const text of [pem.replaceAll('\n', '\r\n'), pem.replaceAll('\n', '\\n')]) {
      expect(resolve([{ kid: 'a', alg: 'ES256', pem: text }]).accessToken.keys![0].signWith!.type).toBe('private');
    }
  });

  it('only warn of a weak secret in development', () => {
    const options = resolveOptions(
      { secret: SECRET, accessToken: { keys: [{ kid: 'a', alg: 'HS256', secret: 'short' }] } },
      {},
    );
    expect(options.warnings).toContain(
      'accessToken.keys[0].secret is shorter than 32 bytes; production will refuse it',
    );
  });

  it('come from a variable or a file as JSON, which is in no error', () => {
    const env = { AUTHKIT_ACCESS_TOKEN_KEYS: JSON.stringify([KEYS.ES256]) };
    expect(optionsFromEnv(env).accessToken!.keys).toEqual([KEYS.ES256]);
    expect(() => optionsFromEnv({ AUTHKIT_ACCESS_TOKEN_KEYS: '-----BEGIN' })).toThrow(
      'nest-authkit: AUTHKIT_ACCESS_TOKEN_KEYS: it is not JSON. Give a list such as [{"kid":"2026","alg":"ES256","pem":"..."}].',
    );
  });
});
