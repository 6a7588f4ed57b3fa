import { cookieHeader } from '../support/client.js';
import { ALL_DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

describeOn('signing in', { databases: ALL_DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());

  it('registers, signs in, shows me, refreshes and signs out with bearer tokens', async () => {
    const registered = await t.client.post('/auth/register', {
      email: ' Ada@Example.com ',
      username: 'Ada',
      password: PASSWORD,
      fullName: 'Ada Lovelace',
    });
    expect(registered.status).toBe(201);
    expect(registered.body.user).toMatchObject({
      email: 'ada@example.com',
      username: 'ada',
      emailVerified: false,
      roles: ['user'],
      fullName: 'Ada Lovelace',
    });

    const login = await t.client.post('/auth/login', { identifier: 'ada@example.com', password: PASSWORD });
    expect(login.status).toBe(200);
    expect(login.headers['cache-control']).toBe('no-store');
    expect(login.body).toMatchObject({ token_type: 'Bearer', expires_in: 900, refresh_expires_in: 604_800 });
    expect(login.body.refresh_token).toMatch(/^nar_[A-Za-z0-9_-]{71}$/);
    expect(login.cookies).toEqual([]);

    const me = await t.client.get('/auth/me', { token: login.body.access_token });
    expect(me.status).toBe(200);
    expect(me.body).toEqual({ user: registered.body.user });

    const refreshed = await t.client.post('/auth/refresh', { refreshToken: login.body.refresh_token });
    expect(refreshed.status).toBe(200);
    expect(refreshed.body.refresh_token).not.toBe(login.body.refresh_token);

    const logout = await t.client.post('/auth/logout', undefined, { token: refreshed.body.access_token });
    expect(logout.status).toBe(204);
    const after = await t.client.get('/auth/me', { token: refreshed.body.access_token });
    expect(after.status).toBe(401);
    expect(after.body.code).toBe('token_revoked');
    expect(after.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('signs in with cookies that scripts cannot read, and shows no token in the body', async () => {
    const origin = { origin: 'http://localhost:3000' };
    const login = await t.client.post(
      '/auth/login',
      { username: 'ada', password: PASSWORD, transport: 'cookie' },
      { headers: origin },
    );
    expect(login.status).toBe(200);
    expect(Object.keys(login.body).sort()).toEqual(['expires_in', 'user']);
    expect(login.cookies).toHaveLength(3);
    for (const cookie of login.cookies) expect(cookie).toMatch(/; Path=\/; HttpOnly; SameSite=/);

    const cookie = cookieHeader(login.cookies);
    expect((await t.client.get('/auth/me', { cookie })).status).toBe(200);
    const refreshed = await t.client.post('/auth/refresh', undefined, { cookie, headers: origin });
    expect(refreshed.status).toBe(200);
    expect(refreshed.cookies).toHaveLength(2);
  });
});
