import type { ExecutionContext } from '@nestjs/common';
import type { AuthKitError } from '../kernel/errors.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { RequestContext } from '../kernel/request-context.js';
import type { Authentication } from './authenticator.js';

/** A call that is no HTTP request of its own: a message on a socket, or of another service. */
export interface Call {
  /** Who and where, of this call alone. */
  readonly context: RequestContext;
  /** Who calls; null when nothing is presented. Throws AuthKitError (401) for a bad credential. */
  authenticate(liveSession: boolean): MaybePromise<Authentication | null>;
}

/** Finds the credential of calls that do not reach their handler as HTTP requests; a feature's `callReader`. */
export abstract class CallReader {
  /** What `ExecutionContext.getType()` says of them: `ws`, `rpc` or `graphql`. */
  abstract readonly type: string;

  abstract read(context: ExecutionContext): Call;

  /** What to throw, so that the caller gets the problem. */
  abstract refusalOf(error: AuthKitError, context: ExecutionContext): Error;
}

/** Injection token of all call readers. */
export const CALL_READERS = Symbol.for('nest-authkit:call-readers');

const contexts = new WeakMap<object, RequestContext>();

/** Remembers the context of a call for the interceptor that opens it around the handler. */
export function keepCallContext(call: ExecutionContext, context: RequestContext): void {
  contexts.set(keyOf(call), context);
}

/** The context the guard has kept; undefined where it kept none, as on public handlers. */
export function callContextOf(call: ExecutionContext): RequestContext | undefined {
  return contexts.get(keyOf(call));
}

/**
 * Guards and interceptors are given the same list of arguments; the factories of parameters a copy. The last argument of
 * a resolver (GraphQLResolveInfo) is made for this one call.
 */
function keyOf(call: ExecutionContext): object {
  const args = call.getArgs<object[]>();
  return call.getType<string>() === 'graphql' ? args[args.length - 1] : args;
}
