import { cookieHeader } from '../support/client.js';
import { ALL_DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

const HEADERS = { origin: 'http://localhost:3000' };
const NEW_PASSWORD = 'quiet meadow compass 77';
const MAX = 4;

describeOn('sessions', { databases: ['memory', ...ALL_DATABASES] }, (place) => {
  let t: TestApp;
  let users = 0;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { session: { maxPerUser: MAX } } });
  });
  afterAll(() => t.close());

  const newUser = (roles?: string[]) => t.signUp(`user${(users += 1)}@example.com`, roles);
  const status = async (token: string, path = '/auth/me') => (await t.client.get(path, { token })).status;
  const refreshed = async (refreshToken: string) => (await t.client.post('/auth/refresh', { refreshToken })).status;
  const loginByCookie = (user: SignedUp, cookie?: string) =>
    t.client.post(
      '/auth/login',
      { identifier: user.email, password: PASSWORD, transport: 'cookie' },
      { headers: HEADERS, cookie },
    );
  const revoke = (id: string, token: string) => t.client.delete(`/auth/sessions/${id}`, { token });
  const sessionsOf = async (token: string) =>
    (await t.client.get('/auth/sessions', { token })).body.items as { id: string; current: boolean }[];

  it('SESS-01 a login gives new ids whatever cookies came with it, and ends the session they belonged to', async () => {
    const ada = await newUser();
    const planted = await loginByCookie(await newUser());
    const login = await loginByCookie(ada, cookieHeader(planted.cookies));
    expect(login.status).toBe(200);
    const fresh = cookieHeader(login.cookies);
    for (const value of cookieHeader(planted.cookies).split('; ')) expect(fresh).not.toContain(value);
    expect((await t.client.get('/auth/me', { cookie: fresh })).body.user.email).toBe(ada.email);
    expect((await t.client.get('/auth/me', { cookie: cookieHeader(planted.cookies) })).status).toBe(401);

    const chosen = 'authkit_at=attacker; authkit_rt=attacker';
    expect((await loginByCookie(ada, chosen)).status).toBe(200);
    expect((await t.client.get('/auth/me', { cookie: chosen })).status).toBe(401);
  });

  it('SESS-01 a login that fails ends nothing', async () => {
    const login = await loginByCookie(await newUser());
    const cookie = cookieHeader(login.cookies);
    const body = { identifier: 'user1@example.com', password: 'a wrong password indeed', transport: 'cookie' };
    expect((await t.client.post('/auth/login', body, { headers: HEADERS, cookie })).status).toBe(401);
    expect((await t.client.get('/auth/me', { cookie })).status).toBe(200);
  });

  it('SESS-04 after logout nothing of the session works, by header or by cookie', async () => {
    const ada = await newUser();
    const cookie = cookieHeader((await loginByCookie(ada)).cookies);
    expect([await status(ada.accessToken), (await t.client.get('/auth/me', { cookie })).status]).toEqual([200, 200]);
    const byHeader = await t.client.post('/auth/logout', undefined, { token: ada.accessToken });
    const byCookie = await t.client.post('/auth/logout', undefined, { cookie, headers: HEADERS });
    expect([byHeader.status, byCookie.status]).toEqual([204, 204]);
    for (const path of ['/auth/me', '/auth/sessions', '/probe/undecorated', '/probe/optional']) {
      expect(await status(ada.accessToken, path)).toBe(401);
      expect((await t.client.get(path, { cookie })).status).toBe(401);
    }
    expect(await refreshed(ada.refreshToken)).toBe(401);
    expect((await t.client.post('/auth/refresh', undefined, { cookie, headers: HEADERS })).status).toBe(401);
    const form = await t.client.form('/auth/token', { grant_type: 'refresh_token', refresh_token: ada.refreshToken });
    expect(form.status).toBe(400);
  });

  it('SESS-05 deactivation is in force on the very next request', async () => {
    const ada = await newUser();
    expect(await status(ada.accessToken)).toBe(200);
    await t.auth.setActive(ada.id, false);
    expect([await status(ada.accessToken), await refreshed(ada.refreshToken)]).toEqual([401, 401]);
    const login = await t.client.post('/auth/login', { identifier: ada.email, password: PASSWORD });
    expect(login.body.code).toBe('invalid_credentials');
    await t.auth.setActive(ada.id, true);
    expect([await status(ada.accessToken), await refreshed(ada.refreshToken)]).toEqual([401, 401]);
  });

  it('SESS-05 a role given or taken is in force on the very next request', async () => {
    await newUser(['admin']);
    const ada = await newUser();
    expect(await status(ada.accessToken, '/probe/admin')).toBe(403);
    await t.auth.setRoles(ada.id, ['admin']);
    expect(await status(ada.accessToken, '/probe/admin')).toBe(200);
    await t.auth.setRoles(ada.id, ['user']);
    expect(await status(ada.accessToken, '/probe/admin')).toBe(403);
    expect(await status(ada.accessToken, '/probe/write')).toBe(403);
  });

  it('SESS-05 a changed password ends the other sessions and keeps the one it was changed in', async () => {
    const ada = await newUser();
    const other = await t.auth.login(ada.email, PASSWORD);
    expect([await status(ada.accessToken), await status(other.accessToken)]).toEqual([200, 200]);
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    const changed = await t.client.post('/auth/password/change', body, { token: ada.accessToken });
    expect(changed.status).toBe(204);
    expect([await status(other.accessToken), await refreshed(other.refreshToken)]).toEqual([401, 401]);
    expect([await status(ada.accessToken), await refreshed(ada.refreshToken)]).toEqual([200, 200]);
    const again = await t.client.post('/auth/login', { identifier: ada.email, password: PASSWORD });
    expect(again.status).toBe(401);
    await t.auth.setPassword(ada.id, PASSWORD);
    expect([await status(ada.accessToken), await refreshed(ada.refreshToken)]).toEqual([401, 401]);
  });

  it('SESS-09 a user lists and ends only their own sessions', async () => {
    const ada = await newUser();
    const bob = await newUser();
    const other = await t.auth.login(ada.email, PASSWORD);
    const items = await sessionsOf(ada.accessToken);
    expect(items.map(({ id, current }) => [id, current]).sort()).toEqual(
      [
        [ada.sessionId, true],
        [other.sessionId, false],
      ].sort(),
    );
    expect(Object.keys(items[0]).sort()).toEqual([
      'createdAt',
      'current',
      'device',
      'expiresAt',
      'id',
      'ip',
      'lastUsedAt',
    ]);

    const foreign = await revoke(bob.sessionId, ada.accessToken);
    const missing = await revoke('01890a5d-ac96-774b-bcce-b302099a8057', ada.accessToken);
    expect([foreign.status, foreign.body.code]).toEqual([404, 'session_not_found']);
    expect([missing.status, missing.body.code]).toEqual([404, 'session_not_found']);
    for (const junk of [
      "x'%20OR%20'1'='1",
      '%00',
      'undefined',
      '..',
      '%2e%2e',
      bob.sessionId.toUpperCase(),
      `${bob.sessionId}%20`,
      '*',
    ]) {
      expect([junk, (await revoke(junk, ada.accessToken)).status]).toEqual([junk, 404]);
    }
    expect([await status(bob.accessToken), await status(other.accessToken)]).toEqual([200, 200]);

    expect((await revoke(other.sessionId, ada.accessToken)).status).toBe(204);
    expect([await status(other.accessToken), await refreshed(other.refreshToken)]).toEqual([401, 401]);
    expect((await revoke(other.sessionId, ada.accessToken)).status).toBe(404);
    expect(await sessionsOf(ada.accessToken)).toHaveLength(1);
  });

  it('SESS-09 all other sessions, or all, can be ended at once', async () => {
    const ada = await newUser();
    const bob = await newUser();
    const other = await t.auth.login(ada.email, PASSWORD);
    for (const odd of ['current=yes', 'current=true&current=false', 'current=']) {
      expect((await t.client.delete(`/auth/sessions?${odd}`, { token: ada.accessToken })).status).toBe(422);
    }
    expect((await t.client.delete('/auth/sessions', { token: ada.accessToken })).status).toBe(204);
    expect([await status(other.accessToken), await status(ada.accessToken)]).toEqual([401, 200]);
    expect((await t.client.delete('/auth/sessions?current=true', { token: ada.accessToken })).status).toBe(204);
    expect([await status(ada.accessToken), await refreshed(ada.refreshToken)]).toEqual([401, 401]);
    expect(await status(bob.accessToken)).toBe(200);
  });

  it('SESS-10 a login beyond the limit ends the session used longest ago', async () => {
    const ada = await newUser();
    t.clock.advance(1);
    const second = await t.auth.login(ada.email, PASSWORD);
    for (let i = 2; i < MAX; i += 1) {
      t.clock.advance(1);
      await t.auth.login(ada.email, PASSWORD);
    }
    t.clock.advance(1);
    expect(await refreshed(ada.refreshToken)).toBe(200);
    const last = await t.auth.login(ada.email, PASSWORD);
    expect([await status(second.accessToken), await refreshed(second.refreshToken)]).toEqual([401, 401]);
    expect([await status(ada.accessToken), await status(last.accessToken)]).toEqual([200, 200]);
    expect(await sessionsOf(ada.accessToken)).toHaveLength(MAX);
  });

  it('SESS-10 parallel logins leave no more than the limit alive', async () => {
    const ada = await newUser();
    t.clock.advance(1);
    const logins = await Promise.all(Array.from({ length: 30 }, () => t.auth.login(ada.email, PASSWORD)));
    const alive = await Promise.all(logins.map(({ accessToken }) => status(accessToken)));
    expect(alive.filter((one) => one === 200)).toHaveLength(MAX);
    expect(alive.filter((one) => one === 401)).toHaveLength(30 - MAX);
  });

  it('SESS-11 logout is idempotent, takes an expired token, and is no GET', async () => {
    const ada = await newUser();
    expect((await t.client.get('/auth/logout', { token: ada.accessToken })).status).toBe(405);
    expect(await status(ada.accessToken)).toBe(200);
    t.clock.advance(3_600_000);
    expect(await status(ada.accessToken)).toBe(401);
    for (let i = 0; i < 2; i += 1) {
      expect((await t.client.post('/auth/logout', undefined, { token: ada.accessToken })).status).toBe(204);
    }
    expect(await refreshed(ada.refreshToken)).toBe(401);
    const nothing = await t.client.post('/auth/logout');
    expect([nothing.status, nothing.cookies.length]).toEqual([204, 2]);
    expect((await t.client.post('/auth/logout', {}, { token: 'garbage' })).status).toBe(204);
  });

  it('SESS-11 logout ends the session of a refresh token, and none by a forged one', async () => {
    const ada = await newUser();
    const forged = `${ada.refreshToken.slice(0, -2)}AA`;
    expect((await t.client.post('/auth/logout', { refreshToken: forged })).status).toBe(204);
    expect(await status(ada.accessToken)).toBe(200);
    expect((await t.client.post('/auth/logout', { refreshToken: null })).status).toBe(422);
    expect((await t.client.post('/auth/logout', { refreshToken: ada.refreshToken })).status).toBe(204);
    expect(await status(ada.accessToken)).toBe(401);
  });
});
