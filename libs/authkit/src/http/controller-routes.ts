import { Injectable, RequestMethod, type Type } from '@nestjs/common';
import {
  HOST_METADATA,
  METHOD_METADATA,
  MODULE_PATH,
  PATH_METADATA,
  VERSION_METADATA,
} from '@nestjs/common/constants.js';
import { ApplicationConfig, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';

/** One method, path and version under which Nest serves a controller's handler. */
export interface ControllerRoute {
  /** Name of the module the controller is listed in. */
  readonly module: string;
  readonly controller: Type<object>;
  /** Name of the method. */
  readonly handler: string;
  /** The method as it is decorated. */
  readonly decorated: CallableFunction;
  /** What Nest calls, and guards are shown; another function if the controller's constructor replaced the method. */
  readonly callback: CallableFunction;
  /** `GET` and so on; `ALL` for every method. */
  readonly method: string;
  /** Global prefix, version and RouterModule included; parameters as they were written. */
  readonly path: string;
  /** Null for handlers of no version, or of every one. */
  readonly version: string | null;
  /** Host names the controller is limited to. */
  readonly host: string | null;
}

type Part = string | string[];
type Version = Parameters<RoutePathFactory['create']>[0]['methodVersion'];
type Site = Pick<ControllerRoute, 'module' | 'controller' | 'host'> & {
  readonly controllerPath: Part;
  readonly modulePath: string | undefined;
  readonly instance: Record<string, CallableFunction> | null;
};

/** Where the handlers of all controllers ended up: the one walk over them. */
@Injectable()
export class ControllerRoutes {
  constructor(
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly scanner: MetadataScanner,
  ) {}

  /** All routes in the order Nest adds them. Final once the app is initialised: prefix and versioning come before. */
  list(): ControllerRoute[] {
    return [...this.modules.values()].flatMap(({ name, metatype, controllers }) =>
      [...controllers.values()].flatMap((wrapper) => {
        const controller = wrapper.metatype as Type<object> | null;
        if (!controller?.prototype) return [];
        return this.routesOf({
          module: name,
          controller,
          host: hostOf(controller),
          controllerPath: read<Part>(PATH_METADATA, controller) ?? '',
          modulePath: this.modulePathOf(metatype),
          instance: wrapper.instance as Site['instance'],
        });
      }),
    );
  }

  private routesOf(site: Site): ControllerRoute[] {
    const { module, controller, host, instance } = site;
    const prototype = controller.prototype as Record<string, CallableFunction>;
    return this.scanner.getAllMethodNames(prototype).flatMap((handler) => {
      const decorated = prototype[handler];
      const paths = read<Part>(PATH_METADATA, decorated);
      if (paths === undefined) return [];
      const callback = instance?.[handler] ?? decorated;
      const requestMethod = read<RequestMethod>(METHOD_METADATA, decorated) ?? RequestMethod.GET;
      return this.versionsOf(controller, decorated).flatMap((version) =>
        this.pathsOf(site, paths, requestMethod, version).map((path) => ({
          ...{ module, controller, handler, decorated, callback, path, host },
          method: RequestMethod[requestMethod],
          version: typeof version === 'string' ? version : null,
        })),
      );
    });
  }

  /** The method's versions, else the controller's, else the default; undefined for none. */
  private versionsOf(controller: Type<object>, method: object): Version[] {
    const versioning = this.config.getVersioning();
    if (!versioning) return [undefined];
    const version =
      read<Version>(VERSION_METADATA, method) ??
      read<Version>(VERSION_METADATA, controller) ??
      versioning.defaultVersion;
    return Array.isArray(version) ? version : [version];
  }

  private pathsOf(site: Site, methodPath: Part, method: RequestMethod, version: Version): string[] {
    return new RoutePathFactory(this.config).create(
      {
        ctrlPath: site.controllerPath as string, // appended one by one if it is a list, in Nest 11 and 12
        methodPath: methodPath as string,
        modulePath: site.modulePath,
        globalPrefix: this.config.getGlobalPrefix(),
        methodVersion: version,
        versioningOptions: this.config.getVersioning(),
      },
      method,
    );
  }

  /** Set by RouterModule.register(). */
  private modulePathOf(module: Type<unknown>): string | undefined {
    return read(MODULE_PATH + this.modules.applicationId, module) ?? read(MODULE_PATH, module);
  }
}

function read<T>(key: string, target: object): T | undefined {
  return Reflect.getMetadata(key, target) as T | undefined;
}

function hostOf(controller: Type<object>): string | null {
  const host = read<string | RegExp | (string | RegExp)[]>(HOST_METADATA, controller);
  return host === undefined ? null : [host].flat().map(String).join(' or ');
}
