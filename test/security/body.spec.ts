import { expectNoInternals, expectProblem, rawRequest, sendRaw } from '../support/attack.js';
import { createTestApp, describeOn, type SignedUp, type TestApp } from '../support/test-app.js';

const JSON_ROUTES: [method: string, path: string][] = [
  ['POST', '/auth/login'],
  ['POST', '/auth/register'],
  ['POST', '/auth/refresh'],
  ['POST', '/auth/logout'],
  ['POST', '/auth/password/change'],
  ['PATCH', '/auth/me'],
];

/** Bodies that are not JSON (RFC 8259), or not UTF-8, or not what a body may be. */
const MALFORMED: [name: string, body: string | Buffer][] = [
  ['an open object', '{'],
  ['an open string', '{"a":"'],
  ['an open name', '{"a'],
  ['no value', '{"a":}'],
  ['no colon', '{"a" 1}'],
  ['two colons', '{"a"::1}'],
  ['two commas', '{"a":1,,"b":2}'],
  ['a comma at the end', '{"a":1,}'],
  ['a comma at the beginning', '{,"a":1}'],
  ['a bare name', '{a:1}'],
  ['single quotes', "{'a':1}"],
  ['a line comment', '{"a":1}//x'],
  ['a block comment', '{/**/"a":1}'],
  ['two values', '{"a":1}{"b":2}'],
  ['something behind it', '{"a":1}x'],
  ['a closing brace too many', '{"a":1}}'],
  ['mixed brackets', '{"a":[1}'],
  ['an open array inside', '{"a":[1'],
  ['NaN', '{"a":NaN}'],
  ['Infinity', '{"a":-Infinity}'],
  ['undefined', '{"a":undefined}'],
  ['True', '{"a":True}'],
  ['a leading zero', '{"a":01}'],
  ['a leading plus', '{"a":+1}'],
  ['a point at the end', '{"a":1.}'],
  ['a point at the beginning', '{"a":.1}'],
  ['an empty exponent', '{"a":1e}'],
  ['hexadecimal', '{"a":0x1}'],
  ['an unknown escape', '{"a":"\\x41"}'],
  ['half an escape', '{"a":"\\u12"}'],
  ['a bare tab', '{"a":"\t"}'],
  ['a bare line break', '{"a":"\n"}'],
  ['a bare NUL', '{"a":"\0"}'],
  ['a form feed between', '{\f"a":1}'],
  ['a no-break space between', '{\u00a0"a":1}'],
  ['a name that is a number', '{1:1}'],
  ['a form', 'identifier=a&password=b'],
  ['markup', '<login/>'],
  ['an array', '[]'],
  ['an array of logins', '[{"identifier":"ada@example.com","password":"x"}]'],
  ['a string', '"x"'],
  ['a number', '1'],
  ['true', 'true'],
  ['null', 'null'],
  ['a prefix against hijacking', ")]}',\n{}"],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['an overlong slash', Buffer.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d])],
  ['a surrogate in UTF-8', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ['UTF-16', Buffer.from('\ufeff{"a":1}', 'utf16le')],
  ['deep arrays', `{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
  ['deep arrays left open', `{"a":${'['.repeat(16_000)}`],
  ['deep objects', `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`],
  ['__proto__', '{"__proto__":{"polluted":1}}'],
  ['an escaped __proto__', '{"\\u005f_proto__":{"polluted":1}}'],
  ['a __proto__ inside', '{"a":{"b":[{"__proto__":{"polluted":1}}]}}'],
  ['constructor.prototype', '{"constructor":{"prototype":{"polluted":1}}}'],
];

describeOn('bodies', {}, (place) => {
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

  it.each(MALFORMED)('INP-06 a body with %s is 400 on every route', async (_name, body) => {
    for (const [method, path] of JSON_ROUTES) expectProblem(await send(method, path, body), 400, 'malformed_body');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('INP-08 more than 16 KiB is 413, whatever it is and however it comes', async () => {
    for (const size of [16_385, 1_000_000, 10_000_000]) {
      const body = `{"identifier":"ada@example.com","password":"${'x'.repeat(size)}"}`;
      expectProblem(await send('POST', '/auth/login', body), 413, 'body_too_large');
      expectProblem(await send('POST', '/auth/login', 'x'.repeat(size)), 413, 'body_too_large');
    }
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const chunked = rawRequest(
      'POST /auth/login',
      ['Content-Type: application/json', 'Transfer-Encoding: chunked'],
      chunk.repeat(4),
    );
    expect((await sendRaw(t.client.port, `${chunked}0\r\n\r\n`)).status).toBe(413);
    const form = await t.client.form('/auth/token', { grant_type: 'x'.repeat(17_000) });
    expect([form.status, form.body]).toMatchObject([413, { error: 'invalid_request', code: 'body_too_large' }]);
    expectProblem(
      await send('POST', '/auth/login', `{"identifier":"a","password":"${'x'.repeat(16_384 - 33)}"}`),
      422,
      'password_too_long',
    );
  });

  it('INP-08 a name given twice is refused, wherever it stands', async () => {
    for (const body of ['{"identifier":"a","identifier":"b","password":"x"}', '{"a":{"b":1,"\\u0062":2}}']) {
      expectProblem(await send('POST', '/auth/login', body), 400, 'malformed_body');
    }
  });

  it.each(['gzip', 'deflate', 'br', 'identity', 'x'])('INP-08 a body in the encoding %s is 415', async (encoding) => {
    const headers = { ...json, 'content-encoding': encoding };
    expectProblem(await t.client.call('POST', '/auth/login', { body: '{}', headers }), 415, 'unsupported_media_type');
  });

  it.each([
    'username=a&username=b',
    'username=a&username=a',
    'grant_type=password&grant_type=password',
    '__proto__=1',
    'constructor=1',
  ])('INP-11 the form "%s" is refused', async (fields) => {
    const form = await t.client.form('/auth/token', `grant_type=password&password=x&${fields}`);
    expect(form.status).toBe(400);
    expect(form.cookies).toEqual([]);
    expectNoInternals(form);
  });

  it.each([
    '',
    '&&&',
    '=',
    '%',
    '%zz=1',
    'grant_type',
    'grant_type=',
    'grant_type[]=password',
    'grant_type=password',
    'a=%00',
    '\u{1F600}',
  ])('INP-11 the form "%s" is a 400 in the words of OAuth', async (fields) => {
    const form = await t.client.form('/auth/token', fields);
    expect(form.status).toBe(400);
    expect(['invalid_request', 'unsupported_grant_type']).toContain(form.body.error);
  });
});
