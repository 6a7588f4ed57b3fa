import { AuthKitError } from '../kernel/errors.js';

/** The one refusal of every limit: the same body whatever the limit and whoever it is about. */
export function rateLimited(waitMs: number, reason: string): AuthKitError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new AuthKitError('rate_limited', { reason, headers: { 'Retry-After': String(seconds) } });
}
