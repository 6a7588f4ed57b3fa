import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { optionsFromEnv } from './options-from-env.js';
import { resolveOptions } from './resolve-options.js';

const SECRET = 'k7Qw2Zr9Xv4Tn1Lb8Hs5Yd3Mf6Pc0Gj-Ue';
const OLD = { id: '2025', secret: 'Zk3vQ8rT1yW6uB0nM5cX9dF2gH7jL4pS-old' };
const NEW = { id: '2026', secret: 'aP9sD4fG7hJ2kL5zX8cV1bN6mQ3wE0rT-new' };
/** In production. */
const resolve = (pepper: unknown) =>
  resolveOptions({ secret: SECRET, baseUrl: 'https://app.example.com', passwords: { pepper: pepper as never } }, {});

describe('passwords.pepper', () => {
  it.each([
    ['none', undefined, []],
    ['one', NEW, [NEW]],
    ['a list, whose first writes', [NEW, OLD], [NEW, OLD]],
  ])('may be %s', (_what, pepper, expected) => {
    expect(resolve(pepper).passwords.peppers).toEqual(expected);
  });

  it.each([
    ['an empty list', [], /pepper: it is an empty list/],
    ['a text', NEW.secret, /pepper\.id: it is not valid/],
    ['nothing', null, /pepper\.id: it is not valid/],
    ['a list in a list', [[NEW]], /pepper\[0\]\.id: it is not valid/],
    ['an id with a dollar', { ...NEW, id: 'a$b' }, /pepper\.id: it is not valid/],
    ['an id that is no text', { ...NEW, id: 2026 }, /pepper\.id: it is not valid/],
    ['no secret', { id: '2026' }, /pepper\.secret: it is not a text/],
    ['an empty secret', [NEW, { ...OLD, secret: '' }], /pepper\[1\]\.secret: it is not a text/],
    ['an unknown field', { ...NEW, kid: '1' }, /pepper: it has an unknown field/],
    ['an id twice', [NEW, { ...OLD, id: NEW.id }], /an id or a secret is listed twice/],
    ['a secret twice', [NEW, { ...OLD, secret: NEW.secret }], /an id or a secret is listed twice/],
    ['the secret of the kit', { ...NEW, secret: SECRET }, /pepper \(2026\): it is the same as secret/],
    ['a short secret', [NEW, { ...OLD, secret: 'a3Zk3vQ8rT1yW6' }], /pepper \(2025\): it is shorter than 32 bytes/],
    ['a placeholder', { ...NEW, secret: 'change-me-change-me-change-me-1234' }, /it looks like a placeholder/],
  ])('may not be %s, and the error shows no secret', (_what, pepper, message) => {
    expect(() => resolve(pepper)).toThrow(message);
    expect(() => resolve(pepper)).not.toThrow(NEW.secret);
    expect(() => resolve(pepper)).not.toThrow('a3Zk3vQ8rT1yW6');
  });

  it('only warns of a weak one in development', () => {
    const { warnings } = resolveOptions({ passwords: { pepper: { ...NEW, secret: 'short' } } }, {});
    expect(warnings).toContain('passwords.pepper (2026) is shorter than 32 bytes; production will refuse it');
  });

  it('comes from a variable or a file, the secret in no error', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'authkit-')), 'pepper');
    writeFileSync(file, `2026:${NEW.secret}\n`);
    expect(optionsFromEnv({ AUTHKIT_PEPPER_FILE: file })).toEqual({ passwords: { pepper: [NEW] } });
    expect(() => optionsFromEnv({ AUTHKIT_PEPPER: NEW.secret })).toThrow(
      'nest-authkit: AUTHKIT_PEPPER: it does not name its pepper. Give it as id:secret.',
    );
  });
});

describe('passwords.blocklist and passwords.breachCheck', () => {
  const passwords = (given: object) => resolveOptions({ passwords: given as never }, {}).passwords;

  it.each([
    [undefined, []],
    [true, []],
    [false, null],
    [['Road Runner'], ['Road Runner']],
  ])('a blocklist %p is %p', (blocklist, expected) => {
    expect(passwords({ blocklist }).blocklist).toEqual(expected);
  });

  it.each(['yes', { words: [] }, [''], null])('a blocklist %p is refused', (blocklist) => {
    expect(() => passwords({ blocklist })).toThrow('passwords.blocklist');
  });

  it.each([true, 'https://example.com/', { isBreached: () => true }, null])('a breachCheck %p is refused', (value) => {
    expect(() => passwords({ breachCheck: value })).toThrow('passwords.breachCheck');
  });

  it('nobody is asked unless told so', () => {
    expect(passwords({}).breachCheck).toBe(null);
    expect(passwords({ breachCheck: false }).breachCheck).toBe(null);
  });
});
