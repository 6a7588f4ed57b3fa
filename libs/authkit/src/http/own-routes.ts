import { Inject, Injectable, SetMetadata, type Type } from '@nestjs/common';
import { ControllerRoutes } from './controller-routes.js';

const ANY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Injection token of the kit's and its features' controllers. */
export const OWN_CONTROLLERS = Symbol.for('nest-authkit:own-controllers');

const FORM_BODY = 'authkit:form-body';

/** Marks a handler of the kit that takes an OAuth2 form instead of JSON (RFC 6749). */
export const FormBody = (): MethodDecorator => SetMetadata(FORM_BODY, true);

export type BodyKind = 'json' | 'form';

/** One path of the kit and what each method on it reads; `host` where the host has a handler of its own. */
export interface OwnRoute {
  readonly methods: ReadonlyMap<string, BodyKind | 'host'>;
}

type Methods = Map<string, BodyKind | 'host'>;

/** Where the kit's own handlers ended up, global prefix, versioning and RouterModule considered. */
@Injectable()
export class OwnRoutes {
  private readonly exact = new Map<string, Methods>();
  private readonly patterns: { pattern: RegExp; methods: Methods }[] = [];
  private ready = false;

  constructor(
    @Inject(OWN_CONTROLLERS) private readonly controllers: readonly Type<object>[],
    private readonly all: ControllerRoutes,
  ) {}

  /** The route a path belongs to, whatever the method; null when it is none of the kit's. */
  match(path: string): OwnRoute | null {
    // At the first request, because prefix and versioning may be set until the app starts to listen.
    if (!this.ready) this.collect();
    const key = normalize(path);
    const methods = this.exact.get(key) ?? this.patterns.find(({ pattern }) => pattern.test(key))?.methods;
    return methods ? { methods } : null;
  }

  private collect(): void {
    this.ready = true;
    const routes = this.all.list();
    const isOwn = (controller: Type<object>) => this.controllers.includes(controller);
    for (const { controller, method, path, decorated } of routes) {
      if (isOwn(controller)) this.add(path, method, Reflect.hasMetadata(FORM_BODY, decorated) ? 'form' : 'json');
    }
    // What the host serves beside the kit on one of these paths stays the host's.
    for (const { controller, method, path } of routes) {
      const methods = isOwn(controller) ? undefined : this.exact.get(normalize(path));
      for (const name of method === 'ALL' ? ANY_METHOD : [method]) {
        if (methods && !methods.has(name)) methods.set(name, 'host');
      }
    }
  }

  private add(path: string, method: string, kind: BodyKind): void {
    const key = normalize(path);
    let methods = this.exact.get(key);
    if (!methods) this.exact.set(key, (methods = new Map<string, BodyKind | 'host'>()));
    methods.set(method, kind);
    // Adapters serve HEAD by the GET handler.
    if (method === 'GET') methods.set('HEAD', kind);
    if (key.includes(':') && !this.patterns.some((one) => one.methods === methods)) {
      this.patterns.push({ pattern: patternOf(key), methods });
    }
  }
}

/** A path with parameters, as a pattern of the whole path; everything else in it stands for itself. */
function patternOf(path: string): RegExp {
  const literal = path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replace(/:\w+/g, '[^/]+')}$`);
}

/** Routers differ in letter case, a slash at the end and percent-encoding; the gate sees them all as one. */
function normalize(path: string): string {
  const bare = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  return (bare.includes('%') ? decode(bare) : bare).toLowerCase();
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
