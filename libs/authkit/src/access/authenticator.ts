import type { IncomingMessage } from 'node:http';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { Principal } from '../kernel/principal.js';

/** Who a request's credential belongs to. */
export interface Authentication {
  readonly principal: Principal;
  /** `cookie` credentials are sent by the browser unasked, so unsafe calls with them pass the CSRF check. */
  readonly via: 'header' | 'cookie';
}

/**
 * Turns a request's credential into who acts; a feature's `authenticator`, asked for HTTP and sockets alike.
 * Null when the request carries none of its kind; throws AuthKitError (401) when it carries a bad one.
 */
export abstract class Authenticator {
  /** @param liveSession whether the session's own row must be read; of no meaning for credentials without a session */
  abstract authenticate(request: IncomingMessage, liveSession: boolean): MaybePromise<Authentication | null>;
}

/** Asks each in turn, the first to find its credential decides; at once while a single one answers at once. */
export function authenticateBy(
  authenticators: readonly Authenticator[],
  request: IncomingMessage,
  liveSession: boolean,
): MaybePromise<Authentication | null> {
  if (authenticators.length === 1) return authenticators[0].authenticate(request, liveSession);
  return authenticateByAny(authenticators, request, liveSession);
}

async function authenticateByAny(
  authenticators: readonly Authenticator[],
  request: IncomingMessage,
  liveSession: boolean,
): Promise<Authentication | null> {
  for (const authenticator of authenticators) {
    const found = await authenticator.authenticate(request, liveSession);
    if (found) return found;
  }
  return null;
}

/** Injection token of all authenticators in the order they are asked: the features', then that of access tokens. */
export const AUTHENTICATORS = Symbol.for('nest-authkit:authenticators');
