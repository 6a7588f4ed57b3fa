import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { networkOf, TrustedProxies } from '../kernel/client-address.js';
import { RequestContext } from '../kernel/request-context.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';

/** Makes the context of a handshake, and of each message after it. */
@Injectable()
export class SocketContexts {
  private readonly proxies: TrustedProxies;

  constructor(@Inject(RESOLVED_OPTIONS) { trustedProxies }: ResolvedOptions) {
    this.proxies = new TrustedProxies(trustedProxies);
  }

  of(handshake: IncomingMessage): RequestContext {
    const context = new RequestContext(handshake);
    context.proxies = this.proxies;
    return context;
  }

  /** What a client that does not say who it is is counted by. */
  networkOf(handshake: IncomingMessage): string {
    return networkOf(this.of(handshake).ip ?? '');
  }
}
