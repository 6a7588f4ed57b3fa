import { canonicalEmail } from './email-address.js';

describe('canonicalEmail', () => {
  it.each([
    ['ada@example.com', 'ada@example.com'],
    ['  Ada.Lovelace+Notes@EXAMPLE.com ', 'ada.lovelace+notes@example.com'],
    ["o'hara@example.co.uk", "o'hara@example.co.uk"],
    ['a@bücher.example', 'a@xn--bcher-kva.example'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('makes %p %p', (raw, canonical) => {
    expect(canonicalEmail(raw)).toBe(canonical);
    expect(canonicalEmail(canonical)).toBe(canonical);
  });

  it.each([
    '',
    '@',
    'a@',
    '@b.example',
    'plain',
    'a@b',
    'a@localhost',
    'a@[127.0.0.1]',
    'a@127.0.0.1',
    'a@@b.example',
    'a@x.com,b@y.com',
    'a@x.com b@y.com',
    'a@x.com\nb@y.com',
    '<a@x.com>',
    'a@x.com>',
    'A <a@x.com>',
    '"a"@x.com',
    '"e@attacker.com"@victim.com',
    'e@attacker.com(comment)@victim.com',
    'a@x.com.',
    '.a@x.com',
    'a.@x.com',
    'a..b@x.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(250)}.com`,
    'a\0@x.com',
    'a@x.com\r\nBcc: c@y.com',
    'ä@x.com',
    '\u212Aate@x.com',
    'ad\u200Bmin@x.com',
    'a@x_y.com',
  ])('refuses %p', (raw) => {
    expect(canonicalEmail(raw)).toBeNull();
  });
});
