import { generateKeyPairSync } from 'node:crypto';
import { KEYS, OTHER_P256, P256, P384, RSA, SHARED_SECRET, SMALL_RSA } from '../../../../test/support/keys.js';
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
    ['alg none', [{ kid: 'a', alg: 'none', secret: '' }], /keys\[0\]\.alg: "none" is not valid/],
    ['an algorithm it does not know', [{ kid: 'a', alg: 'HS512', secret: SHARED_SECRET }], /"HS512" is not valid/],
    ['no kid', [{ alg: 'ES256', pem: P256.privateKey }], /keys\[0\]\.kid: undefined is not valid/],
    ['a kid with a space', [{ ...KEYS.ES256, kid: 'a b' }], /keys\[0\]\.kid: "a b" is not valid/],
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
      /keys\[0\]\.signsFrom: "soon" is not valid/,
    ],
    ['a short secret', [{ kid: 'a', alg: 'HS256', secret: 'short' }], /keys\[0\]\.secret: it is shorter than 32 bytes/],
    ['an unknown field', [{ ...KEYS.ES256, passphrase: 'x' }], /keys\[0\]\.passphrase: there is no such option/],
  ])('refuse %s', (_what, keys, message) => {
    expect(() => resolve(keys)).toThrow(message);
  });

  it('refuse an encrypted key, and no error shows any of its text', () => {
    const { privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    expect(() => resolve([{ kid: 'a', alg: 'ES256', pem: privateKey }])).toThrow(/the private key is encrypted/);
    for (const pem of [privateKey, P384.privateKey, `${OTHER_P256.privateKey.slice(0, 60)}...`]) {
      const body = pem.split('\n')[1].slice(0, 16);
      try {
        resolve([{ kid: 'a', alg: 'ES256', pem }]);
      } catch (error) {
        expect(String(error)).not.toContain(body);
      }
    }
    expect.assertions(4);
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
