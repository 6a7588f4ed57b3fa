import type { IsCommon } from './common-passwords.js';

/** Why a password is on the blocklist. */
export type BlockReason = 'common_password' | 'context_word' | 'simple_pattern';

const NOT_ALPHANUMERIC = /[^\p{L}\p{N}]/gu;
const NUMBERS_AROUND = /^(\p{N}*)[^]*?(\p{N}*)$/u;
/** Shorter ones are in too many good passwords. */
const MIN_WORD = 3;
const WALKS = [
  '0123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
];

/** How passwords are compared, not how they are stored: NFKC, small letters. */
export function foldPassword(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** A folded text without all that is no letter and no digit. */
function bareOf(folded: string): string {
  return folded.replace(NOT_ALPHANUMERIC, '');
}

/**
 * Why the whole of a password is on the blocklist, or null (NIST SP 800-63B-4, 3.1.1.2; ASVS 6.2.4, 6.2.11). Case,
 * punctuation, digits around it and repetition make no other password of one; words that it merely contains do not matter.
 */
export function blockReasonOf(password: string, words: readonly string[], isCommon: IsCommon): BlockReason | null {
  const folded = foldPassword(password);
  const bare = bareOf(folded);
  if (isMadeOf(bare, words)) return 'context_word';
  const length = [...folded].length;
  // Much around a short word is a password of its own.
  const forms = withFewerDigits(bare).filter((form) => form !== '' && [...form].length * 2 >= length);
  if (forms.includes(bare) && (isWalk(bare) || isShortRepetition(bare))) return 'simple_pattern';
  const all = new Set([folded, ...forms.flatMap(repeatedPartsOf)]);
  return [...all].some(isCommon) ? 'common_password' : null;
}

/** The words of texts that anybody would try: each without punctuation, and each part between it. */
export function contextWordsOf(texts: readonly (string | null | undefined)[]): string[] {
  const words = texts.flatMap((text) => {
    const folded = foldPassword(text ?? '');
    return [bareOf(folded), ...folded.split(NOT_ALPHANUMERIC)];
  });
  return [...new Set(words)].filter((word) => [...word].length >= MIN_WORD);
}

/** Whether nothing but digits is left beside these words. */
function isMadeOf(bare: string, words: readonly string[]): boolean {
  // Longest first: one word may hold another.
  const rest = [...words].sort((a, b) => b.length - a.length).reduce((text, word) => text.replaceAll(word, ' '), bare);
  return rest !== bare && /^[\p{N} ]*$/u.test(rest);
}

/** Whether it runs along the alphabet, the digits or a keyboard, in either direction and from any place. */
function isWalk(bare: string): boolean {
  if (bare.length < MIN_WORD) return false;
  return WALKS.some((walk) => {
    const round = walk.repeat(Math.ceil(bare.length / walk.length) + 1);
    return round.includes(bare) || [...round].reverse().join('').includes(bare);
  });
}

/** Whether it is one, two or three characters again and again. */
function isShortRepetition(bare: string): boolean {
  const [{ length }] = repeatedPartsOf(bare);
  return length <= 3 && bare.length > length;
}

/** The text itself, and without the digits before it, some or all of those behind it, or both. */
function withFewerDigits(bare: string): string[] {
  const [, front = '', back = ''] = NUMBERS_AROUND.exec(bare) ?? [];
  const ends = Array.from({ length: back.length + 1 }, (_, i) => bare.length - i);
  return [0, front.length].flatMap((start) => ends.map((end) => bare.slice(start, end)));
}

/** What is repeated to make the text, and the text itself: of `abababab` these are `ab`, `abab` and itself. */
function repeatedPartsOf(text: string): string[] {
  // A text is a repetition exactly if it occurs in its double before its own end.
  const size = (text + text).indexOf(text, 1);
  const ends = Array.from({ length: text.length / size }, (_, i) => (i + 1) * size);
  return ends.filter((end) => text.length % end === 0).map((end) => text.slice(0, end));
}
