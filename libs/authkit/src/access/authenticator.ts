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

/** Injection token of all authenticators in the order they are asked: the features', then that of access tokens. */
export const AUTHENTICATORS = Symbol.for('nest-authkit:authenticators');
