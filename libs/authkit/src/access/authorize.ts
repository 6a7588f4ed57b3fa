import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import type { RouteRule } from './route-rule.js';

/**
 * Whether who acts (null for anonymous callers) may do what the rule is for.
 * Throws `authentication_required` (401), `credential_not_allowed` or `insufficient_scope` (403).
 */
export function authorize(principal: Principal | null, rule: RouteRule): void {
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
}

function insufficient(reason: string): AuthKitError {
  return new AuthKitError('insufficient_scope', {
    reason,
    headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
  });
}
