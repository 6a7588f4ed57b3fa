import { createHmac } from 'node:crypto';
import { cookieHeader, type Reply } from '../support/client.js';
import { keyOf } from '../support/forge.js';
import { ALL_DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

const ORIGIN = { origin: 'http://localhost:3000' };
const DAY = 86_400_000;

describeOn('refresh tokens', { databases: ALL_DATABASES }, (place) => {
  let t: TestApp;
  let users = 0;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());
  beforeEach(() => void (t.events.length = 0));

  const newUser = () => t.signUp(`user${(users += 1)}@example.com`);
  const refresh = (refreshToken: string) => t.client.post('/auth/refresh', { refreshToken });
  const refreshByCookie = (cookie: string) => t.client.post('/auth/refresh', undefined, { cookie, headers: ORIGIN });
  const me = async (token: string) => (await t.client.get('/auth/me', { token })).status;
  const told = (type: string) => t.events.filter((event) => event.type === type).length;
  const table = () => t.source.entityMetadatas.find(({ tableName }) => tableName === 'auth_sessions')!.tablePath;
  const loginByCookie = (user: SignedUp) =>
    t.client.post(
      '/auth/login',
      { identifier: user.email, password: PASSWORD, transport: 'cookie' },
      { headers: ORIGIN },
    );
  async function generationOf(sessionId: string): Promise<number> {
    const rows = (await t.source.query(`SELECT generation FROM ${table()} WHERE id = '${sessionId}'`)) as {
      generation: number;
    }[];
    return Number(rows[0].generation);
  }
  function expectDead(reply: Reply, code = 'token_revoked'): void {
    expect([reply.status, reply.body.code]).toEqual([401, code]);
    expect(reply.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  }

  it('REFR-01 of 50 parallel refreshes with one token all get the same successor, and one generation is used', async () => {
    for (let round = 0; round < 3; round += 1) {
      const ada = await newUser();
      const replies = await Promise.all(Array.from({ length: 50 }, () => refresh(ada.refreshToken)));
      expect(replies.map(({ status }) => status)).toEqual(Array(50).fill(200));
      const successors = new Set(replies.map(({ body }) => body.refresh_token as string));
      expect(successors.size).toBe(1);
      expect(await generationOf(ada.sessionId)).toBe(2);
      for (const { body } of replies.slice(0, 3)) expect(await me(body.access_token)).toBe(200);
      const next = await refresh([...successors][0]);
      expect(next.status).toBe(200);
      expect(await generationOf(ada.sessionId)).toBe(3);
    }
    expect(told('session.rotated')).toBe(6);
    expect(told('session.reuse_detected')).toBe(0);
  });

  it('REFR-02 a rotated token after the grace is reuse: the whole session dies', async () => {
    const ada = await newUser();
    const renewed = await refresh(ada.refreshToken);
    t.clock.advance(35_000);
    expect((await refresh(ada.refreshToken)).status).toBe(200);
    t.clock.advance(1);
    expectDead(await refresh(ada.refreshToken));
    expectDead(await refresh(renewed.body.refresh_token));
    expect([await me(ada.accessToken), await me(renewed.body.access_token)]).toEqual([401, 401]);
    expect(told('session.reuse_detected')).toBe(1);
  });

  it('REFR-02 two generations back is reuse inside the grace too, and spares other sessions', async () => {
    const ada = await newUser();
    const other = await t.auth.login(ada.email, PASSWORD);
    const second = await refresh(ada.refreshToken);
    const third = await refresh(second.body.refresh_token);
    expectDead(await refresh(ada.refreshToken));
    expectDead(await refresh(third.body.refresh_token));
    expect(await me(third.body.access_token)).toBe(401);
    expect(await me(other.accessToken)).toBe(200);
  });

  it('REFR-02 a token ahead of the row ends the session, and is not called theft', async () => {
    const ada = await newUser();
    const renewed = await refresh(ada.refreshToken);
    await t.source.query(`UPDATE ${table()} SET generation = 1 WHERE id = '${ada.sessionId}'`);
    expectDead(await refresh(renewed.body.refresh_token));
    expectDead(await refresh(ada.refreshToken));
    expect([told('session.generation_ahead'), told('session.reuse_detected')]).toEqual([1, 0]);
  });

  it('REFR-07 what is no genuine refresh token is 401 and changes nothing', async () => {
    const ada = await newUser();
    const bob = await newUser();
    const token = ada.refreshToken;
    const bytes = Buffer.from(token.slice(4), 'base64url');
    const patched = (at: number, value: Buffer | number) => {
      const copy = Buffer.from(bytes);
      if (typeof value === 'number') copy[at] ^= value;
      else value.copy(copy, at);
      return `nar_${copy.toString('base64url')}`;
    };
    const bobs = Buffer.from(bob.refreshToken.slice(4), 'base64url');
    const bad = [
      ...[
        '',
        ' ',
        'nar_',
        'null',
        'undefined',
        "' OR 1=1 --",
        '%00',
        '\u00e9'.repeat(75),
        'x'.repeat(10_000),
        'nar_' + 'A'.repeat(71),
      ],
      ...[token.slice(0, -1), `${token}A`, ` ${token}`, `${token} `, token.toUpperCase(), token.toLowerCase()],
      ...[
        encodeURIComponent(`${token}=`),
        `${token}=`,
        token.slice(4),
        `NAR_${token.slice(4)}`,
        `${token.slice(0, -1)}+`,
      ],
      ...[
        patched(0, 1),
        patched(1, bobs.subarray(1, 17)),
        patched(1, 0xff),
        patched(17, 0x80),
        patched(20, 3),
        patched(21, 1),
        patched(52, 1),
      ],
      patched(21, bobs.subarray(21)),
    ];
    for (const forged of bad) expect([forged, (await refresh(forged)).status]).toEqual([forged, 401]);
    for (const wrongType of [1, true, {}, [], [token], { refreshToken: token }, null]) {
      const reply = await t.client.post('/auth/refresh', { refreshToken: wrongType });
      expect([wrongType, reply.status]).toEqual([wrongType, 422]);
    }
    expect([await generationOf(ada.sessionId), await generationOf(bob.sessionId)]).toEqual([1, 1]);
    expect((await refresh(token)).status).toBe(200);
  });

  it('REFR-07 a refresh cookie that can never work is deleted, and nothing else is told', async () => {
    const reply = await refreshByCookie('authkit_rt=nar_garbage');
    expectDead(reply, 'token_invalid');
    expect(reply.cookies).toHaveLength(2);
    for (const cookie of reply.cookies) expect(cookie).toMatch(/^authkit_[ar]t=; Max-Age=0; Path=\/; HttpOnly/);
    expect(Object.keys(reply.body).sort()).toEqual(['code', 'instance', 'requestId', 'status', 'title', 'type']);
  });

  it('REFR-08 a session idle for 7 days ends', async () => {
    const ada = await newUser();
    t.clock.advance(7 * DAY - 1);
    const renewed = await refresh(ada.refreshToken);
    expect(renewed.status).toBe(200);
    t.clock.advance(7 * DAY);
    expectDead(await refresh(renewed.body.refresh_token), 'token_expired');
  });

  it('REFR-08 a session refreshed every day ends 30 days after the login', async () => {
    let { refreshToken } = await newUser();
    for (let day = 1; day < 30; day += 1) {
      t.clock.advance(DAY);
      const reply = await refresh(refreshToken);
      expect([day, reply.status]).toEqual([day, 200]);
      refreshToken = reply.body.refresh_token as string;
    }
    t.clock.advance(DAY - 1_000);
    const last = await refresh(refreshToken);
    expect([last.status, last.body.refresh_expires_in]).toEqual([200, 1]);
    t.clock.advance(1_000);
    expectDead(await refresh(last.body.refresh_token), 'token_expired');
    expect(await me(last.body.access_token)).toBe(401);
  });

  it('REFR-11 the database holds nothing that works as a token', async () => {
    const ada = await newUser();
    await refresh(ada.refreshToken);
    const tables = t.source.entityMetadatas.map(({ tablePath }) => tablePath);
    const dump = (await Promise.all(tables.map((one) => t.source.query(`SELECT * FROM ${one}`)))) as Record<
      string,
      unknown
    >[][];
    const text = JSON.stringify(dump);
    const mac = ada.refreshToken.slice(-40);
    for (const secret of [ada.refreshToken, mac, ada.accessToken, PASSWORD]) expect(text).not.toContain(secret);

    const row = dump.flat().find(({ id }) => id === ada.sessionId)!;
    const seed = String(row['seed']);
    const head = Buffer.from(ada.refreshToken.slice(4), 'base64url').subarray(0, 21);
    head[20] = 2;
    const minted = (key: Parameters<typeof createHmac>[1], withSeed: string) => {
      const mac = createHmac('sha256', key).update(`authkit-rt1|${ada.sessionId}|2|${withSeed}`).digest();
      return `nar_${Buffer.concat([head, mac]).toString('base64url')}`;
    };
    // The seed without the key, and the key without the seed.
    for (const forged of [
      minted(seed, seed),
      minted('', seed),
      minted(keyOf('access-token HS256'), seed),
      minted(keyOf('refresh-token'), ''),
    ]) {
      expect((await refresh(forged)).status).toBe(401);
    }
    for (const value of Object.values(row).map(String)) {
      expect((await refresh(value)).status).toBe(401);
      expect((await t.client.get('/auth/me', { token: encodeURIComponent(value) })).status).toBe(401);
    }
    expect((await refresh(minted(keyOf('refresh-token'), seed))).status).toBe(200);
  });

  it('REFR-12 a reply is never stored; in cookie mode tokens are in Set-Cookie only, as at login', async () => {
    const login = await loginByCookie(await newUser());
    const renewed = await refreshByCookie(cookieHeader(login.cookies));
    expect(renewed.status).toBe(200);
    expect(renewed.headers['cache-control']).toBe('no-store');
    expect(Object.keys(renewed.body).sort()).toEqual(['expires_in', 'user']);
    const attributes = (reply: Reply) => reply.cookies.map((cookie) => cookie.replace(/=[^;]+/, ''));
    const ofSession = attributes(login).filter((cookie) => !cookie.startsWith('authkit_device'));
    expect(attributes(renewed)).toEqual(ofSession);
    expect(cookieHeader(renewed.cookies)).not.toBe(cookieHeader(login.cookies));
  });

  it('REFR-12 a token works only by the way it was given out', async () => {
    const ada = await newUser();
    const login = await loginByCookie(ada);
    const cookieToken = /authkit_rt=([^;]+)/.exec(login.cookies[1])![1];
    expectDead(await refresh(cookieToken), 'token_invalid');
    expectDead(await refreshByCookie(`authkit_rt=${ada.refreshToken}`), 'token_invalid');
    const both = await t.client.post(
      '/auth/refresh',
      { refreshToken: ada.refreshToken },
      { cookie: `authkit_rt=${cookieToken}`, headers: ORIGIN },
    );
    expect([both.status, both.body.code]).toEqual([400, 'ambiguous_credentials']);
    const companion = await refreshByCookie(`authkit_rt=${cookieToken}; authkit_at=${ada.accessToken}`);
    expectDead(companion, 'token_invalid');
    expect((await refreshByCookie(`authkit_rt=${cookieToken}`)).status).toBe(200);
    expect((await refresh(ada.refreshToken)).status).toBe(200);
  });

  it('REFR-13 a deactivated user does not refresh, not after reactivation either', async () => {
    const ada = await newUser();
    await t.auth.setActive(ada.id, false);
    expectDead(await refresh(ada.refreshToken));
    await t.auth.setActive(ada.id, true);
    expectDead(await refresh(ada.refreshToken));
    expect(await me(ada.accessToken)).toBe(401);
  });
});
