import { Controller, Delete, Patch, Post, Put } from '@nestjs/common';
import { Authenticated } from 'nest-authkit';
import { expectProblem, stateOf } from '../support/attack.js';
import { cookieHeader } from '../support/client.js';
import { DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const HOME = 'http://localhost:3000';
const PARTNER = 'https://partner.example.com';
type Headers = Record<string, string | string[]>;

/** As another site, or something that hides where it comes from, would send it. */
const FOREIGN: [name: string, headers: Headers][] = [
  ['Origin evil', { origin: 'https://evil.example' }],
  ['Origin null', { origin: 'null' }],
  ['an empty Origin', { origin: '' }],
  ['Origin of another port', { origin: 'http://localhost:3001' }],
  ['Origin of another scheme', { origin: 'https://localhost:3000' }],
  ['Origin with ours at the beginning', { origin: `${HOME}.evil.example` }],
  ['Origin with ours in the credentials', { origin: `${HOME}@evil.example` }],
  ['Origin with a path', { origin: `${HOME}/` }],
  ['Origin in capitals', { origin: HOME.toUpperCase() }],
  ['two Origins, ours first', { origin: [HOME, 'https://evil.example'] }],
  ['Origin evil and our Referer', { origin: 'https://evil.example', referer: `${HOME}/page` }],
  ['Referer evil', { referer: 'https://evil.example/page' }],
  ['Referer evil with ours in the path', { referer: `https://evil.example/${HOME}/` }],
  ['Referer that is no URL', { referer: 'localhost:3000' }],
  ['Referer about:', { referer: 'about:blank' }],
  ['an empty Referer', { referer: '' }],
  ['Sec-Fetch-Site cross-site', { 'sec-fetch-site': 'cross-site' }],
  ['Sec-Fetch-Site same-site', { 'sec-fetch-site': 'same-site' }],
  ['Sec-Fetch-Site cross-site and our Referer', { 'sec-fetch-site': 'cross-site', referer: `${HOME}/page` }],
  ['Sec-Fetch-Site cross-site and Origin evil', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  ['Sec-Fetch-Site empty', { 'sec-fetch-site': '' }],
  ['Sec-Fetch-Site unknown', { 'sec-fetch-site': 'same-origin-ish' }],
  ['two Sec-Fetch-Site', { 'sec-fetch-site': ['same-origin', 'cross-site'] }],
];

const OURS: [name: string, headers: Headers][] = [
  ['Sec-Fetch-Site same-origin', { 'sec-fetch-site': 'same-origin' }],
  ['Sec-Fetch-Site none', { 'sec-fetch-site': 'none' }],
  ['our Origin', { origin: HOME }],
  ['an allowed Origin', { origin: PARTNER }],
  ['an allowed Origin and cross-site', { origin: PARTNER, 'sec-fetch-site': 'cross-site' }],
  ['our Referer', { referer: `${HOME}/page?x=1` }],
];

@Controller('things')
class ThingsController {
  @Post() @Authenticated() post() {
    return {};
  }
  @Put() @Authenticated() put() {
    return {};
  }
  @Patch() @Authenticated() patch() {
    return {};
  }
  @Delete() @Authenticated() remove() {
    return {};
  }
}

describeOn('csrf', { databases: DATABASES }, (place) => {
  let t: TestApp;
  let cookie: string;
  let refreshCookie: string;
  beforeAll(async () => {
    t = await createTestApp({ ...place, controllers: [ThingsController], authkit: { allowedOrigins: [PARTNER] } });
    await t.signUp('ada@example.com');
    const login = await t.client.post(
      '/auth/login',
      { identifier: 'ada@example.com', password: PASSWORD, transport: 'cookie' },
      { headers: { origin: HOME } },
    );
    cookie = cookieHeader(login.cookies);
    refreshCookie = cookieHeader(login.cookies.slice(1));
  });
  afterAll(() => t.close());

  const withCookie = (): [string, string, unknown][] => [
    ['POST', '/things', {}],
    ['PUT', '/things', {}],
    ['PATCH', '/things', {}],
    ['DELETE', '/things', undefined],
    ['PATCH', '/auth/me', { fullName: 'Mallory' }],
    ['POST', '/auth/password/change', { currentPassword: PASSWORD, newPassword: 'a phrase of mallory' }],
    ['DELETE', '/auth/sessions', undefined],
    ['DELETE', '/auth/sessions?current=true', undefined],
    ['DELETE', '/auth/sessions/01890000-0000-7000-8000-000000000000', undefined],
    ['POST', '/auth/logout', undefined],
    ['POST', '/auth/refresh', undefined],
    ['POST', '/auth/login', { identifier: 'ada@example.com', password: PASSWORD, transport: 'cookie' }],
  ];
  const anonymous: [string, object | undefined][] = [
    ['/auth/login', { identifier: 'ada@example.com', password: PASSWORD }],
    ['/auth/login', { identifier: 'ada@example.com', password: PASSWORD, transport: 'cookie' }],
    ['/auth/register', { email: 'csrf@example.com', password: PASSWORD }],
    ['/auth/refresh', { refreshToken: 'nar_x' }],
    ['/auth/logout', undefined],
  ];

  it.each(FOREIGN)('CSRF-01 with %s no cookie-authenticated call gets through', async (_name, headers) => {
    const before = await stateOf(t);
    for (const [method, path, body] of withCookie()) {
      expectProblem(await t.client.call(method, path, { body, cookie, headers }), 403, 'csrf_rejected');
    }
    expectProblem(
      await t.client.post('/auth/refresh', undefined, { cookie: refreshCookie, headers }),
      403,
      'csrf_rejected',
    );
    expect(await stateOf(t)).toBe(before);
  });

  it.each(FOREIGN)('CSRF-02 with %s nobody is logged in, registered, refreshed or out', async (_name, headers) => {
    const before = await stateOf(t);
    for (const [path, body] of anonymous) {
      const reply = await t.client.post(path, body, { headers });
      expectProblem(reply, 403, 'csrf_rejected');
      expect(reply.cookies).toEqual([]);
    }
    expect(await stateOf(t)).toBe(before);
  });

  it('CSRF-01 a cookie without any word of where it comes from is refused', async () => {
    const before = await stateOf(t);
    for (const [method, path, body] of withCookie()) {
      expectProblem(await t.client.call(method, path, { body, cookie }), 403, 'csrf_origin_missing');
    }
    expectProblem(
      await t.client.post('/auth/logout', undefined, { cookie: refreshCookie }),
      403,
      'csrf_origin_missing',
    );
    const login = { identifier: 'ada@example.com', password: PASSWORD, transport: 'cookie' };
    expectProblem(await t.client.post('/auth/login', login), 403, 'csrf_origin_missing');
    expect(await stateOf(t)).toBe(before);
  });

  it.each(OURS)('CSRF-03 with %s cookies work', async (_name, headers) => {
    for (const [method, path, body] of withCookie().slice(0, 5)) {
      const reply = await t.client.call(method, path, { body, cookie, headers });
      expect({ method, path, ok: reply.status < 300 }).toEqual({ method, path, ok: true });
    }
    expect((await t.client.post('/auth/refresh', undefined, { cookie, headers })).status).toBe(200);
  });

  it('CSRF-05 reading with a cookie needs no word of where it comes from, and changes nothing', async () => {
    const before = await stateOf(t);
    for (const headers of [{}, { origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Headers[]) {
      expect((await t.client.get('/auth/me', { cookie, headers })).status).toBe(200);
      expectProblem(await t.client.get('/auth/logout', { cookie, headers }), 405, 'method_not_allowed');
      expectProblem(await t.client.get('/auth/refresh', { cookie, headers }), 405, 'method_not_allowed');
    }
    expect(await stateOf(t)).toBe(before);
  });

  const TYPES: [type: string | undefined][] = [
    ['text/plain'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
    [undefined],
    [''],
    ['application/json; charset=evil'],
    ['application/json; charset=utf-16'],
    ['application/json, text/plain'],
    ['text/plain; application/json'],
    ['text/json'],
    ['application/jsonp'],
    ['application/json+x'],
    ['application/xml'],
    ['*/*'],
  ];

  it.each(TYPES)('CSRF-04 a JSON route takes no body of type %s', async (type) => {
    const before = await stateOf(t);
    const headers: Headers = { origin: HOME, ...(type !== undefined && { 'content-type': type }) };
    const body = JSON.stringify({
      identifier: 'ada@example.com',
      password: PASSWORD,
      email: 'x@example.com',
      fullName: 'x',
    });
    for (const path of ['/auth/login', '/auth/register', '/auth/refresh', '/auth/logout', '/auth/password/change']) {
      expectProblem(await t.client.call('POST', path, { body, headers, cookie }), 415, 'unsupported_media_type');
    }
    expectProblem(await t.client.call('PATCH', '/auth/me', { body, headers, cookie }), 415, 'unsupported_media_type');
    expect(await stateOf(t)).toBe(before);
  });

  it('CSRF-04 a form is no JSON and JSON is no form', async () => {
    const form = 'grant_type=password&username=ada%40example.com&password=x';
    const refused = { error: 'invalid_request', code: 'unsupported_media_type' };
    const asText = { body: form, headers: { 'content-type': 'text/plain' } };
    for (const reply of [
      await t.client.call('POST', '/auth/token', asText),
      await t.client.post('/auth/token', { grant_type: 'password' }),
    ]) {
      expect([reply.status, reply.body]).toMatchObject([415, refused]);
    }
    expectProblem(await t.client.form('/auth/login', { identifier: 'ada@example.com', password: PASSWORD }), 415);
  });

  it('CSRF-06 the token endpoint neither reads nor sets cookies, whoever calls it', async () => {
    const { refreshToken } = await t.auth.login('ada@example.com', PASSWORD);
    const grants: Record<string, string>[] = [
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      { grant_type: 'password', username: 'ada@example.com', password: PASSWORD },
    ];
    for (const fields of grants) {
      const reply = await t.client.form('/auth/token', fields, { cookie, headers: { origin: 'https://evil.example' } });
      expect(reply.status).toBe(200);
      expect(reply.cookies).toEqual([]);
    }
    const reply = await t.client.form(
      '/auth/token',
      { grant_type: 'refresh_token' },
      { cookie, headers: { origin: HOME } },
    );
    expect(reply.body).toMatchObject({ error: 'invalid_request' });
  });

  it('CSRF-09 a bearer client without an Origin is not asked for one', async () => {
    const { accessToken } = await t.signUp(`bearer@example.com`);
    for (const headers of [{}, { origin: 'https://evil.example' }] as Headers[]) {
      expect((await t.client.post('/things', {}, { token: accessToken, headers })).status).toBe(201);
      expect((await t.client.patch('/auth/me', { fullName: 'B' }, { token: accessToken, headers })).status).toBe(200);
    }
    const login = await t.client.post('/auth/login', { identifier: 'bearer@example.com', password: PASSWORD });
    expect((await t.client.post('/auth/refresh', { refreshToken: login.body.refresh_token })).status).toBe(200);
    expect((await t.client.post('/auth/logout', undefined, { token: login.body.access_token })).status).toBe(204);
  });

  it('CSRF-10 a session begun by cookie is not carried on by its refresh token in a body', async () => {
    const before = await stateOf(t);
    const refreshToken = /authkit_rt=([^;]+)/.exec(refreshCookie)![1];
    expectProblem(await t.client.post('/auth/refresh', { refreshToken }), 401, 'token_invalid');
    expect(await stateOf(t)).toBe(before);
  });
});
