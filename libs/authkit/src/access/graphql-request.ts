import type { IncomingMessage } from 'node:http';
import type { ExecutionContext } from '@nestjs/common';
import { nodeRequest, RequestContext, type RequestLike } from '../kernel/request-context.js';
import { callContextOf } from './call-reader.js';

/** Where the drivers put the request: Apollo's in `req`, Mercurius' also in `request`; graphql-ws' own context in `extra`. */
interface GraphqlContextLike {
  req?: Holder;
  request?: Holder;
  extra?: { request?: RequestLike };
}
type Holder = Partial<RequestLike> & { extra?: { request?: RequestLike } };

/** Metadata of an optional peer, which is not imported for a string. */
export const FIELD_METADATA = 'graphql:resolve_property';

/** The context value of the operation. Reference resolvers have no arguments, so it is counted from the end. */
function operationContextOf(call: ExecutionContext): object | undefined {
  const value: unknown = call.getArgs<unknown[]>().at(-2);
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** The HTTP request an operation came with, that of the handshake on a WebSocket; undefined where the context has none. */
export function graphqlRequestOf(call: ExecutionContext): IncomingMessage | undefined {
  const value = operationContextOf(call) as GraphqlContextLike | undefined;
  const holder = value?.req ?? value?.request ?? value;
  const found = (holder?.extra?.request ?? holder) as RequestLike | undefined;
  const request = found && nodeRequest(found);
  return typeof request?.headers === 'object' && request.headers !== null ? request : undefined;
}

const operations = new WeakMap<object, RequestContext>();

/** The context of an operation: the request's, but one for each of those that share a WebSocket. */
export function operationContext(call: ExecutionContext, request: IncomingMessage): RequestContext {
  const operation = operationContextOf(call);
  if (!operation || !isHandshake(request)) return RequestContext.of(request);
  let context = operations.get(operation);
  if (!context) operations.set(operation, (context = new RequestContext(request)));
  return context;
}

/** Every WebSocket begins with this header (RFC 6455, 4.1). */
export const isHandshake = ({ headers }: IncomingMessage): boolean => headers['sec-websocket-key'] !== undefined;

/**
 * The context of a resolver the guard let somebody call; that of the operation for field resolvers, which Nest does not
 * guard unless it is told to; undefined for public ones.
 */
export function graphqlContextOf(call: ExecutionContext): RequestContext | undefined {
  const kept = callContextOf(call);
  if (kept || !Reflect.hasMetadata(FIELD_METADATA, call.getHandler())) return kept;
  const request = graphqlRequestOf(call);
  return request && operationContext(call, request);
}
