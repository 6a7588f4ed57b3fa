import { createPublicKey, createVerify, constants, type JsonWebKey } from 'node:crypto';
import { KeyInventory, type AccessTokenKey } from 'nest-authkit';
import { createTestApp, describeOn, SECRET, type TestApp } from '../support/test-app.js';
import { claimsOf, headerOf } from '../support/forge.js';
import { temporaryFile } from '../support/databases.js';
import { ALGORITHMS, KEYS, OTHER_P256, P256, RSA } from '../support/keys.js';

const JWKS = '/.well-known/jwks.json';
const OLD_SECRET = 'Ox4Vn9Qk2Wb7Ty5Lm1Rz8Hs3Jd6Fp0Gc-Ae';
const withKeys = (...keys: AccessTokenKey[]) => ({ accessToken: { keys } });
const kidOf = (token: string) => headerOf(token)['kid'];

/** A look at the signature that shares no code with the product. */
function isSignedBy(token: string, jwk: JsonWebKey & { alg?: string }): boolean {
  const [head, body, signature] = token.split('.');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const how = jwk.alg === 'PS256' ? { key, ...pss } : { key, dsaEncoding: 'ieee-p1363' as const };
  return createVerify('sha256').update(`${head}.${body}`).verify(how, Buffer.from(signature, 'base64url'));
}

describeOn('the ring of access token keys', {}, ({ adapter }) => {
  let t: TestApp;
  afterEach(() => t.close());
  const me = async (token: string) => (await t.client.get('/auth/me', { token })).status;

  it.each(ALGORITHMS)('signs and verifies with %s, and names the key', async (alg) => {
    t = await createTestApp({ adapter, authkit: withKeys(KEYS[alg]) });
    const { accessToken } = await t.signUp('ada@example.com');
    expect(headerOf(accessToken)).toEqual({ alg, typ: 'at+jwt', kid: KEYS[alg].kid });
    expect(await me(accessToken)).toBe(200);
    const [head, body, signature] = accessToken.split('.');
    const altered = Buffer.from(JSON.stringify({ ...claimsOf(accessToken), roles: ['admin'] })).toString('base64url');
    expect(await me(`${head}.${altered}.${signature}`)).toBe(401);
    expect(await me(`${head}.${body}.${signature.slice(0, -4)}AAAA`)).toBe(401);
  });

  it('signs with the first key and verifies those of all', async () => {
    t = await createTestApp({ adapter, authkit: withKeys(KEYS.ES256, KEYS.RS256, KEYS.HS256) });
    const old = await createTestApp({ adapter, authkit: withKeys(KEYS.RS256), beside: t });
    const user = await t.signUp('ada@example.com');
    expect(kidOf(user.accessToken)).toBe('es');
    // Signed by the other app's only key; the session is not known here, so the signature is good and the session is not.
    const foreign = (await old.signUp('eve@example.com')).accessToken;
    expect((await t.client.get('/auth/me', { token: foreign })).body.code).toBe('token_revoked');
    await old.close();
  });

  it('refuses tokens of a key that is not in it, and of the secret once keys are given', async () => {
    t = await createTestApp({ adapter, authkit: withKeys(KEYS.ES256) });
    const other = await createTestApp({
      adapter,
      authkit: withKeys({ kid: 'es', alg: 'ES256', pem: OTHER_P256.privateKey }),
      beside: t,
    });
    const derived = await createTestApp({ adapter, beside: t });
    for (const app of [other, derived]) {
      const { accessToken } = await app.signUp('eve@example.com');
      expect((await t.client.get('/auth/me', { token: accessToken })).body.code).toBe('token_invalid');
      await app.close();
    }
  });

  it('publishes the public keys alone, for every kind of private key', async () => {
    t = await createTestApp({ adapter, authkit: withKeys(KEYS.ES256, KEYS.PS256, KEYS.HS256) });
    const reply = await t.client.get(JWKS);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/jwk-set+json; charset=utf-8');
    expect(reply.headers['cache-control']).toBe('public, max-age=300');
    const keys = reply.body.keys as (JsonWebKey & { kid: string; alg: string })[];
    expect(keys.map(({ kid, alg, use }) => [kid, alg, use])).toEqual([
      ['es', 'ES256', 'sig'],
      ['ps', 'PS256', 'sig'],
    ]);
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ]);
    const { accessToken } = await t.signUp('ada@example.com');
    expect(isSignedBy(accessToken, keys[0])).toBe(true);
    expect(isSignedBy(accessToken.replace(/\.[^.]{8}/, '.AAAAAAAA'), keys[0])).toBe(false);
  });

  it('answers 304 for keys the caller has, HEAD without a body, and no other method', async () => {
    t = await createTestApp({ adapter, authkit: withKeys(KEYS.ES256) });
    const { headers } = await t.client.get(JWKS);
    const again = await t.client.get(JWKS, { headers: { 'if-none-match': headers.etag! } });
    expect([again.status, again.text, again.headers['cache-control']]).toEqual([304, '', 'public, max-age=300']);
    const weak = await t.client.get(JWKS, { headers: { 'if-none-match': `"other", W/${headers.etag!}` } });
    expect(weak.status).toBe(304);
    expect((await t.client.get(JWKS, { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe('*');
    const head = await t.client.call('HEAD', JWKS);
    expect([head.status, head.text, head.headers.etag]).toEqual([200, '', headers.etag]);
    expect((await t.client.post(JWKS, {})).status).toBe(404);
  });

  it('publishes nothing while only the secret signs, and no route when it is switched off', async () => {
    t = await createTestApp({ adapter });
    expect((await t.client.get(JWKS)).body).toEqual({ keys: [] });
    const bare = await createTestApp({ adapter, authkit: { ...withKeys(KEYS.ES256), routes: false } });
    expect((await bare.client.get(JWKS)).status).toBe(404);
    await bare.close();
    const own = await createTestApp({ adapter, authkit: { ...withKeys(KEYS.ES256), routes: { jwks: false } } });
    expect((await own.client.get(JWKS)).status).toBe(404);
    expect((await own.client.get('/auth/me')).status).toBe(401);
    await own.close();
  });

  it('stays at the root below a global prefix and versioning', async () => {
    t = await createTestApp({
      adapter,
      authkit: withKeys(KEYS.ES256),
      configure: (app) => app.setGlobalPrefix('api').enableVersioning({ type: 0, defaultVersion: '1' }),
    });
    expect((await t.client.get(JWKS)).body.keys).toHaveLength(1);
    expect((await t.client.get(`/api/v1${JWKS}`)).status).toBe(404);
  });

  it('publishes a new key before it signs, and lets it sign when its time has come', async () => {
    const soon = new Date(Date.now() + 600_000);
    const next = { kid: 'next', alg: 'ES256', pem: OTHER_P256.privateKey, signsFrom: soon } as const;
    t = await createTestApp({ adapter, authkit: withKeys(next, KEYS.ES256) });
    const user = await t.signUp('ada@example.com');
    expect(kidOf(user.accessToken)).toBe('es');
    const published = (await t.client.get(JWKS)).body.keys as { kid: string }[];
    expect(published.map(({ kid }) => kid)).toEqual(['next', 'es']);
    t.clock.advance(soon.getTime() - t.clock.now() - 1);
    const before = await t.auth.refresh(user.refreshToken);
    expect(kidOf(before.accessToken)).toBe('es');
    t.clock.advance(1);
    const after = await t.auth.refresh(before.refreshToken);
    expect(kidOf(after.accessToken)).toBe('next');
    expect([await me(before.accessToken), await me(after.accessToken)]).toEqual([200, 200]);
  });

  it('verifies with a key of which only the public half is left, and signs with the next', async () => {
    t = await createTestApp({
      adapter,
      authkit: withKeys({ kid: 'es', alg: 'ES256', pem: P256.publicKey }, KEYS.RS256),
    });
    const old = await createTestApp({ adapter, authkit: withKeys(KEYS.ES256), beside: t });
    expect(kidOf((await t.signUp('ada@example.com')).accessToken)).toBe('rs');
    const { accessToken } = await old.signUp('eve@example.com');
    expect((await t.client.get('/auth/me', { token: accessToken })).body.code).toBe('token_revoked');
    await old.close();
  });
});

describeOn(
  'the key inventory',
  { adapters: ['express'], databases: ['sqlite', 'postgres'] },
  ({ adapter, database }) => {
    let t: TestApp;
    const nodes: TestApp[] = [];
    const node = async (secret: string | string[], first = false) => {
      const app = await createTestApp({ adapter, database, authkit: { secret }, file, beside: first ? undefined : t });
      nodes.push(app);
      return app;
    };
    let file: string | undefined;
    beforeAll(async () => {
      file = database === 'sqlite' ? temporaryFile() : undefined;
      t = await node(OLD_SECRET, true);
    });
    afterAll(async () => {
      for (const app of nodes.reverse()) await app.close();
    });
    const secretsOf = async (app: TestApp) =>
      (await app.app.get(KeyInventory).read()).secrets.map(({ sessions }) => sessions);

    it('follows a secret from its first day to the day it may go, and nobody is logged out', async () => {
      const [a, b, gone] = [
        await t.signUp('a@example.com'),
        await t.signUp('b@example.com'),
        await t.signUp('gone@example.com'),
      ];
      await t.auth.logout(gone.refreshToken);
      const second = await node([OLD_SECRET, SECRET]);
      expect(await secretsOf(second)).toEqual([2, 0]);
      const first = await node([SECRET, OLD_SECRET]);
      expect(await secretsOf(first)).toEqual([0, 2]);

      const rotated = await first.auth.refresh(a.refreshToken);
      expect(await secretsOf(first)).toEqual([1, 1]);
      // Within the grace the other node, whose ring is ordered otherwise, gives the very same successor.
      expect((await second.auth.refresh(a.refreshToken)).refreshToken).toBe(rotated.refreshToken);

      await first.auth.refresh(b.refreshToken);
      expect(await secretsOf(first)).toEqual([2, 0]);
      const only = await node(SECRET);
      expect((await only.auth.refresh(rotated.refreshToken)).sessionId).toBe(a.sessionId);
      expect((await only.app.get(KeyInventory).read()).orphanedSessions).toBe(0);
      expect((await t.app.get(KeyInventory).read()).orphanedSessions).toBe(2);
    });

    it('counts sessions of which nobody noted the secret apart: they may depend on any', async () => {
      await t.source.query("UPDATE auth_sessions SET key_id = ''".replace('auth_sessions', tableOf(t)));
      const report = await nodes[2].app.get(KeyInventory).read();
      expect([report.secrets.map(({ sessions }) => sessions), report.orphanedSessions, report.unknownSessions]).toEqual(
        [[0, 0], 0, 2],
      );
    });

    it('names the access token keys without showing any', async () => {
      const app = await createTestApp({ adapter, authkit: withKeys(KEYS.ES256, KEYS.HS256) });
      const report = await app.app.get(KeyInventory).read();
      await app.close();
      expect(report.accessTokenKeys).toEqual([
        { kid: 'es', alg: 'ES256', signing: true, published: true },
        { kid: 'hs', alg: 'HS256', signing: false, published: false },
      ]);
      expect(JSON.stringify(report)).not.toContain(RSA.privateKey.slice(40, 80));
    });
  },
);

const tableOf = ({ source }: TestApp): string => {
  const { tablePath } = source.entityMetadatas.find(({ tableName }) => tableName === 'auth_sessions')!;
  return tablePath;
};
