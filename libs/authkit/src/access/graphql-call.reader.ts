import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { AuthKitError } from '../kernel/errors.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { AUTHENTICATORS, authenticateBy, type Authentication, type Authenticator } from './authenticator.js';
import { CallReader, type Call } from './call-reader.js';
import { assertSameSite, isSafeMethod } from './csrf.js';
import { graphqlRequestOf, isHandshake, operationContext } from './graphql-request.js';

/** Says who is at the other end of a WebSocket that GraphQL operations come through. */
export type ConnectionAuthenticator = (liveSession: boolean) => MaybePromise<Authentication | null>;

const connections = new WeakMap<IncomingMessage, ConnectionAuthenticator>();

/** Lets the operations of a WebSocket, known by the request of its handshake, be judged by what its connection presented. */
export function keepConnection(handshake: IncomingMessage, authenticate: ConnectionAuthenticator): void {
  connections.set(handshake, authenticate);
}

/**
 * GraphQL operations: the HTTP request behind them decides as for a controller, its CSRF check included; on a WebSocket
 * what was presented when it was opened.
 */
@Injectable()
export class GraphqlCallReader extends CallReader {
  override readonly type = 'graphql';
  /** One request has many resolvers, and is authenticated once. */
  private readonly known = new WeakMap<IncomingMessage, Map<boolean, MaybePromise<Authentication | null>>>();

  constructor(
    @Inject(AUTHENTICATORS) private readonly authenticators: readonly Authenticator[],
    @Inject(RESOLVED_OPTIONS) private readonly options: Pick<ResolvedOptions, 'allowedOrigins'>,
  ) {
    super();
  }

  override read(call: ExecutionContext): Call {
    const request = graphqlRequestOf(call);
    if (!request) {
      throw new AuthKitError('authentication_required', {
        reason: 'the GraphQL context has no request; add it as req',
      });
    }
    const context = operationContext(call, request);
    const authenticate = isHandshake(request)
      ? (connections.get(request) ?? refuseConnection)
      : (liveSession: boolean) => this.authenticate(request, liveSession, isMutation(call));
    return { context, authenticate };
  }

  /** GraphQL libraries find the problem in the error's `extensions`. */
  override refusalOf(error: AuthKitError): Error {
    return error;
  }

  private async authenticate(request: IncomingMessage, liveSession: boolean, isMutation: boolean) {
    const found = await this.authenticateOnce(request, liveSession);
    if (found?.via === 'cookie' && (isMutation || !isSafeMethod(request.method))) {
      assertSameSite({ headers: request.headers, allowedOrigins: this.options.allowedOrigins, involvesCookies: true });
    }
    return found;
  }

  private authenticateOnce(request: IncomingMessage, liveSession: boolean): MaybePromise<Authentication | null> {
    let known = this.known.get(request);
    if (!known) this.known.set(request, (known = new Map<boolean, MaybePromise<Authentication | null>>()));
    let found = known.get(liveSession);
    if (found === undefined)
      known.set(liveSession, (found = authenticateBy(this.authenticators, request, liveSession)));
    return found;
  }
}

function refuseConnection(): never {
  const reason = 'the WebSocket was opened without GraphqlSubscriptions of nest-authkit/graphql';
  throw new AuthKitError('authentication_required', { reason });
}

function isMutation(call: ExecutionContext): boolean {
  const info = call.getArgs<({ operation?: { operation?: string } } | undefined)[]>().at(-1);
  return info?.operation?.operation === 'mutation';
}
