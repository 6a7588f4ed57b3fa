import { AuthKitError } from '../kernel/errors.js';

const MAX_BYTES = 1024;

/** The one form in which passwords are hashed: NFC, nothing trimmed (NIST SP 800-63B-4, 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFC');
}

/** Refuses what can be no password of anybody, before any work is spent on it. Throws a 422 that names the field. */
export function assertPasswordShape(password: string, field = 'password'): void {
  if (password.length > MAX_BYTES || Buffer.byteLength(password) > MAX_BYTES) {
    throw refusal('password_too_long', field, `Use at most ${MAX_BYTES} bytes.`);
  }
  if (!password.isWellFormed()) throw refusal('password_invalid', field, 'Use well-formed Unicode text.');
}

/** Refuses a new password that is too short, in code points (ASVS 6.2.1); no rules on what it is made of (6.2.5). */
export function assertPasswordPolicy(password: string, minLength: number, field = 'password'): void {
  assertPasswordShape(password, field);
  if ([...normalizePassword(password)].length < minLength) {
    throw refusal('password_too_short', field, `Use at least ${minLength} characters; a few words are fine.`);
  }
}

function refusal(code: 'password_too_long' | 'password_invalid' | 'password_too_short', field: string, detail: string) {
  return new AuthKitError(code, { detail, errors: [{ field, code, detail }] });
}
