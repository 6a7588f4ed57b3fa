import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { canonicalAddress, type TrustedProxies } from './client-address.js';
import type { Principal } from './principal.js';

const storage = new AsyncLocalStorage<RequestContext>();
const OF_REQUEST = Symbol.for('nest-authkit:request-context');

/** Node's own request object behind an Express request, a Fastify request, or itself. */
export type RequestLike = (IncomingMessage | { raw: IncomingMessage }) & { [OF_REQUEST]?: RequestContext };

/** Node's request behind the adapter's. */
export function nodeRequest(request: RequestLike): IncomingMessage & { originalUrl?: string } {
  return 'raw' in request ? request.raw : request;
}

/** Who and where of the request being served; opened for every HTTP request before anything else runs. */
export class RequestContext {
  /** Set by the guard once the request is authenticated. */
  principal?: Principal;
  /** Loader of the current user's row, set with the principal; called at most once a request. */
  loadUser?: () => Promise<unknown>;
  /** The refusal already announced as an event. */
  refusal?: Error;
  /** The body of a request to one of the kit's own routes, parsed by the body gate. */
  body?: Record<string, unknown>;
  /** Why there is none. */
  bodyError?: Error;
  /** Set by the gate; without it no forwarding header is believed. */
  proxies?: TrustedProxies;
  private id?: string;

  constructor(private readonly request: IncomingMessage & { originalUrl?: string }) {}

  /** The context of the request being served, or undefined outside of any. */
  static current(): RequestContext | undefined {
    return storage.getStore();
  }

  /** The context of a request; made on the spot when no hook has opened one. */
  static of(request: RequestLike): RequestContext {
    const raw = nodeRequest(request) as IncomingMessage & { [OF_REQUEST]?: RequestContext };
    return (raw[OF_REQUEST] ??= new RequestContext(raw));
  }

  /** The context of a message from another service, which has no HTTP request. */
  static ofMessage(pattern: string): RequestContext {
    return new RequestContext({ method: 'MESSAGE', url: `/${pattern}`, headers: {} } as IncomingMessage);
  }

  /** Runs `work` with this as the current context. */
  run<T>(work: () => T): T {
    return storage.run(this, work);
  }

  /** A random id, the same in the problem a client sees and in the events of this request. */
  get requestId(): string {
    return (this.id ??= randomUUID());
  }

  /**
   * The client's address, IPv4-mapped ones as IPv4: the peer's, or what X-Forwarded-For says where the peer is one of
   * `trustedProxies`. No other forwarding header is read.
   */
  get ip(): string | null {
    const { remoteAddress } = this.request.socket ?? {};
    if (!this.proxies) return remoteAddress === undefined ? null : (canonicalAddress(remoteAddress) ?? remoteAddress);
    // Node joins the header's lines.
    return this.proxies.clientAddress(remoteAddress, this.request.headers['x-forwarded-for'] as string | undefined);
  }

  /** The User-Agent header, cut at 512 characters. */
  get userAgent(): string | null {
    return this.request.headers['user-agent']?.slice(0, 512) ?? null;
  }

  /** The Accept-Language header, cut at 256 characters; empty when there is none. */
  get languages(): string {
    return this.request.headers['accept-language']?.slice(0, 256) ?? '';
  }

  get method(): string {
    return this.request.method ?? '';
  }

  /** The path without the query string: a query may carry what no log should. */
  get path(): string {
    return pathOf(this.request.originalUrl ?? this.request.url);
  }
}

/** The path of a request's URL. */
export function pathOf(url = ''): string {
  // Routers read the path out of an absolute URL (RFC 9112, 3.2.2) and before a fragment; so must the gate.
  const start = url.startsWith('/') ? 0 : Math.max(0, url.indexOf('/', url.indexOf('://') + 3));
  const end = url.search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}
