import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { SignInExchange } from './sign-in-states.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a strategy sees of a request: the same on both adapters, and nothing that the client could make it believe about
 * where the app is. Host and scheme are `baseUrl`'s; forwarding headers are gone.
 */
export class StrategyRequest {
  readonly method: string;
  readonly url: string;
  readonly originalUrl: string;
  readonly headers: IncomingHttpHeaders;
  readonly protocol: string;
  /** Where strategies look for TLS. */
  readonly connection: { readonly encrypted: boolean; readonly remoteAddress?: string };

  constructor(
    request: IncomingMessage & { originalUrl?: string },
    baseUrl: string,
    readonly query: Fields,
    readonly body: Fields,
    /** Of a redirect sign-in. */
    readonly exchange?: SignInExchange,
  ) {
    const { host, protocol } = new URL(baseUrl);
    const kept = Object.entries(request.headers).filter(([name]) => !/^(forwarded$|x-forwarded-)/.test(name));
    this.method = request.method ?? 'GET';
    this.url = this.originalUrl = request.originalUrl ?? request.url ?? '/';
    this.headers = { ...Object.fromEntries(kept), host };
    this.protocol = protocol.slice(0, -1);
    this.connection = { encrypted: protocol === 'https:', remoteAddress: request.socket?.remoteAddress };
  }

  /** A header, as Express's `req.get()`. */
  get(name: string): string | string[] | undefined {
    return this.headers[name.toLowerCase()];
  }
}

/** The query of a callback; null when a parameter comes twice (RFC 6749, 3.1). */
export function queryOf({ url = '' }: IncomingMessage): Fields | null {
  const start = url.indexOf('?');
  const pairs = start < 0 ? [] : [...new URLSearchParams(url.slice(start + 1))];
  return new Set(pairs.map(([name]) => name)).size < pairs.length ? null : Object.fromEntries(pairs);
}
