import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';

/** The request of a handshake as if the `authorization` of `connection_init` had been a header of it. */
export function presentedBy(handshake: IncomingMessage, authorization: string | undefined): IncomingMessage {
  // Copied: Mercurius writes what a client sends later into the headers of the request.
  const headers = { ...handshake.headers };
  const rawHeaders = [...handshake.rawHeaders];
  if (authorization !== undefined) {
    headers.authorization ??= authorization;
    // Two of them are refused, wherever they come from.
    rawHeaders.push('authorization', authorization);
  }
  return Object.create(handshake, {
    headers: { value: headers },
    rawHeaders: { value: rawHeaders },
  }) as IncomingMessage;
}

/**
 * Any site can open a WebSocket, and the browser adds the cookie: the origin must be one of ours (RFC 6455, 10.2). Throws
 * `csrf_rejected` or `csrf_origin_missing` (403).
 */
export function assertOwnOrigin({ origin }: IncomingHttpHeaders, allowed: readonly string[]): void {
  if (origin === undefined) throw new AuthKitError('csrf_origin_missing', { reason: 'a WebSocket without an Origin' });
  if (!allowed.includes(origin)) throw new AuthKitError('csrf_rejected', { reason: 'the origin is not allowed' });
}

/** Whether who acts may do now what they could do before. */
export function sameRights(before: Principal, now: Principal): boolean {
  const rightsOf = ({ roles, permissions, emailVerified }: Principal) =>
    JSON.stringify([[...roles].sort(), [...permissions].sort(), emailVerified]);
  return rightsOf(before) === rightsOf(now);
}
