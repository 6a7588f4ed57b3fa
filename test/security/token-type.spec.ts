import { claimsOf, forge, keyOf } from '../support/forge.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

const ISSUER = 'http://localhost:3000';

describeOn('what a token is for', { databases: ['sqlite', 'postgres'] }, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  let bob: SignedUp;
  beforeAll(async () => {
    t = await createTestApp(place);
    ada = await t.signUp('ada@example.com');
    bob = await t.signUp('bob@example.com', ['admin']);
  });
  afterAll(() => t.close());

  const status = async (token: string, path = '/auth/me') => (await t.client.get(path, { token })).status;
  async function expectRefused(tokens: Record<string, string>): Promise<void> {
    for (const [what, token] of Object.entries(tokens)) expect([what, await status(token)]).toEqual([what, 401]);
    expect(await status(ada.accessToken)).toBe(200);
  }
  const byClaim = (name: string, values: unknown[]) =>
    Object.fromEntries(
      values.map((value) => [
        `${name} ${JSON.stringify(value)}`,
        forge(ada.accessToken, { claims: { [name]: value } }),
      ]),
    );

  it('TYP-01 no other secret of the kit passes as an access token', async () => {
    const typed = ['JWT', 'at+JWT', 'application/at+jwt', 'rt+jwt', 'refresh', '', undefined].map((typ) => [
      `typ ${String(typ)}`,
      forge(ada.accessToken, { header: { typ } }),
    ]);
    const labels = ['refresh-token', 'csrf', 'access-token', 'access-token RS256', 'one-time-token'].map((label) => [
      `key for ${label}`,
      forge(ada.accessToken, { key: keyOf(label) }),
    ]);
    await expectRefused({
      'refresh token': ada.refreshToken,
      'refresh token without prefix': ada.refreshToken.slice(4),
      'session id': ada.sessionId,
      'user id': ada.id,
      password: PASSWORD.replaceAll(' ', ''),
      ...(Object.fromEntries([...typed, ...labels]) as Record<string, string>),
    });
    expect(await status(ada.refreshToken, '/probe/admin')).toBe(401);
  });

  it('TYP-01 an access token does not refresh', async () => {
    const inBody = await t.client.post('/auth/refresh', { refreshToken: ada.accessToken });
    expect(inBody.status).toBe(401);
    const form = await t.client.form('/auth/token', { grant_type: 'refresh_token', refresh_token: ada.accessToken });
    expect([form.status, form.body.error]).toEqual([400, 'invalid_grant']);
    expect(await status(ada.accessToken)).toBe(200);
  });

  it('TYP-03 a token of another issuer or for another audience is refused', async () => {
    const others = [
      `${ISSUER}/`,
      'http://localhost:300',
      'localhost:3000',
      `${ISSUER.toUpperCase()}`,
      `x${ISSUER}`,
      '',
      null,
      undefined,
    ];
    const lists = [[ISSUER], [ISSUER, 'other'], ['other'], []];
    await expectRefused({ ...byClaim('iss', [...others, ...lists]), ...byClaim('aud', [...others, ...lists]) });
  });

  it('TYP-06 a token without a proper user is refused, and never means somebody else', async () => {
    const nobody = '01890a5d-ac96-774b-bcce-b302099a8057';
    await expectRefused({
      ...byClaim('sub', [undefined, null, '', ' ', [], {}, true, 0, 1, 'undefined', 'null', '%', nobody]),
      ...byClaim('sub', [bob.id, [ada.id], ada.id.toUpperCase(), `${ada.id} `, `${ada.id}\u0000`]),
      ...byClaim('sid', [undefined, null, '', ' ', [], {}, true, 0, nobody, ada.id]),
      ...byClaim('sid', [bob.sessionId, [ada.sessionId], ada.sessionId.toUpperCase(), `${ada.sessionId}' OR '1'='1`]),
    });
  });

  it('TYP-06 roles come from the account, not from the token', async () => {
    const boasting = forge(ada.accessToken, { claims: { roles: ['admin'] } });
    expect(await status(boasting)).toBe(200);
    expect(await status(boasting, '/probe/admin')).toBe(403);
  });

  it('TYP-06 the token of a deleted user is refused', async () => {
    const eve = await t.signUp('eve@example.com');
    await t.source.query(`DELETE FROM ${t.source.getMetadata('users').tablePath} WHERE email = 'eve@example.com'`);
    expect(await status(eve.accessToken)).toBe(401);
    expect((await t.client.post('/auth/refresh', { refreshToken: eve.refreshToken })).status).toBe(401);
  });
});

describeOn('when a token is good', {}, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeEach(async () => {
    t = await createTestApp(place);
    ada = await t.signUp('ada@example.com');
  });
  afterEach(() => t.close());

  const reply = (token = ada.accessToken) => t.client.get('/auth/me', { token });
  const seconds = (name: string) => claimsOf(ada.accessToken)[name] as number;

  it('TYP-07 it ends 5 s after exp, a cached token too', async () => {
    expect((await reply()).status).toBe(200);
    t.clock.advance(seconds('exp') * 1000 - t.clock.now() + 4_999);
    expect((await reply()).status).toBe(200);
    t.clock.advance(1);
    const late = await reply();
    expect([late.status, late.body.code]).toEqual([401, 'token_expired']);
    t.clock.advance(3_600_000);
    expect((await reply()).status).toBe(401);
  });

  it('TYP-07 it begins at most 5 s before nbf and iat', async () => {
    const now = Math.floor(t.clock.now() / 1000);
    const statusAt = async (claims: Record<string, unknown>) =>
      (await reply(forge(ada.accessToken, { claims }))).status;
    expect(await statusAt({ nbf: now + 5 })).toBe(200);
    expect(await statusAt({ nbf: now + 7 })).toBe(401);
    expect(await statusAt({ iat: now + 5 })).toBe(200);
    expect(await statusAt({ iat: now + 7 })).toBe(401);
    expect(await statusAt({ exp: seconds('iat') - 1 })).toBe(401);
    const early = forge(ada.accessToken, { claims: { nbf: now + 7 } });
    t.clock.advance(3_000);
    expect((await reply(early)).status).toBe(200);
    t.clock.advance(-3_000);
    expect((await reply(early)).status).toBe(401);
  });

  it('TYP-07 a server clock that is set back refuses what it issued, and issues no negative lifetimes', async () => {
    t.clock.advance(-3_600_000);
    expect((await reply()).status).toBe(401);
    const again = await t.client.post('/auth/login', { identifier: ada.email, password: PASSWORD });
    expect(again.status).toBe(200);
    expect(again.body.expires_in).toBe(900);
    expect(again.body.refresh_expires_in).toBeGreaterThan(0);
    const { iat, exp } = claimsOf(again.body.access_token) as { iat: number; exp: number };
    expect(exp - iat).toBe(900);
  });
});
