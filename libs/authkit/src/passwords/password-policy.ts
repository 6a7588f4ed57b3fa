import { AuthKitError, type ProblemCode } from '../kernel/errors.js';

const MAX_BYTES = 1024;

/** The one form in which passwords are hashed: NFC, nothing trimmed (NIST SP 800-63B-4, 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFC');
}

/** Refuses what can be no password of anybody, before any work is spent on it. Throws a 422 that names the field. */
export function assertPasswordShape(password: string, field = 'password'): void {
  if (password.length > MAX_BYTES || Buffer.byteLength(password) > MAX_BYTES) {
    throw passwordRefusal('password_too_long', field, `Use at most ${MAX_BYTES} bytes.`);
  }
  if (!password.isWellFormed()) throw passwordRefusal('password_invalid', field, 'Use well-formed Unicode text.');
}

/** Refuses a new password that is too short, in code points (ASVS 6.2.1); no rules on what it is made of (6.2.5). */
export function assertPasswordLength(password: string, minLength: number, field = 'password'): void {
  if ([...normalizePassword(password)].length < minLength) {
    throw passwordRefusal('password_too_short', field, `Use at least ${minLength} characters; a few words are fine.`);
  }
}

type Refusal = Extract<ProblemCode, `password_${string}`>;

/** A 422 that names the field; `reason` is its code there where it says more than the problem's. */
export function passwordRefusal(code: Refusal, field: string, detail: string, reason: string = code): AuthKitError {
  return new AuthKitError(code, { detail, errors: [{ field, code: reason, detail }] });
}
