import { assertPasswordLength, assertPasswordShape, normalizePassword } from './password-policy.js';

const refusal = (code: string, field: string, detail: string) =>
  expect.objectContaining({
    code,
    message: detail,
    problem: expect.objectContaining({ detail, errors: [{ field, code, detail }] }),
  });

it('the form in which passwords are hashed is NFC, nothing trimmed', () => {
  expect(normalizePassword(' e\u0301 ')).toBe(' \u00e9 ');
});

describe('what can be a password', () => {
  it.each(['', ' ', 'x'.repeat(1024), 'é'.repeat(512), '\u{1f642}', 'a\0b'])('is %p', (password) => {
    expect(() => assertPasswordShape(password)).not.toThrow();
  });

  it.each([
    ['1025 letters', 'x'.repeat(1025)],
    ['513 letters of two bytes', 'é'.repeat(513)],
    ['no well-formed text, and too long', '\ud800'.repeat(1025)],
  ])('is not %s', (_what, password) => {
    const expected = refusal('password_too_long', 'password', 'Use at most 1024 bytes.');
    expect(() => assertPasswordShape(password)).toThrow(expected);
  });

  it('is not half a surrogate pair', () => {
    const expected = refusal('password_invalid', 'newPassword', 'Use well-formed Unicode text.');
    expect(() => assertPasswordShape('\ud800', 'newPassword')).toThrow(expected);
  });
});

describe('the length of a new password', () => {
  it.each([
    ['12 letters', 'a'.repeat(12)],
    ['12 spaces', ' '.repeat(12)],
    ['12 code points of two units', '\u{1f642}'.repeat(12)],
  ])('may be %s', (_what, password) => {
    expect(() => assertPasswordLength(password, 12)).not.toThrow();
  });

  it.each([
    ['11 letters', 'a'.repeat(11)],
    ['11 code points of two units', '\u{1f642}'.repeat(11)],
    ['6 letters and their 6 accents, which are 6 letters', 'e\u0301'.repeat(6)],
  ])('may not be %s', (_what, password) => {
    const detail = 'Use at least 12 characters; a few words are fine.';
    expect(() => assertPasswordLength(password, 12)).toThrow(refusal('password_too_short', 'password', detail));
    expect(() => assertPasswordLength(password, 12, 'newPassword')).toThrow(
      refusal('password_too_short', 'newPassword', detail),
    );
  });
});
