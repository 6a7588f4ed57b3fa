import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { Links } from '../account/links.js';
import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS, STATIC_OPTIONS } from '../options/tokens.js';

/** Where password managers look for the page to change a password (W3C, A Well-Known URL for Changing Passwords). */
const PATH = '/.well-known/change-password';

/**
 * Leads to the page to change the password. A route of the HTTP adapter itself, always at the root (RFC 8615): outside of
 * prefix, versioning, guards and interceptors. Where it leads only options say.
 */
@Injectable()
export class ChangePasswordRoute {
  constructor(
    adapterHost: HttpAdapterHost,
    private readonly links: Links,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(STATIC_OPTIONS) { routes = {} }: AuthKitStaticOptions,
  ) {
    if (routes === false || routes.changePassword === false) return;
    if (routes.pages === false && options.links.changePassword === null) return;
    adapterHost.init$.subscribe(() => this.attach(adapterHost.httpAdapter as AbstractHttpAdapter | null));
  }

  private attach(adapter: AbstractHttpAdapter | null): void {
    adapter?.get(PATH, (_request: unknown, response: unknown) => {
      adapter.setHeader(response, 'Cache-Control', 'no-store');
      adapter.setHeader(response, 'X-Content-Type-Options', 'nosniff');
      adapter.redirect(response, 302, this.target());
    });
  }

  private target(): string {
    const own = this.options.links.changePassword === null ? '#password' : '';
    return this.links.page('changePassword') + own;
  }
}
