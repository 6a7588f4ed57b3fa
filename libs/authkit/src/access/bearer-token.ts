import type { IncomingMessage } from 'node:http';
import { AuthKitError } from '../kernel/errors.js';

/** The bearer token of the Authorization header (RFC 6750, 2.1); undefined without the header. Throws 400 or 401. */
export function bearerTokenOf({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return undefined;
  // Node keeps the first of two Authorization headers; a proxy before us may have read the second.
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i].length === 13 && rawHeaders[i].toLowerCase() === 'authorization') count += 1;
  }
  if (count > 1) throw new AuthKitError('ambiguous_credentials', { reason: 'two Authorization headers' });
  if (authorization.slice(0, 7).toLowerCase() !== 'bearer ') {
    throw new AuthKitError('authentication_required', { reason: 'unknown Authorization scheme' });
  }
  return authorization.slice(7);
}
