import { AuthKitConfigError, bcrypt } from 'nest-authkit';
import { cookieHeader } from '../support/client.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

const BASE_URL = 'https://localhost:3000';
const HEADERS = { origin: BASE_URL };
const AT = '__Host-authkit_at';
const RT = '__Host-authkit_rt';

describeOn('cookies', {}, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { baseUrl: BASE_URL } });
    ada = await t.signUp('ada@example.com');
  });
  afterAll(() => t.close());

  const login = (identifier = ada.email) =>
    t.client.post('/auth/login', { identifier, password: PASSWORD, transport: 'cookie' }, { headers: HEADERS });
  const me = (cookie: string, token?: string) => t.client.get('/auth/me', { cookie, token });
  const refresh = (cookie: string) => t.client.post('/auth/refresh', undefined, { cookie, headers: HEADERS });
  const valueOf = (cookies: string[], name: string) =>
    cookies
      .find((cookie) => cookie.startsWith(`${name}=`))!
      .split(';')[0]
      .slice(name.length + 1);

  it('COOK-01 both cookies are __Host-, Secure, HttpOnly, SameSite and last as long as the session', async () => {
    const { cookies } = await login();
    const renewed = await refresh(cookieHeader(cookies));
    for (const [access, refreshing] of [cookies, renewed.cookies]) {
      expect(access).toMatch(/^__Host-authkit_at=[\w.-]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
      expect(refreshing).toMatch(
        /^__Host-authkit_rt=nar_[\w-]+; Max-Age=604800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
    }
  });

  it('COOK-01 they are deleted with the attributes they were set with', async () => {
    const { cookies } = await login();
    const logout = await t.client.post('/auth/logout', undefined, { cookie: cookieHeader(cookies), headers: HEADERS });
    expect(logout.cookies).toEqual([
      `${AT}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`,
      `${RT}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict`,
    ]);
    expect((await me(cookieHeader(cookies))).status).toBe(401);
  });

  it('COOK-05 an invalid header does not fall back to a valid cookie', async () => {
    const cookie = cookieHeader((await login()).cookies);
    for (const authorization of [
      'Bearer garbage',
      'Bearer',
      'Bearer ',
      'Basic YTpi',
      'garbage',
      '',
      `Bearer ${ada.accessToken}x`,
    ]) {
      const reply = await t.client.get('/auth/me', { cookie, headers: { authorization } });
      expect([authorization, reply.status]).toEqual([authorization, 401]);
    }
    const optional = await t.client.get('/probe/optional', { cookie, headers: { authorization: 'Bearer garbage' } });
    expect(optional.status).toBe(401);
  });

  it('COOK-05 of a header and a cookie of two users the header alone decides', async () => {
    const bob = await t.signUp('bob@example.com');
    const cookie = cookieHeader((await login()).cookies);
    expect((await me(cookie, bob.accessToken)).body.user.email).toBe('bob@example.com');
    const sessions = await t.client.get('/auth/sessions', { cookie, token: bob.accessToken });
    expect(sessions.body.items.map(({ id }: { id: string }) => id)).toEqual([bob.sessionId]);
    const twice = { authorization: [`Bearer ${bob.accessToken}`, `Bearer ${ada.accessToken}`] };
    expect((await t.client.get('/auth/me', { headers: twice })).status).toBe(400);
  });

  it('COOK-05 the refresh cookie authenticates nothing, and the access cookie refreshes nothing', async () => {
    const { cookies } = await login();
    const [at, rt] = [valueOf(cookies, AT), valueOf(cookies, RT)];
    expect((await me(`${RT}=${rt}`)).status).toBe(401);
    expect((await me(`${AT}=${rt}`)).status).toBe(401);
    expect((await refresh(`${AT}=${at}`)).status).toBe(401);
    expect((await refresh(`${RT}=${at}`)).status).toBe(401);
    expect((await refresh(`${AT}=${at}; ${RT}=${rt}`)).status).toBe(200);
  });

  it('COOK-05 only the exact name counts, not one that a sibling subdomain could set', async () => {
    const at = valueOf((await login()).cookies, AT);
    for (const name of [
      'authkit_at',
      '__Secure-authkit_at',
      '__host-authkit_at',
      '__HOST-authkit_at',
      `x${AT}`,
      `${AT}x`,
      ' ',
      `"${AT}"`,
    ]) {
      expect([name, (await me(`${name}=${at}`)).status]).toEqual([name, 401]);
    }
    expect((await me(`other=1; ${AT}=${at}; third=3`)).status).toBe(200);
  });

  it('COOK-05 two cookies of one name are refused and deleted', async () => {
    const { cookies } = await login();
    const [at, rt] = [valueOf(cookies, AT), valueOf(cookies, RT)];
    const planted = await login('ada@example.com');
    const doubled = `${AT}=${at}; ${AT}=${valueOf(planted.cookies, AT)}`;
    const replies = [
      await me(doubled),
      await me(`${AT}=; ${AT}=${at}`),
      await refresh(`${RT}=${rt}; ${RT}=${rt}`),
      await refresh(`${RT}=${rt}; ${doubled}`),
      await t.client.get('/probe/optional', { cookie: doubled }),
    ];
    for (const reply of replies) {
      expect([reply.status, reply.body.code]).toEqual([400, 'ambiguous_credentials']);
      expect(reply.cookies.map((cookie) => cookie.slice(0, cookie.indexOf(';')))).toEqual([`${AT}=`, `${RT}=`]);
    }
    expect((await refresh(`${AT}=${at}; ${RT}=${rt}`)).status).toBe(200);
  });

  it('COOK-05 on refresh the access cookie must be of the same session, expired or not', async () => {
    const first = (await login()).cookies;
    const second = (await login()).cookies;
    const mixed = `${AT}=${valueOf(first, AT)}; ${RT}=${valueOf(second, RT)}`;
    expect((await refresh(mixed)).status).toBe(401);
    t.clock.advance(3_600_000);
    expect((await refresh(mixed)).status).toBe(401);
    expect((await refresh(cookieHeader(second))).status).toBe(200);
  });

  it('COOK-07 no token of a cookie session appears in a body', async () => {
    const { cookies, text } = await login();
    const cookie = cookieHeader(cookies);
    const texts = [
      text,
      (await me(cookie)).text,
      (await t.client.get('/auth/sessions', { cookie })).text,
      (await refresh(cookie)).text,
    ];
    for (const shown of texts) expect(shown).not.toMatch(/nar_|eyJ|token/);
  });
});

describe('cookie options', () => {
  const start = (authkit: NonNullable<Parameters<typeof createTestApp>[0]>['authkit']) =>
    createTestApp({ authkit: { passwords: { hasher: bcrypt({ cost: 10 }) }, ...authkit } });

  it('COOK-02 production refuses to start with insecure cookies', async () => {
    const refused = [
      { baseUrl: 'http://app.example.com' },
      { baseUrl: 'https://app.example.com', cookies: { secure: false } },
      { baseUrl: 'https://app.example.com', cookies: { secure: false, sameSite: 'none' as const } },
      {
        baseUrl: 'http://app.example.com',
        cookies: { sameSite: 'none' as const },
        dangerouslyAllowInsecureCookies: true,
      },
      { baseUrl: 'http://localhost:3000', cookies: { sameSite: 'none' as const } },
      { baseUrl: 'https://app.example.com', cookies: { names: { access: '__Host-x' } } },
    ];
    for (const options of refused) await expect(start(options)).rejects.toThrow(AuthKitConfigError);
  });

  it('COOK-01 a domain turns the prefix into __Secure-', async () => {
    const t = await start({ baseUrl: BASE_URL, cookies: { domain: 'example.com' } });
    const ada = await t.signUp('ada@example.com');
    const login = await t.client.post(
      '/auth/login',
      { identifier: ada.email, password: PASSWORD, transport: 'cookie' },
      { headers: HEADERS },
    );
    for (const cookie of login.cookies)
      expect(cookie).toMatch(/^__Secure-authkit_(at|rt|device)=.*; Domain=example\.com; .*Secure/);
    await t.close();
  });

  it('COOK-05 with cookies switched off a cookie is nothing', async () => {
    const t = await start({ credentials: { cookie: false } });
    const ada = await t.signUp('ada@example.com');
    expect((await t.client.get('/auth/me', { cookie: `authkit_at=${ada.accessToken}` })).status).toBe(401);
    const body = { identifier: ada.email, password: PASSWORD, transport: 'cookie' };
    expect((await t.client.post('/auth/login', body, { headers: { origin: 'http://localhost:3000' } })).status).toBe(
      422,
    );
    await t.close();
  });
});
