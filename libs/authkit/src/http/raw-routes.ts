import { Injectable } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import type { ControllerRoute } from './controller-routes.js';

/** The little of the two routers that is needed, so that neither adapter is imported. */
interface ExpressLike {
  /** Of Express 5; Express 4 has a getter of this name that throws. */
  router?: { stack?: Layer[] };
  _router?: { stack?: Layer[] };
}
interface Layer {
  name?: string;
  route?: { path: unknown; methods: Record<string, boolean> };
}
interface FastifyLike {
  addHook(name: 'onRoute', hook: (route: { method: string | string[]; url: string }) => void): void;
}
interface RawRoute {
  readonly method: string;
  readonly path: string;
}

/** Routes on the adapter's router that are no controller's: Swagger's pages, or what a host adds by hand. */
@Injectable()
export class RawRoutes {
  private readonly onFastify: RawRoute[] = [];

  constructor(private readonly adapterHost: HttpAdapterHost) {
    // Fastify lists no routes; a hook sees those added after it, and this comes before all but the adapter's own.
    adapterHost.init$.subscribe(() => {
      if (this.adapter()?.getType() === 'fastify') this.watch(this.adapter()!.getInstance<FastifyLike>());
    });
  }

  /** `GET /docs` and so on; those of routers mounted below a path, and of plugins still to be loaded, stay unseen. */
  list(handlers: readonly ControllerRoute[]): string[] {
    const adapter = this.adapter();
    const known = new Set<string>();
    for (const { method, path } of handlers) known.add(`${method} ${adapter?.normalizePath?.(path) ?? path}`);
    const isKnown = ({ method, path }: RawRoute) => known.has(`${method} ${path}`) || known.has(`ALL ${path}`);
    const found = [...this.onFastify, ...this.layers().flatMap(routesOfLayer)];
    // What is well known is for everybody to read (RFC 8615); the kit's keys are among it.
    const isMeantToBe = ({ path }: RawRoute) => path.startsWith('/.well-known/');
    return found
      .filter((route) => !isKnown(route) && !isMeantToBe(route))
      .map(({ method, path }) => `${method} ${path}`);
  }

  /** Where express.static() is in use. */
  staticFiles(): string[] {
    return this.layers().some(({ name }) => name === 'serveStatic') ? ['those of express.static()'] : [];
  }

  private adapter(): AbstractHttpAdapter | null {
    return this.adapterHost.httpAdapter as AbstractHttpAdapter | null;
  }

  private layers(): readonly Layer[] {
    const adapter = this.adapter();
    if (adapter?.getType() !== 'express') return [];
    const instance = adapter.getInstance<ExpressLike>();
    return (instance._router ?? instance.router)?.stack ?? [];
  }

  private watch(instance: FastifyLike): void {
    instance.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) {
        // HEAD comes with GET, and OPTIONS with CORS.
        if (one !== 'HEAD' && one !== 'OPTIONS') this.onFastify.push({ method: one, path: url });
      }
    });
  }
}

function routesOfLayer({ route }: Layer): RawRoute[] {
  if (!route) return [];
  const methods = Object.keys(route.methods).map((name) => (name === '_all' ? 'ALL' : name.toUpperCase()));
  return [route.path].flat().flatMap((path) => methods.map((method) => ({ method, path: String(path) })));
}
