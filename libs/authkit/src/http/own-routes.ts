import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { Inject, Injectable, SetMetadata } from '@nestjs/common';

/** Injection token of the kit's and its features' controllers. */
export const OWN_CONTROLLERS = Symbol.for('nest-authkit:own-controllers');

const FORM_BODY = 'authkit:form-body';

/** Marks a handler of the kit that takes an OAuth2 form instead of JSON (RFC 6749). */
export const FormBody = (): MethodDecorator => SetMetadata(FORM_BODY, true);

export type BodyKind = 'json' | 'form';

/** One path of the kit and what each method on it reads. */
export interface OwnRoute {
  readonly methods: ReadonlyMap<string, BodyKind>;
}

/** Where the kit's own handlers ended up, global prefix, versioning and RouterModule considered. */
@Injectable()
export class OwnRoutes {
  private readonly exact = new Map<string, Map<string, BodyKind>>();
  private readonly patterns: { pattern: RegExp; methods: Map<string, BodyKind> }[] = [];
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
    for (const controller of this.controllers) {
      for (const name of this.scanner.getAllMethodNames(controller.prototype as object)) {
        const handler = (controller.prototype as Record<string, object>)[name];
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method === undefined) continue;
        const kind: BodyKind = Reflect.hasMetadata(FORM_BODY, handler) ? 'form' : 'json';
        for (const path of this.pathsOf(controller, handler, method)) this.add(path, RequestMethod[method], kind);
      }
    }
  }

  private pathsOf(controller: Type<object>, handler: object, method: RequestMethod): string[] {
    const versioningOptions = this.config.getVersioning();
    return new RoutePathFactory(this.config).create(
      {
        ctrlPath: Reflect.getMetadata(PATH_METADATA, controller) as string,
        methodPath: Reflect.getMetadata(PATH_METADATA, handler) as string,
        modulePath: this.modulePathOf(controller),
        globalPrefix: this.config.getGlobalPrefix(),
        controllerVersion: versioningOptions
          ? ((Reflect.getMetadata(VERSION_METADATA, controller) as string | undefined) ??
            versioningOptions.defaultVersion)
          : undefined,
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
    if (!methods) this.exact.set(key, (methods = new Map<string, BodyKind>()));
    methods.set(method, kind);
    // Adapters serve HEAD by the GET handler.
    if (method === 'GET') methods.set('HEAD', kind);
    if (key.includes(':') && !this.patterns.some((one) => one.methods === methods)) {
      this.patterns.push({ pattern: new RegExp(`^${key.replace(/:\w+/g, '[^/]+')}$`), methods });
    }
  }
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
