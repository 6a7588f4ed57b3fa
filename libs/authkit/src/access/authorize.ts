import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import type { RouteRule } from './route-rule.js';

/**
 * Whether who acts (null for anonymous callers) may do what the rule is for. Throws `authentication_required` (401),
 * `credential_not_allowed`, `insufficient_scope`, `email_not_verified` or `reauthentication_required` (403).
 *
 * @param now epoch milliseconds
 */
export function authorize(principal: Principal | null, rule: RouteRule, now: number): void {
  if (rule.public) return;
  if (!principal) {
    if (rule.optional) return;
    throw new AuthKitError('authentication_required', { reason: 'no credential' });
  }
  if (!rule.credentials.includes(principal.kind)) {
    throw new AuthKitError('credential_not_allowed', { reason: `credential of kind ${principal.kind}` });
  }
  for (const anyOf of rule.roles) {
    if (!principal.hasRole(...anyOf)) throw insufficient(`needs role ${anyOf.join(' or ')}`);
  }
  if (!principal.can(...rule.permissions)) throw insufficient(`needs permission ${rule.permissions.join(' and ')}`);
  if (rule.verifiedEmail && principal.emailVerified !== true) {
    throw new AuthKitError('email_not_verified', { reason: 'the handler is for users with a proven address' });
  }
  // Last: who may not at all need not be asked for a password.
  if (rule.maxAge !== null) assertFresh(principal, rule.maxAge, now);
}

function assertFresh(principal: Principal, maxAge: number, now: number): void {
  if (principal.sessionId === undefined) {
    throw new AuthKitError('credential_not_allowed', { reason: 'a credential without a session is never fresh' });
  }
  // A time to come, by a clock that differs, is no age.
  if (Math.max(0, now - principal.authenticatedAt) <= maxAge * 1000) return;
  throw new AuthKitError('reauthentication_required', {
    maxAge,
    // RFC 9470, section 3.
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_user_authentication", max_age=${maxAge}` },
  });
}

function insufficient(reason: string): AuthKitError {
  return new AuthKitError('insufficient_scope', {
    reason,
    headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
  });
}
