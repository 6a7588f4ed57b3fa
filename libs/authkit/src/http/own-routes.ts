import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { Inject, Injectable, SetMetadata } from '@nestjs/common';

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
type Handlers = Record<string, object>;

/** Where the kit's own handlers ended up, global prefix, versioning and RouterModule considered. */
@Injectable()
export class OwnRoutes {
  private readonly exact = new Map<string, Methods>();
  private readonly patterns: { pattern: RegExp; methods: Methods }[] = [];
  private ready = false;

  constructor(
    @Inject(OWN_CONTROLLERS) private readonly controllers: readonly Type<object>[],
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly scanner: MetadataScanner,
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
    this.eachRoute(this.controllers, (path, method, handler) => {
      this.add(path, method, Reflect.hasMetadata(FORM_BODY, handler) ? 'form' : 'json');
    });
    // What the host serves beside the kit on one of these paths stays the host's.
    this.eachRoute(this.hostControllers(), (path, method) => {
      const methods = this.exact.get(normalize(path));
      for (const name of method === 'ALL' ? ANY_METHOD : [method]) {
        if (methods && !methods.has(name)) methods.set(name, 'host');
      }
    });
  }

  private hostControllers(): Type<object>[] {
    const all = [...this.modules.values()].flatMap(({ controllers }) => [...controllers.values()]);
    const classes = all.map(({ metatype }) => metatype as Type<object> | null);
    return classes.filter((one): one is Type<object> => !!one && !this.controllers.includes(one));
  }

  private eachRoute(
    controllers: readonly Type<object>[],
    visit: (path: string, method: string, handler: object) => void,
  ): void {
    for (const controller of controllers) {
      for (const name of this.scanner.getAllMethodNames(controller.prototype as object)) {
        const handler = (controller.prototype as Handlers)[name];
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method === undefined) continue;
        for (const path of this.pathsOf(controller, handler, method)) visit(path, RequestMethod[method], handler);
      }
    }
  }

  private pathsOf(controller: Type<object>, handler: object, method: RequestMethod): string[] {
    const read = (key: string, target: object) => Reflect.getMetadata(key, target) as string | undefined;
    const versioningOptions = this.config.getVersioning();
    const controllerVersion =
      versioningOptions && (read(VERSION_METADATA, controller) ?? versioningOptions.defaultVersion);
    return new RoutePathFactory(this.config).create(
      {
        ctrlPath: read(PATH_METADATA, controller) ?? '',
        methodPath: read(PATH_METADATA, handler) ?? '',
        modulePath: this.modulePathOf(controller),
        globalPrefix: this.config.getGlobalPrefix(),
        controllerVersion,
        methodVersion: read(VERSION_METADATA, handler),
        versioningOptions,
      },
      method,
    );
  }

  /** Set by RouterModule.register(). */
  private modulePathOf(controller: Type<object>): string | undefined {
    const module = [...this.modules.values()].find(({ controllers }) => controllers.has(controller));
    if (!module) return undefined;
    const { applicationId } = this.modules;
    return (Reflect.getMetadata(MODULE_PATH + applicationId, module.metatype) ??
      Reflect.getMetadata(MODULE_PATH, module.metatype)) as string | undefined;
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
