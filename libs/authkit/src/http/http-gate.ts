import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { TrustedProxies } from '../kernel/client-address.js';
import { AuthKitError } from '../kernel/errors.js';
import { pathOf, RequestContext } from '../kernel/request-context.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { OwnRoutes, type OwnRoute } from './own-routes.js';
import { PROBLEM_TYPE } from './problem-writer.js';
import { readBody } from './request-body.js';

type Next = (error?: unknown) => void;

/** The little of Fastify that is needed, so that neither adapter is imported. */
interface FastifyLike {
  addHook(
    name: 'onRequest' | 'preValidation',
    hook: (request: { raw: IncomingMessage }, reply: FastifyReplyLike, next: Next) => void,
  ): void;
  addHook(
    name: 'preParsing',
    hook: (request: { raw: IncomingMessage }, reply: FastifyReplyLike, payload: unknown, next: Next) => void,
  ): void;
}
interface FastifyReplyLike {
  raw: ServerResponse;
  hijack(): void;
}

const UNREAD = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Stands before everything else on both adapters. For every request it opens the request context. For the kit's own
 * routes, and only those, it sets the security headers, refuses other methods (405), and reads the body itself, so that
 * the answer to a wrong content type, broken JSON or a flood of bytes is the same whatever the host has set up. What is
 * wrong with a body the handler tells, behind the host's own middleware: its CORS headers are then on the reply.
 */
@Injectable()
export class HttpGate {
  private readonly proxies: TrustedProxies;

  constructor(
    adapterHost: HttpAdapterHost,
    private readonly routes: OwnRoutes,
    @Inject(RESOLVED_OPTIONS) { trustedProxies }: ResolvedOptions,
  ) {
    this.proxies = new TrustedProxies(trustedProxies);
    // Under @nestjs/testing the adapter comes only after this provider is made; either way before the body parsers.
    adapterHost.init$.subscribe(() => this.attach(adapterHost.httpAdapter as AbstractHttpAdapter | null));
  }

  private attach(adapter: AbstractHttpAdapter | null): void {
    if (adapter?.getType() === 'express') this.attachExpress(adapter);
    else if (adapter?.getType() === 'fastify') this.attachFastify(adapter.getInstance<FastifyLike>());
  }

  private attachExpress(adapter: AbstractHttpAdapter): void {
    adapter.use((request: IncomingMessage & { _body?: boolean }, response: ServerResponse, next: Next) => {
      RequestContext.of(request).run(() => {
        const route = this.enter(request, response, () => undefined);
        if (route === 'refused') return;
        if (route === null) return next();
        if (UNREAD.has(request.method ?? '')) {
          // A body means nothing there (RFC 9110, 9.3.1); without a type no parser of the host reads it.
          delete request.headers['content-type'];
          return next();
        }
        this.read(request, response, route, () => {
          request._body = true; // what body-parser 1 looks at; version 2 sees that the stream has ended
          if (RequestContext.of(request).bodyError) takeBodyHeaders(request.headers); // or it would read the rest
          next();
        });
      });
    });
  }

  private attachFastify(instance: FastifyLike): void {
    const routes = new WeakMap<IncomingMessage, OwnRoute>();
    const hidden = new WeakMap<IncomingMessage, IncomingHttpHeaders>();
    instance.addHook('onRequest', ({ raw }, reply, next) => {
      RequestContext.of(raw).run(() => {
        const route = this.enter(raw, reply.raw, () => reply.hijack());
        if (route === 'refused') return;
        if (route !== null && !UNREAD.has(raw.method ?? '')) routes.set(raw, route);
        next();
      });
    });
    instance.addHook('preParsing', ({ raw }, reply, _payload, next) => {
      const route = routes.get(raw);
      if (!route) return next();
      this.read(raw, reply.raw, route, () => {
        // Without these headers Fastify sees no body and parses none; the handlers read the context's.
        hidden.set(raw, takeBodyHeaders(raw.headers));
        next();
      });
    });
    // Reading a body resumes in the socket's async context; handlers shall run in the request's.
    instance.addHook('preValidation', ({ raw }, _reply, next) => {
      Object.assign(raw.headers, hidden.get(raw));
      const context = RequestContext.of(raw);
      if (RequestContext.current() === context) next();
      else context.run(() => next());
    });
  }

  private enter(request: IncomingMessage, response: ServerResponse, hijack: () => void): OwnRoute | null | 'refused' {
    const context = RequestContext.of(request);
    context.proxies = this.proxies;
    // Not originalUrl: below a mount the routers see what is left of it.
    const path = pathOf(request.url);
    const route = this.routes.match(path);
    const kind = route?.methods.get(request.method ?? '');
    if (!route || kind === 'host') return null;
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.removeHeader('X-Powered-By');
    const refusal = refusalOf(request.method, path, route);
    if (!refusal) return route;
    hijack();
    context.run(() => send(response, refusal));
    return 'refused';
  }

  private read(request: IncomingMessage, response: ServerResponse, route: OwnRoute, proceed: () => void): void {
    const context = RequestContext.of(request);
    const kind = route.methods.get(request.method ?? '') === 'form' ? 'form' : 'json';
    const handOn = () => {
      // A time limit of the host's may have answered meanwhile.
      if (!response.headersSent && !response.writableEnded) context.run(proceed);
    };
    readBody(request, kind)
      .then(
        (body) => {
          context.body = body;
          handOn();
        },
        (error: unknown) => {
          // Anything but a refusal is a connection that broke while it was read.
          if (!(error instanceof AuthKitError)) throw error;
          context.bodyError = error;
          handOn();
        },
      )
      .catch(() => response.destroy());
  }
}

/** Removes and returns the headers that announce a body. */
function takeBodyHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const taken: IncomingHttpHeaders = {};
  for (const name of ['content-type', 'content-length', 'transfer-encoding']) {
    if (headers[name] === undefined) continue;
    taken[name] = headers[name];
    delete headers[name];
  }
  return taken;
}

function refusalOf(method = '', path: string, { methods }: OwnRoute): AuthKitError | null {
  if (!methods.has(method) && method !== 'OPTIONS') {
    return new AuthKitError('method_not_allowed', { headers: { Allow: [...methods.keys()].join(', ') } });
  }
  // The adapters answer what they cannot decode in words of their own.
  return isDecodable(path)
    ? null
    : new AuthKitError('malformed_path', { detail: 'The path is not percent-encoded UTF-8.' });
}

function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== '';
  } catch {
    return false;
  }
}

function send(response: ServerResponse, error: AuthKitError): void {
  response.writeHead(error.getStatus(), { 'Content-Type': PROBLEM_TYPE, ...error.headers });
  response.end(JSON.stringify(error.problem));
}
