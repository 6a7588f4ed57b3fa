import { blockReasonOf, contextWordsOf, foldPassword } from './blocklist.js';
import { commonPasswords, type IsCommon } from './common-passwords.js';

const LISTED = new Set(['password', 'iloveyou', '1q2w3e4r', 'oleg1995', 'mañana']);
const isListed: IsCommon = (folded) => LISTED.has(folded);
const WORDS = contextWordsOf(['Corner Shop', 'ada.lovelace+news@mail.example.com', 'ada99', 'x', null, undefined]);

describe('the words of an account', () => {
  it('are each text without punctuation, and its parts of three characters or more', () => {
    expect(WORDS.sort()).toEqual(
      [
        ...['cornershop', 'corner', 'shop', 'ada99'],
        ...['adalovelacenewsmailexamplecom', 'ada', 'lovelace', 'news', 'mail', 'example', 'com'],
      ].sort(),
    );
  });
});

describe('a password is blocked as common', () => {
  it.each([
    ['as listed', 'password'],
    ['in capitals', 'PassWord'],
    ['with compatibility letters', 'ｐａｓｓｗｏｒｄ'],
    ['decomposed', 'man\u0303ana'],
    ['with digits behind it', 'password1234'],
    ['with digits and punctuation around it', '42-Password-24!'],
    ['with punctuation in it', 'i love you!'],
    ['twice', 'PasswordPassword'],
    ['three times, with digits behind it', 'password password password 1'],
    ['of digits and letters, as listed', '1Q2W3E4R'],
    ['that ends in digits, with more of them', 'oleg1995-07!'],
    ['that begins with digits, with more behind it', '1q2w3e4r99'],
  ])('%s', (_how, password) => {
    expect(blockReasonOf(password, [], isListed)).toBe('common_password');
  });
});

describe('a password is blocked as a pattern', () => {
  it.each([
    'abcdefghijkl',
    'zyxwvutsrqpo',
    'xyzabcdefghi',
    '345678901234',
    '987654321098',
    'qwertyuiopas',
    'QWERTZUIOPAS',
    'azertyuiopqs',
    '1qaz2wsx3edc',
    'aaaaaaaaaaaa',
    'ababababababab',
    'abc-abc-abc-abc',
  ])('%s', (password) => {
    expect(blockReasonOf(password, [], isListed)).toBe('simple_pattern');
  });
});

describe('a password is blocked as a word of the account', () => {
  it.each([
    'cornershop',
    'Corner Shop 2024!',
    'shop-shop-shop',
    'AdaLovelace1815',
    'lovelace, ada: 10121815',
    'ada99ada99ada99',
    'ada@example.com',
    '2024example2024',
  ])('%s', (password) => {
    expect(blockReasonOf(password, WORDS, isListed)).toBe('context_word');
  });
});

describe('a password is not blocked', () => {
  it.each([
    'violet harbour lantern 42',
    'correct horse battery',
    'the password of a lion',
    'my password 29371840',
    'password928374650',
    'ada paints in violet',
    '%$#k@!^&*()password',
    '!@#$%^&*()_+1234',
    'abcdefghijkm',
    'abcd-abce-abcd',
    ' '.repeat(12),
    '\u{1f600}'.repeat(12),
    '',
  ])('%p', (password) => {
    expect(blockReasonOf(password, WORDS, isListed)).toBe(null);
  });
});

describe('the common passwords', () => {
  it('hold 3000 that a policy lets through, whatever its minimum length up to 16', async () => {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    const { LONG_COMMON_PASSWORDS } = await import('./long-common-passwords.js');
    const listed = (length: number) => dictionary['passwords-common'].filter((one) => one.length >= length).length;
    expect([8, 9].map(listed).every((count) => count >= 3000)).toBe(true);
    expect(LONG_COMMON_PASSWORDS.length / 6).toBeGreaterThan(12_000);
  });

  it('are told from others, those known by their hash too', () => {
    const isCommon = commonPasswords();
    const known = ['password', 'qwertyuiop', 'christopher1', 'winniethepooh', 'manchesterunited'];
    expect(known.filter((one) => !isCommon(foldPassword(one)))).toEqual([]);
    const unknown = ['violet harbour lantern 42', 'Password', 'violetharbour', ''];
    expect(unknown.filter(isCommon)).toEqual([]);
  });
});
