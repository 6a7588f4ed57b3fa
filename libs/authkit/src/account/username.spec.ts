import { canonicalUsername, isReservedUsername } from './username.js';

describe('canonicalUsername', () => {
  it.each([
    [' Ada ', 'ada'],
    ['a.b-c_d', 'a.b-c_d'],
    ['x42', 'x42'],
    ['A'.repeat(32), 'a'.repeat(32)],
  ])('makes %p %p', (raw, name) => {
    expect(canonicalUsername(raw)).toBe(name);
  });

  it.each([
    '',
    'ab',
    'a'.repeat(33),
    '..',
    'a..b',
    '.ada',
    'ada.',
    'a/b',
    'a b',
    'ada@example.com',
    '\u0430dmin',
    'admin\u200B',
    '\u212Aate',
    'a\0b',
    '-ada',
  ])('refuses %p', (raw) => {
    expect(canonicalUsername(raw)).toBeNull();
  });

  it('reserves names that speak for the operator, and the host’s own', () => {
    expect(isReservedUsername('admin', [])).toBe(true);
    expect(isReservedUsername('ada', [])).toBe(false);
    expect(isReservedUsername('acme', ['ACME'])).toBe(true);
  });
});
