import { hasDuplicateNames } from '../kernel/duplicate-names.js';
import { isCanonical, parseStrictJws } from './strict-jws.js';

const b64 = (value: string | Buffer) => Buffer.from(value).toString('base64url');
const jws = (header: string, payload: string) => `${b64(header)}.${b64(payload)}.${b64('signature')}`;

describe('parseStrictJws', () => {
  it('takes a compact JWS apart', () => {
    expect(parseStrictJws(jws('{"alg":"HS256"}', '{"sub":"a","n":[1,{"x":2}]}'))).toEqual({
      header: { alg: 'HS256' },
      payload: { sub: 'a', n: [1, { x: 2 }] },
    });
  });

  it('takes 4096 characters, and not one more', () => {
    const ofLength = (payload: number) => jws('{}', `{"x":"${'y'.repeat(payload - 8)}"}`);
    expect([ofLength(3059).length, ofLength(3060).length]).toEqual([4096, 4097]);
    expect(parseStrictJws(ofLength(3059))).not.toBeNull();
    expect(parseStrictJws(ofLength(3060))).toBeNull();
  });

  it.each([
    ['two parts', 'YQ.YQ'],
    ['five parts', 'YQ.YQ.YQ.YQ.YQ'],
    ['an empty signature', `${b64('{}')}.${b64('{}')}.`],
    ['padding', `${b64('{}')}.${b64('{}')}.YQ==`],
    ['the standard alphabet', `${b64('{}')}.${b64('{}')}.ab+/`],
    ['a non-canonical last character', `${b64('{}')}.${b64('{}')}.YR`],
    ['white space', ` ${jws('{}', '{}')}`],
    ['over 4 KiB', jws('{}', JSON.stringify({ x: 'y'.repeat(4096) }))],
    ['a payload that is no JSON', jws('{}', 'x')],
    ['a payload that is an array', jws('{}', '[]')],
    ['a payload that is null', jws('{}', 'null')],
    ['a header that is a string', jws('"x"', '{}')],
    ['a duplicate claim', jws('{}', '{"sub":"a","sub":"admin"}')],
    ['a duplicate header', jws('{"alg":"HS256","alg":"none"}', '{}')],
    ['bytes that are no UTF-8', `${b64('{}')}.${b64(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))}.YQ`],
  ])('refuses %s', (_what, token) => {
    expect(parseStrictJws(token)).toBeNull();
  });
});

describe('hasDuplicateNames', () => {
  it.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}', false],
    ['{"a":1,"a":2}', true],
    ['{"a":1,"\\u0061":2}', true],
    ['{"x":{"a":1,"a":2}}', true],
    ['{"x":[{"a":1,"a":2}]}', true],
    ['{"a":"a","b":"a:b","c":"{\\"a\\":1,\\"a\\":2}"}', false],
    ['{"a" : 1, "b\\"" : "}", "b" : 2}', false],
  ])('%s: %p', (json, duplicate) => {
    expect(JSON.parse(json)).toBeDefined();
    expect(hasDuplicateNames(json)).toBe(duplicate);
  });
});

it('isCanonical accepts one spelling of the same bytes', () => {
  expect(isCanonical('YQ')).toBe(true);
  expect(isCanonical('YR')).toBe(false);
});
