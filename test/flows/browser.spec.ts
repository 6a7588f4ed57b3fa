import { bcrypt } from 'nest-authkit';
import { cookieHeader, type Client, type Reply } from '../support/client.js';
import { reverseProxy } from '../support/reverse-proxy.js';
import { createTestApp, describeOn, PASSWORD, type TestApp, type TestAppOptions } from '../support/test-app.js';

// What docs/guides/cookies.md promises about proxies and pages on other origins.

const CREDENTIALS = { identifier: 'ada@example.com', password: PASSWORD, transport: 'cookie' };
/** As in production: no cheap hashes. */
const start = async ({ authkit, ...options }: TestAppOptions) => {
  const t = await createTestApp({ ...options, authkit: { passwords: { hasher: bcrypt({ cost: 10 }) }, ...authkit } });
  await t.signUp(CREDENTIALS.identifier);
  return t;
};
const login = (client: Client, headers: Record<string, string>, path = '/auth/login') =>
  client.post(path, CREDENTIALS, { headers });

describeOn('behind a proxy that ends TLS', {}, ({ adapter }) => {
  let t: TestApp;
  let proxy: Awaited<ReturnType<typeof reverseProxy>>;
  beforeAll(async () => {
    t = await start({ adapter, authkit: { baseUrl: 'https://app.example.com' } });
    proxy = await reverseProxy(t.client.port);
  });
  afterAll(async () => {
    proxy.close();
    await t.close();
  });
  const page = { origin: 'https://app.example.com', 'sec-fetch-site': 'same-origin' };

  it('a browser signs in, calls, refreshes and signs out, with Secure __Host- cookies', async () => {
    const signedIn = await login(proxy.client, page);
    expect(signedIn.status).toBe(200);
    expect(signedIn.cookies.map((cookie) => /^(__Host-\w+)=.*; Secure;/.exec(cookie)?.[1])).toEqual([
      '__Host-authkit_at',
      '__Host-authkit_rt',
      '__Host-authkit_device',
    ]);
    const cookie = cookieHeader(signedIn.cookies);
    expect((await proxy.client.post('/probe/echo', {}, { cookie, headers: page })).status).toBe(201);
    const refreshed = await proxy.client.post('/auth/refresh', undefined, { cookie, headers: page });
    expect([refreshed.status, refreshed.cookies.length]).toEqual([200, 2]);
    const left = await proxy.client.post('/auth/logout', undefined, {
      cookie: cookieHeader(refreshed.cookies),
      headers: page,
    });
    expect(left.status).toBe(204);
  });

  it('the origin of baseUrl counts, whatever Host and forwarding headers say', async () => {
    const evil = { origin: 'https://evil.example' };
    const claims: Record<string, string>[] = [
      { 'x-forwarded-host': 'evil.example' },
      { forwarded: 'host=evil.example;proto=https' },
    ];
    for (const claim of claims) {
      expect((await login(proxy.client, { ...evil, ...claim })).body).toMatchObject({ code: 'csrf_rejected' });
    }
    expect((await login(t.client, { ...evil, host: 'evil.example' })).body).toMatchObject({ code: 'csrf_rejected' });
    const http = { origin: page.origin, 'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.example' };
    const reply = await login(proxy.client, http);
    expect(reply.status).toBe(200);
    for (const cookie of reply.cookies) expect(cookie).toContain('; Secure');
  });

  it('the address in sessions is the proxy’s, whoever claims otherwise', async () => {
    const { cookies } = await login(proxy.client, { ...page, 'x-forwarded-for': '6.6.6.6' });
    const { body } = await proxy.client.get('/auth/sessions', { cookie: cookieHeader(cookies) });
    expect(body.items.map(({ ip }: { ip: string }) => ip)).not.toContain('6.6.6.6');
  });

  it('a prefix that the proxy takes away changes nothing for the cookies', async () => {
    const below = await reverseProxy(t.client.port, '/api');
    const signedIn = await login(below.client, page, '/api/auth/login');
    for (const cookie of signedIn.cookies) expect(cookie).toContain('; Path=/;');
    expect((await below.client.get('/api/auth/me', { cookie: cookieHeader(signedIn.cookies) })).status).toBe(200);
    below.close();
  });
});

describeOn('a page on another origin', {}, ({ adapter }) => {
  const PAGE = 'https://app.example.com';
  let t: TestApp;
  beforeAll(async () => {
    t = await start({
      adapter,
      authkit: { baseUrl: 'https://api.example.com', allowedOrigins: [PAGE] },
      configure: (app) =>
        app.enableCors({
          origin: [PAGE],
          credentials: true,
          methods: ['GET', 'POST', 'PATCH', 'DELETE'],
          exposedHeaders: ['Retry-After'],
        }),
    });
  });
  afterAll(() => t.close());
  const sibling = { origin: PAGE, 'sec-fetch-site': 'same-site' };
  const preflight = (method: string, path: string, origin = PAGE) =>
    t.client.call('OPTIONS', path, {
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type',
      },
    });
  /** Whether a browser lets the page have the reply. */
  const isShown = ({ headers }: Reply) =>
    headers['access-control-allow-origin'] === PAGE && headers['access-control-allow-credentials'] === 'true';

  it.each([
    ['POST', '/auth/login'],
    ['PATCH', '/auth/me'],
    ['DELETE', '/auth/sessions'],
    ['POST', '/probe/echo'],
  ])('%s %s passes the preflight', async (method, path) => {
    const reply = await preflight(method, path);
    expect([Math.floor(reply.status / 100), isShown(reply)]).toEqual([2, true]);
    expect(reply.headers['access-control-allow-methods']).toContain(method);
    expect(reply.headers['access-control-allow-headers']?.toLowerCase()).toContain('content-type');
  });

  it('signs in, calls, refreshes, and is shown refusals too', async () => {
    const signedIn = await login(t.client, sibling);
    expect([signedIn.status, isShown(signedIn)]).toEqual([200, true]);
    const cookie = cookieHeader(signedIn.cookies);
    const called = await t.client.post('/probe/echo', {}, { cookie, headers: sibling });
    expect([called.status, isShown(called)]).toEqual([201, true]);
    const refreshed = await t.client.post('/auth/refresh', undefined, { cookie, headers: sibling });
    expect([refreshed.status, isShown(refreshed)]).toEqual([200, true]);
    const refused = await t.client.get('/probe/admin', { cookie, headers: sibling });
    expect([refused.status, isShown(refused)]).toEqual([403, true]);
  });

  it('that is not allowed gets neither a preflight nor a session', async () => {
    const other = 'https://other.example.com';
    expect(isShown(await preflight('POST', '/auth/login', other))).toBe(false);
    const reply = await login(t.client, { origin: other, 'sec-fetch-site': 'same-site' });
    expect(reply.body).toMatchObject({ code: 'csrf_rejected' });
  });
});

describeOn('a development server that passes calls on', { adapters: ['express'] }, ({ adapter }) => {
  const page = { origin: 'http://localhost:5173' };

  it('is the same origin to browsers that say so; others need it in allowedOrigins', async () => {
    const t = await start({ adapter });
    const proxy = await reverseProxy(t.client.port);
    expect((await login(proxy.client, { ...page, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    expect((await login(proxy.client, page)).body).toMatchObject({ code: 'csrf_rejected' });
    proxy.close();
    await t.close();
    const allowing = await start({ adapter, authkit: { allowedOrigins: [page.origin] } });
    const { status, cookies } = await login(allowing.client, page);
    expect([status, cookies.some((cookie) => cookie.includes('Secure'))]).toEqual([200, false]);
    await allowing.close();
  });
});
