import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { ControllerRoutes } from '../http/controller-routes.js';
import { OWN_CONTROLLERS } from '../http/own-routes.js';
import { isLoopbackAddress, isLoopbackAuthority } from '../kernel/loopback.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS, STATIC_OPTIONS } from '../options/tokens.js';
import { MailboxMailer } from './mailbox.mailer.js';

/** What proxies say of the client: whoever asks is not on this machine then. */
const FORWARDED = /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip|x-client-ip|true-client-ip|cf-.*)$/;

/**
 * GET /auth/dev/mailbox: the mails of development, newest first. It exists only where mails are printed instead of sent,
 * and answers only this machine: links that open accounts are in them. No controller, so that production has nothing to
 * guard, to document or to name in a 405.
 */
@Injectable()
export class MailboxRoute implements OnModuleInit {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly mailbox: MailboxMailer,
    private readonly routes: ControllerRoutes,
    @Inject(OWN_CONTROLLERS) private readonly controllers: readonly Type<object>[],
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(STATIC_OPTIONS) private readonly staticOptions: AuthKitStaticOptions,
  ) {}

  /** Prefix and versioning are settled by now, and what answers 404 is not there yet. */
  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter as AbstractHttpAdapter | null;
    if (!adapter || this.options.mail.transport.kind !== 'development') return;
    for (const base of this.bases()) {
      const path = `${base}/dev/mailbox`;
      adapter.get(path, (request: RequestLike, response: unknown) => {
        const asked = nodeRequest(request);
        adapter.setHeader(response, 'Cache-Control', 'no-store');
        adapter.setHeader(response, 'X-Content-Type-Options', 'nosniff');
        if (this.isFromHere(asked)) adapter.reply(response, this.mailbox.mails, 200);
        // In the words of Nest, for a path that does not exist.
        else adapter.reply(response, { message: `Cannot GET ${path}`, error: 'Not Found', statusCode: 404 }, 404);
      });
    }
  }

  /** Where the kit's routes are, once a version. */
  private bases(): string[] {
    const { routes } = this.staticOptions;
    if (routes === false) return [];
    const end = `/${routes?.prefix ?? 'auth'}/me`.replace(/\/{2,}/g, '/');
    const own = this.routes.list().filter(({ controller, method, path }) => {
      return method === 'GET' && path.endsWith(end) && this.controllers.includes(controller);
    });
    return own.map(({ path }) => path.slice(0, -'/me'.length));
  }

  private isFromHere({ socket, headers, headersDistinct }: IncomingMessage): boolean {
    const { origin, 'sec-fetch-site': site } = headers;
    return (
      isLoopbackAddress(socket.remoteAddress) &&
      headersDistinct['host']?.length === 1 &&
      isLoopbackAuthority(headers.host) &&
      !Object.keys(headers).some((name) => FORWARDED.test(name)) &&
      // The host's CORS may allow pages of anybody's to read replies.
      (origin === undefined || origin === new URL(this.options.baseUrl).origin) &&
      (site === undefined || site === 'same-origin' || site === 'none')
    );
  }
}
