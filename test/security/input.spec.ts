import fc from 'fast-check';
import { expectProblem, fieldsOf, stateOf, withVectors } from '../support/attack.js';
import type { Reply } from '../support/client.js';
import { DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

const JSON_ROUTES: [method: string, path: string][] = [
  ['POST', '/auth/login'],
  ['POST', '/auth/register'],
  ['POST', '/auth/refresh'],
  ['POST', '/auth/logout'],
  ['POST', '/auth/password/change'],
  ['PATCH', '/auth/me'],
];

const OPERATORS: [name: string, value: unknown][] = [
  ['$ne', { $ne: null }],
  ['$gt', { $gt: '' }],
  ['$regex', { $regex: '.*' }],
  ['like', { like: '%' }],
  ['a raw operator', { _type: 'raw', _value: '1=1' }],
  ['a typeorm operator', { '@instanceof': 'FindOperator', _type: 'not', _value: 'x' }],
  ['where', { where: '1=1' }],
  ['an array', ['ada@example.com']],
  ['an empty object', {}],
  ['a number', 1],
  ['a boolean', true],
  ['null', null],
  ['toString', { toString: 'x' }],
  ['length', { length: 5, 0: 'a' }],
];

const isRefusal = (reply: Reply) =>
  expect(reply.status >= 400 && reply.status < 500 ? 'refused' : reply.text).toBe('refused');

describeOn('input', { databases: DATABASES }, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeAll(async () => {
    t = await createTestApp(place);
    ada = await t.signUp('ada@example.com');
  });
  afterAll(() => t.close());

  const json = { 'content-type': 'application/json' };
  const send = (method: string, path: string, body: unknown) =>
    t.client.call(method, path, { body, headers: json, token: ada.accessToken });
  const sendText = (path: string, body: unknown) => send('POST', path, JSON.stringify(body));

  it.each(OPERATORS)('INP-01 %s in the place of a text is refused by name', async (_name, value) => {
    const before = await stateOf(t);
    const cases: [string, string, object][] = [
      ['/auth/login', 'identifier', { identifier: value, password: PASSWORD }],
      ['/auth/login', 'username', { username: value, password: PASSWORD }],
      ['/auth/login', 'password', { identifier: 'ada@example.com', password: value }],
      ['/auth/register', 'email', { email: value, password: PASSWORD }],
      ['/auth/register', 'password', { email: 'x@example.com', password: value }],
      ['/auth/refresh', 'refreshToken', { refreshToken: value }],
      ['/auth/logout', 'refreshToken', { refreshToken: value }],
      ['/auth/password/change', 'currentPassword', { currentPassword: value, newPassword: PASSWORD }],
      ['/auth/password/change', 'newPassword', { currentPassword: PASSWORD, newPassword: value }],
    ];
    for (const [path, field, body] of cases) {
      const reply = await sendText(path, body);
      expectProblem(reply, 422, 'validation_failed');
      expect(fieldsOf(reply)).toContain(field);
    }
    expect(await stateOf(t)).toBe(before);
  });

  it.each(
    Object.getOwnPropertyNames(Object.prototype).concat('then', 'toJSON', 'length', '0', '', 'a.b', '__esModule'),
  )('INP-05 a member named "%s" is one the kit does not know', async (name) => {
    for (const [method, path] of JSON_ROUTES.filter(([, at]) => at !== '/auth/logout')) {
      const reply = await send(method, path, `{${JSON.stringify(name)}:{"a":1}}`);
      // Names of Object.prototype are dropped by class-transformer; the empty body that is left is judged as such.
      if (method !== 'PATCH' || reply.status !== 200) expectProblem(reply, [400, 401, 422]);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it.each([
    ['array', '?current[]=true'],
    ['object', '?current[$gt]='],
    ['__proto__', '?__proto__[polluted]=1&current=x'],
    ['repeated', '?current=false&current=true'],
    ['repeated alike', '?current=true&current=true'],
    ['another case', '?current=TRUE'],
    ['empty', '?current='],
    ['a number', '?current=1'],
    ['an unknown name', '?all=true'],
  ])('INP-02 a query with an %s is refused and ends no session', async (_name, query) => {
    const { accessToken } = await t.auth.login('ada@example.com', PASSWORD);
    const reply = await t.client.delete(`/auth/sessions${query}`, { token: accessToken });
    expectProblem(reply, 422, 'validation_failed');
    expect(fieldsOf(reply)).toHaveLength(1);
    expect((await t.client.get('/auth/me', { token: accessToken })).status).toBe(200);
    ada = { ...ada, ...(await t.auth.login('ada@example.com', PASSWORD)) };
  });

  it('INP-11 what stands in the query is no part of the body', async () => {
    const query = `?identifier=ada@example.com&password=${encodeURIComponent(PASSWORD)}`;
    expectProblem(await t.client.post(`/auth/login${query}`, {}), 422);
    expectProblem(await t.client.post(`/auth/login${query}`), 422);
    expectProblem(await t.client.get(`/auth/me?access_token=${ada.accessToken}&token=${ada.accessToken}`), 401);
    expectProblem(await t.client.post('/auth/logout?x', { access_token: ada.accessToken }), 422);
  });

  it('INP-09 a NUL or half a surrogate pair in a text is refused by name before the database sees it', async () => {
    const before = await stateOf(t);
    for (const text of ['a\\u0000b', '\\ud800', '\\udc00\\ud800', 'x\\udfff']) {
      for (const field of ['email', 'username', 'fullName', 'employeeNumber']) {
        const fields = { email: 'x@example.com', password: PASSWORD, [field]: '@@' };
        const reply = await send('POST', '/auth/register', JSON.stringify(fields).replace('@@', text));
        expectProblem(reply, 422, 'validation_failed');
        expect(fieldsOf(reply)).toEqual([field]);
      }
      expectProblem(await send('PATCH', '/auth/me', `{"fullName":"${text}"}`), 422, 'validation_failed');
      expectProblem(
        await send('POST', '/auth/login', `{"identifier":"${text}","password":"x"}`),
        422,
        'validation_failed',
      );
    }
    expect(await stateOf(t)).toBe(before);
  });

  it.each([
    '\u{1F600}\u{1F468}\u200d\u{1F469}',
    '\uffff\ufffe\ufdd0',
    '\u202eabc',
    "Robert'); DROP TABLE users;--",
    '${7*7}{{7*7}}',
    '%s%n%x',
    '\\',
    '<b>',
  ])('INP-09 the name "%s" is stored and shown as it is', async (fullName) => {
    const reply = await t.client.patch('/auth/me', { fullName }, { token: ada.accessToken });
    expect(reply.status).toBe(200);
    expect((await t.client.get('/auth/me', { token: ada.accessToken })).body.user.fullName).toBe(fullName);
  });

  it.each([
    "ada@example.com' OR '1'='1",
    "' OR 1=1 --",
    'ada@example.com"--',
    "x' UNION SELECT 1--",
    '%',
    '_da@example.com',
    'ada@example.com\\',
    '*)(uid=*',
  ])('INP-03 the identifier "%s" finds nobody', async (identifier) => {
    expectProblem(await t.client.post('/auth/login', { identifier, password: PASSWORD }), 401, 'invalid_credentials');
  });

  it('INP-13 no JSON object, near-valid or wild, gets anything but a declared answer', async () => {
    const declared = [200, 201, 204, 400, 401, 403, 409, 413, 422];
    const field = fc.constantFrom(
      'identifier',
      'username',
      'password',
      'email',
      'fullName',
      'transport',
      'refreshToken',
      'currentPassword',
      'newPassword',
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(PASSWORD, 'ada@example.com', 'cookie', null),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const body = fc.dictionary(
      fc.oneof({ weight: 9, arbitrary: field }, { weight: 1, arbitrary: fc.string() }),
      value,
      { maxKeys: 5 },
    );
    const property = fc.asyncProperty(fc.constantFrom(...JSON_ROUTES), body, async ([method, path], fields) => {
      const reply = await t.client.call(method, path, {
        body: JSON.stringify(fields),
        headers: json,
        token: ada.accessToken,
      });
      expect({ status: reply.status, text: reply.text }).toEqual({
        status: declared.find((one) => one === reply.status),
        text: reply.text,
      });
      if (reply.status >= 400) expectProblem(reply, reply.status);
      if (path === '/auth/logout' || path === '/auth/password/change')
        ada = { ...ada, ...(await t.auth.issueFor(ada.id)) };
    });
    await fc.assert(property, { numRuns: 150, seed: 20260701 });
  });
});

withVectors('blns/blns.json', (content) => {
  const strings = JSON.parse(content) as string[];

  describeOn('input with the big list of naughty strings', { databases: DATABASES }, (place) => {
    let t: TestApp;
    let ada: SignedUp;
    beforeAll(async () => {
      t = await createTestApp(place);
      ada = await t.signUp('ada@example.com');
    });
    afterAll(() => t.close());

    it('INP-09 each is refused as a name to log in with, and kept as it is as a full name', async () => {
      for (const text of strings) {
        isRefusal(await t.client.post('/auth/login', { identifier: text, password: text }));
        isRefusal(await t.client.post('/auth/refresh', { refreshToken: text }));
        const reply = await t.client.patch('/auth/me', { fullName: text }, { token: ada.accessToken });
        if (reply.status === 200) expect(reply.body.user.fullName).toBe(text);
        else expectProblem(reply, 422);
      }
    });
  });
});
