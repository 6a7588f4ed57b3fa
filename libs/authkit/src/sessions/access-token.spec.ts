import { createHmac, createSecretKey } from 'node:crypto';
import { jest } from '@jest/globals';
import { wire, type Wiring } from '../../../../test/support/wiring.js';
import { KeyRing } from '../kernel/key-ring.js';
import { AccessTokenKeys } from './access-token-keys.js';
import { AccessTokens, AccessTokenVerifier, UnknownKeyError } from './access-token.js';

type Json = Record<string, unknown>;
const SUBJECT = {
  userId: 'u1',
  sessionId: '0190c0de-1234-7abc-9def-0123456789ab',
  authenticatedAt: 1_799_999_000_750,
  amr: ['pwd', 'otp'],
  roles: ['editor'],
};
const OLD_SECRET = 'pV5bN8xM2kT7qJ4wR9zC3hL6fG1dS0aY-Ou';

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const partOf = (token: string, n: 0 | 1) =>
  JSON.parse(Buffer.from(token.split('.')[n], 'base64url').toString()) as Json;

const tokensOf = ({ options, clock }: Pick<Wiring, 'options' | 'clock'>, ring: KeyRing) =>
  new AccessTokens(options, new AccessTokenKeys(options, ring, clock), clock);

function setUp(raw: Parameters<typeof wire>[0] = {}) {
  const w = wire({ accessToken: { issuer: 'https://app.example', audience: 'api' }, ...raw });
  const tokens = tokensOf(w, w.keys);
  return { ...w, tokens, genuine: tokens.sign(SUBJECT) };
}

/** The genuine token with other headers or claims (undefined removes one), genuinely signed again. */
function forge({ keys, genuine }: Pick<Wiring, 'keys'> & { genuine: string }, header: Json, claims: Json = {}): string {
  const text = `${base64url({ ...partOf(genuine, 0), ...header })}.${base64url({ ...partOf(genuine, 1), ...claims })}`;
  const signature = createHmac('sha256', keys.keys('access-token HS256')[0]).update(text).digest('base64url');
  return `${text}.${signature}`;
}
const invalid = (reason: RegExp) =>
  expect.objectContaining({ code: 'token_invalid', reason: expect.stringMatching(reason) });

describe('signing an access token', () => {
  it('writes who, for whom, how and until when, in whole seconds', () => {
    const { genuine, clock } = setUp({
      accessToken: { issuer: 'https://app.example', audience: 'api', ttl: '90s' },
    });
    const iat = Math.floor(clock.now() / 1000);
    expect(partOf(genuine, 1)).toEqual({
      iss: 'https://app.example',
      aud: 'api',
      sub: 'u1',
      sid: SUBJECT.sessionId,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat,
      exp: iat + 90,
      auth_time: 1_799_999_000,
      amr: ['pwd', 'otp'],
      roles: ['editor'],
    });
    expect(partOf(genuine, 0)).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: expect.stringMatching(/^[\w-]{12}$/) });
  });

  it('makes no two alike, and says how long they live', () => {
    const { tokens, genuine } = setUp();
    expect(tokens.sign(SUBJECT)).not.toBe(genuine);
    expect(tokens.ttlSeconds).toBe(900);
    expect(setUp({ accessToken: { ttl: 90_500 / 1000 } }).tokens.ttlSeconds).toBe(90);
  });
});

describe('verifying an access token', () => {
  it('gives its claims, which nobody can change', () => {
    const { tokens, genuine } = setUp();
    const claims = tokens.verify(genuine);
    expect(claims).toEqual(partOf(genuine, 1));
    expect(Object.isFrozen(claims)).toBe(true);
  });

  it('takes a genuinely signed one that another node has made', () => {
    const s = setUp();
    expect(s.tokens.verify(forge(s, {}))).toMatchObject({ sub: 'u1' });
  });

  it('remembers what it has verified, by the whole token', () => {
    const s = setUp();
    const first = s.tokens.verify(s.genuine);
    expect(s.tokens.verify(s.genuine)).toBe(first);
    const changed = s.genuine.slice(0, -2) + (s.genuine.endsWith('AA') ? 'BB' : 'AA');
    expect(() => s.tokens.verify(changed)).toThrow(expect.objectContaining({ code: 'token_invalid' }));
  });

  it.each([
    ['before it expires', 900_000 + 4_749, 'is good'],
    ['5 seconds after it expires', 900_000 + 4_750, 'token_expired'],
  ])('%s: %p %s', (_when, ms, outcome) => {
    const { tokens, genuine, clock } = setUp();
    clock.advance(ms);
    const verify = () => tokens.verify(genuine);
    if (outcome === 'is good') expect(verify()).toMatchObject({ sub: 'u1' });
    else expect(verify).toThrow(expect.objectContaining({ code: outcome }));
    expect(tokens.verify(genuine, { allowExpired: true })).toMatchObject({ sub: 'u1' });
  });

  it('checks the time of what it remembers too', () => {
    const { tokens, genuine, clock } = setUp();
    tokens.verify(genuine);
    clock.advance(906_000);
    expect(() => tokens.verify(genuine)).toThrow(expect.objectContaining({ code: 'token_expired' }));
  });

  it('goes by the clock it is given, and by no other', () => {
    const s = setUp();
    // To 2001, where a token of that year has not expired.
    s.clock.advance(-800_000_000_000);
    expect(s.tokens.verify(s.tokens.sign({ ...SUBJECT, authenticatedAt: s.clock.now() }))).toMatchObject({ sub: 'u1' });
  });

  it('waits for nbf, give or take 5 seconds, also with allowExpired', () => {
    const s = setUp();
    const nbf = Math.floor(s.clock.now() / 1000) + 10;
    const token = forge(s, {}, { nbf });
    s.clock.advance(4_749);
    expect(() => s.tokens.verify(token)).toThrow(invalid(/not valid yet/));
    expect(() => s.tokens.verify(token, { allowExpired: true })).toThrow(invalid(/not valid yet/));
    s.clock.advance(1);
    expect(s.tokens.verify(token)).toMatchObject({ nbf });
  });
});

describe('a token is refused', () => {
  const s = setUp();
  const now = Math.floor(s.clock.now() / 1000);

  it.each<[what: string, token: string, reason: RegExp]>([
    ['that is none', 'nonsense', /not a strict compact JWS/],
    ['with a header it does not know', forge(s, { jku: 'https://evil.example' }), /header parameter is not allowed/],
    ['with crit', forge(s, { crit: [] }), /header parameter is not allowed/],
    ['with alg none', forge(s, { alg: 'none' }), /wrong alg or typ/],
    ['with another alg', forge(s, { alg: 'HS512' }), /wrong alg or typ/],
    ['with another typ', forge(s, { typ: 'JWT' }), /wrong alg or typ/],
    ['without typ', forge(s, { typ: undefined }), /wrong alg or typ/],
    ['without kid', forge(s, { kid: undefined }), /names no key/],
    ['with an unknown kid', forge(s, { kid: 'x' }), /unknown key/],
    ['with a kid that is no text', forge(s, { kid: [partOf(s.genuine, 0)['kid']] }), /names no key/],
    ['with another signature', `${s.genuine.split('.').slice(0, 2).join('.')}.${'A'.repeat(43)}`, /signature/],
  ])('%s', (_what, token, reason) => {
    expect(() => s.tokens.verify(token)).toThrow(invalid(reason));
  });

  it.each<[claim: string, values: unknown[]]>([
    ['iss', [undefined, 'https://app.example/', 'x', ['https://app.example']]],
    ['aud', [undefined, 'x', ['api']]],
    ['sub', [undefined, '', ' ', 1]],
    ['sid', [undefined, 'x', 1]],
    ['jti', [undefined, 1]],
    ['iat', [undefined, '1', -1, 1.5, now + 6]],
    ['exp', [undefined, '1', -1, now + 0.5, now - 1]],
    ['nbf', [null, '1', -1]],
    ['auth_time', [undefined, '1', -1]],
    ['amr', [undefined, 'pwd', [1], ['pwd', null]]],
    ['roles', [undefined, 'admin', { 0: 'admin' }, ['admin', 1]]],
  ])('whose %s is one of %j', (claim, values) => {
    for (const value of values) {
      expect(() => s.tokens.verify(forge(s, {}, { [claim]: value }))).toThrow(invalid(/./));
    }
  });

  it.each<[claim: string, value: unknown]>([
    ['iat', now + 5],
    ['iat', 0],
    ['exp', now],
    ['nbf', 0],
    ['auth_time', 0],
    ['amr', []],
    ['roles', []],
  ])('not for a %s of %j', (claim, value) => {
    expect(s.tokens.verify(forge(s, {}, { [claim]: value }))).toMatchObject({ [claim]: value });
  });

  it('says which check failed, to the operator', () => {
    expect(() => s.tokens.verify(forge(s, {}, { aud: 'x' }))).toThrow(invalid(/^access token: a claim is missing/));
  });
});

describe('a secret that is replaced', () => {
  it('verifies as long as it is in the ring, and signs no more', () => {
    const s = setUp();
    const before = tokensOf(s, new KeyRing([OLD_SECRET]));
    const during = tokensOf(s, new KeyRing([...s.options.secrets, OLD_SECRET]));
    const old = before.sign(SUBJECT);
    expect(during.verify(old)).toMatchObject({ sub: 'u1' });
    expect(during.verify(s.genuine)).toMatchObject({ sub: 'u1' });
    expect(partOf(during.sign(SUBJECT), 0)['kid']).toBe(partOf(s.genuine, 0)['kid']);
    expect(() => s.tokens.verify(old)).toThrow(invalid(/unknown key/));
    expect(() => before.verify(s.genuine)).toThrow(invalid(/unknown key/));
  });
});

it('a remembered token costs no signature', () => {
  const s = setUp();
  s.tokens.verify(s.genuine);
  const { verifier } = s.tokens as unknown as { verifier: { verifySignature: (token: string) => unknown } };
  const again = jest.spyOn(verifier, 'verifySignature');
  s.tokens.verify(s.genuine);
  expect(again).not.toHaveBeenCalled();
});

describe('the key that a token names', () => {
  const s = setUp();

  it('is found before anything is verified', () => {
    const key = s.tokens.verificationKey(s.genuine)!;
    expect([key.kid, key.alg]).toEqual([partOf(s.genuine, 0)['kid'], 'HS256']);
    expect(s.tokens.verificationKey(`${s.genuine.slice(0, -4)}AAAA`)).toBe(key);
  });

  it.each([
    ['nonsense', 'nonsense'],
    ['a token without kid', forge(s, { kid: undefined })],
    ['a token with a kid that is no text', forge(s, { kid: [partOf(s.genuine, 0)['kid']] })],
    ['a token with an unknown kid', forge(s, { kid: 'x' })],
    ['a token of another algorithm', forge(s, { alg: 'HS512' })],
    ['a token of another type', forge(s, { typ: 'JWT' })],
  ])('is none of ours for %s', (_what, token) => {
    expect(s.tokens.verificationKey(token)).toBeNull();
  });
});

describe('a key that is not there', () => {
  it('is named in the error, with when the token says it was signed', () => {
    const s = setUp();
    try {
      s.tokens.verify(forge(s, { kid: 'x' }, { iat: 42 }));
    } catch (error) {
      expect(error).toBeInstanceOf(UnknownKeyError);
      expect(error).toMatchObject({ code: 'token_invalid', kid: 'x', issuedAt: 42 });
    }
    expect.assertions(2);
  });

  it('takes its tokens with it when it is withdrawn, also those seen before', () => {
    const s = setUp();
    const ring = new Map([[s.tokens.verificationKey(s.genuine)!.kid, s.tokens.verificationKey(s.genuine)!]]);
    const [[kid, key]] = ring;
    const verifier = new AccessTokenVerifier(s.options.accessToken, { find: (one) => ring.get(one) }, s.clock);
    expect(verifier.verify(s.genuine)).toMatchObject({ sub: 'u1' });
    ring.delete(kid);
    expect(() => verifier.verify(s.genuine)).toThrow(invalid(/unknown key/));
    ring.set(kid, { ...key, key: createSecretKey(Buffer.alloc(32, 1)) });
    expect(() => verifier.verify(s.genuine)).toThrow(invalid(/signature/));
    ring.set(kid, key);
    expect(verifier.verify(s.genuine)).toMatchObject({ sub: 'u1' });
  });
});

it('an expired token that nobody has seen before still proves its session, for logout', () => {
  const { tokens, genuine, clock } = setUp();
  clock.advance(86_400_000);
  expect(tokens.verify(genuine, { allowExpired: true })).toMatchObject({ sub: 'u1' });
  // By the wall clock too, which the library would go by.
  const s = setUp();
  const old = forge(s, {}, { iat: 1_000_000_000, exp: 1_000_000_900, auth_time: 1_000_000_000 });
  expect(s.tokens.verify(old, { allowExpired: true })).toMatchObject({ exp: 1_000_000_900 });
});

it('a token may be 5 seconds from the future, to the second', () => {
  const s = setUp();
  s.clock.advance(750); // to a whole second
  const now = s.clock.now() / 1000;
  expect(s.tokens.verify(forge(s, {}, { iat: now + 5, exp: now + 60 }))).toMatchObject({ iat: now + 5 });
  expect(() => s.tokens.verify(forge(s, {}, { iat: now + 6, exp: now + 60 }))).toThrow(invalid(/a claim/));
});
