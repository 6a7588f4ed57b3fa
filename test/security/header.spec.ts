import { expectProblem, rawRequest, sendRaw } from '../support/attack.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';
import type { Reply } from '../support/client.js';

const PROTECTED: [method: string, path: string][] = [
  ['GET', '/auth/me'],
  ['PATCH', '/auth/me'],
  ['GET', '/auth/sessions'],
  ['DELETE', '/auth/sessions'],
  ['DELETE', '/auth/sessions/01890000-0000-7000-8000-000000000000'],
  ['POST', '/auth/password/change'],
  ['GET', '/probe/undecorated'],
  ['GET', '/probe/principal'],
  ['GET', '/probe/admin'],
  ['GET', '/open/staff'],
  ['POST', '/probe/echo'],
];

describeOn('headers', {}, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeAll(async () => {
    t = await createTestApp(place);
    ada = await t.signUp('ada@example.com');
  });
  afterAll(() => t.close());

  it.each(PROTECTED)(
    'HDR-01 %s %s says how to authenticate, and no error when nothing was sent',
    async (method, path) => {
      const bare = await t.client.call(method, path);
      expectProblem(bare, 401, 'authentication_required');
      expect(bare.headers['www-authenticate']).toBe('Bearer');
      const bad = await t.client.call(method, path, { token: 'bad' });
      expectProblem(bad, 401, 'token_invalid');
      expect(bad.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    },
  );

  it('HDR-01 a missing role is 403 insufficient_scope', async () => {
    const reply = await t.client.get('/probe/admin', { token: ada.accessToken });
    expectProblem(reply, 403, 'insufficient_scope');
    expect(reply.headers['www-authenticate']).toBe('Bearer error="insufficient_scope"');
  });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('HDR-02 the scheme may be spelled %s', async (scheme) => {
    const reply = await t.client.get('/auth/me', { headers: { authorization: `${scheme} ${ada.accessToken}` } });
    expect(reply.status).toBe(200);
  });

  const BAD: [name: string, value: (token: string) => string][] = [
    ['empty', () => ''],
    ['the scheme alone', () => 'Bearer'],
    ['the scheme and a blank', () => 'Bearer '],
    ['two blanks', (token) => `Bearer  ${token}`],
    ['a tab', (token) => `Bearer\t${token}`],
    ['no blank', (token) => `Bearer${token}`],
    ['the token alone', (token) => token],
    ['Basic', () => 'Basic YWRhQGV4YW1wbGUuY29tOng='],
    ['Basic with the token', (token) => `Basic ${token}`],
    ['Digest', () => 'Digest username="ada"'],
    ['Token', (token) => `Token ${token}`],
    ['a scheme that begins alike', (token) => `BearerX ${token}`],
    ['two words', (token) => `Bearer ${token} y`],
    ['a word first', (token) => `Bearer x ${token}`],
    ['a list', (token) => `Bearer ${token}, Bearer ${token}`],
    ['a list of schemes', (token) => `Basic eA==, Bearer ${token}`],
    ['quotes', (token) => `Bearer "${token}"`],
    ['a parameter', (token) => `Bearer token=${token}`],
    ['undefined', () => 'Bearer undefined'],
    ['null', () => 'Bearer null'],
    ['object', () => 'Bearer [object Object]'],
    ['8 KB', () => `Bearer ${'a'.repeat(8192)}`],
    ['the refresh token', () => `Bearer ${ada.refreshToken}`],
  ];

  it.each(BAD)('HDR-02 an Authorization header with %s is 401', async (_name, value) => {
    const headers = { authorization: value(ada.accessToken) };
    for (const path of ['/auth/me', '/probe/optional', '/probe/undecorated']) {
      const reply = await t.client.get(path, { headers });
      expectProblem(reply, 401);
      expect(reply.headers['www-authenticate']).toMatch(/^Bearer( error="invalid_token")?$/);
    }
  });

  it('HDR-02 two Authorization headers are 400, whichever is right', async () => {
    const [good, bad] = [`Authorization: Bearer ${ada.accessToken}`, 'Authorization: Bearer x'];
    for (const headers of [
      [good, bad],
      [bad, good],
      [good, good],
      [good, 'authorization: Basic eA=='],
    ]) {
      const reply = await sendRaw(t.client.port, rawRequest('GET /auth/me', headers));
      expect(reply.status).toBe(400);
      expect(reply.text).toContain('ambiguous_credentials');
      expect(reply.text).not.toContain('ada@example.com');
    }
  });

  it.each([
    ['UTF-8', Buffer.from('Bearer \u00e9\u{1F600}')],
    ['Latin-1', Buffer.from('Bearer \u00e9\u00ff', 'latin1')],
    ['obs-fold', Buffer.from('Bearer\r\n x')],
    ['a bare CR', Buffer.from('Bearer a\rb')],
    ['NUL', Buffer.from('Bearer a\0b')],
    ['64 KB', Buffer.from(`Bearer ${'a'.repeat(65_536)}`)],
  ])('HDR-02 an Authorization header in %s is refused and the server stays up', async (_name, value) => {
    const head = Buffer.from('GET /auth/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ');
    const reply = await sendRaw(t.client.port, Buffer.concat([head, value, Buffer.from('\r\n\r\n')]));
    expect([0, 400, 401, 431]).toContain(reply.status);
    expect(reply.text).not.toMatch(/ at \S+ \(/);
    expect((await t.client.get('/auth/me', { token: ada.accessToken })).status).toBe(200);
  });

  it('HDR-03 an Authorization header decides alone: no cookie helps a bad one', async () => {
    const login = await t.auth.login('ada@example.com', PASSWORD, 'cookie');
    const cookie = `authkit_at=${login.accessToken}`;
    expect((await t.client.get('/auth/me', { cookie })).status).toBe(200);
    for (const authorization of ['Bearer bad', 'Basic eA==', '']) {
      for (const path of ['/auth/me', '/probe/optional']) {
        expectProblem(await t.client.get(path, { cookie, headers: { authorization } }), 401);
      }
    }
  });

  it('HDR-04 every reply of the kit forbids caching and sniffing, names its charset and no product', async () => {
    const replies: Record<string, Reply> = {
      login: await t.client.post('/auth/login', { identifier: 'ada@example.com', password: PASSWORD }),
      wrong: await t.client.post('/auth/login', { identifier: 'ada@example.com', password: 'x' }),
      register: await t.client.post('/auth/register', { email: 'hdr@example.com', password: PASSWORD }),
      invalid: await t.client.post('/auth/register', { email: 1 }),
      malformed: await t.client.post('/auth/login', '{', { headers: { 'content-type': 'application/json' } }),
      type: await t.client.post('/auth/login', 'x'),
      large: await t.client.post('/auth/login', { identifier: 'x'.repeat(20_000), password: 'x' }),
      method: await t.client.get('/auth/login'),
      me: await t.client.get('/auth/me', { token: ada.accessToken }),
      anonymous: await t.client.get('/auth/me'),
      sessions: await t.client.get('/auth/sessions', { token: ada.accessToken }),
      missing: await t.client.delete('/auth/sessions/x', { token: ada.accessToken }),
      token: await t.client.form('/auth/token', {
        grant_type: 'password',
        username: 'ada@example.com',
        password: PASSWORD,
      }),
      grant: await t.client.form('/auth/token', { grant_type: 'x' }),
      refresh: await t.client.post('/auth/refresh', { refreshToken: 'x' }),
      logout: await t.client.post('/auth/logout'),
    };
    for (const [name, { headers, status, text }] of Object.entries(replies)) {
      expect({ name, ...headers }).toMatchObject({
        name,
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      expect({ name, product: headers['x-powered-by'] ?? headers['server'] }).toEqual({ name, product: undefined });
      if (status !== 204)
        expect({ name, type: headers['content-type'] }).toEqual({
          name,
          type: expect.stringMatching(/json; charset=utf-8$/),
        });
      expect(text).not.toContain(PASSWORD);
    }
  });

  it('HDR-05 no header a client sends is believed about where it comes from', async () => {
    const forwarded = {
      'x-forwarded-for': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'x-real-ip': '6.6.6.6',
      'true-client-ip': '6.6.6.6',
    };
    const login = await t.client.post(
      '/auth/login',
      { identifier: 'ada@example.com', password: PASSWORD },
      { headers: forwarded },
    );
    const { body } = await t.client.get('/auth/sessions', { token: login.body.access_token });
    expect((body.items as { current: boolean; ip: string }[]).find(({ current }) => current)!.ip).toBe('127.0.0.1');
  });

  it.each([
    'x-http-method-override',
    'x-http-method',
    'x-original-url',
    'x-rewrite-url',
    'x-user-id',
    'x-authenticated-user',
  ])('HDR-06 the header %s opens nothing', async (name) => {
    for (const value of ['GET', 'DELETE', '/probe/public', ada.id, 'admin']) {
      expectProblem(await t.client.get('/probe/admin', { headers: { [name]: value } }), 401, 'authentication_required');
    }
  });

  it('HDR-07 a User-Agent of any length and content is kept short and shown as text', async () => {
    const agent = `<script>alert(1)</script>\u00e9\t${'x'.repeat(4000)}`;
    const login = await t.client.post(
      '/auth/login',
      { identifier: 'ada@example.com', password: PASSWORD },
      { headers: { 'user-agent': agent } },
    );
    expect(login.status).toBe(200);
    const { body, headers } = await t.client.get('/auth/sessions', { token: login.body.access_token });
    const current = (body.items as { current: boolean; device: string }[]).find((one) => one.current)!;
    expect(current.device).toBe('<script>alert');
    expect(headers['content-type']).toMatch(/^application\/json/);
  });
});
