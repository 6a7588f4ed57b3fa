import { Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA, GUARDS_METADATA, INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner } from '@nestjs/core';
import { callContextOf } from '../access/call-reader.js';
import { CallContextInterceptor } from '../access/call-context.interceptor.js';
import { PUBLIC } from '../access/decorators.js';
import { GatewayClasses } from '../access/gateway-classes.js';
import { ruleOf, type Handler } from '../access/route-rule.js';
import { guardOf } from './socket-guards.js';
import { SocketProblemFilter } from './socket-problem.filter.js';

// Metadata of @nestjs/websockets, which exports no names for it.
const OPTIONS_METADATA = 'websockets:gateway_options';
const PORT_METADATA = 'port';
const MESSAGE_METADATA = 'websockets:message_mapping';

/** One for every app of the process, since a class may be a gateway of several: the guard is that of the client's app. */
const guard: CanActivate = {
  canActivate(context: ExecutionContext) {
    // From Nest 12 on the global guard sees messages too, and was here first.
    return callContextOf(context) ? true : guardOf(context.switchToWs().getClient<object>()).canActivate(context);
  },
};
const interceptor = new CallContextInterceptor();
const filter = new SocketProblemFilter();

/** What Nest binds to one server: the gateways of one port and path. */
export interface Door {
  /** Whether an anonymous client may connect: something there is public or optional. */
  isOpen(namespace?: string): boolean;
}

/** The app's gateways, each put under guard before Nest binds its handlers. */
@Injectable()
export class Gateways {
  private readonly classes: readonly Type<object>[];

  constructor(
    found: GatewayClasses,
    private readonly scanner: MetadataScanner,
  ) {
    this.classes = found.list();
    for (const one of this.classes) {
      putFirst(GUARDS_METADATA, guard, one);
      putFirst(INTERCEPTORS_METADATA, interceptor, one);
      putFirst(EXCEPTION_FILTERS_METADATA, filter, one);
    }
  }

  /** Of the server that Nest makes for this port and path. */
  doorOf(port: number, path: string | undefined): Door {
    const here = this.classes
      .map((gateway) => ({ gateway, port: portOf(gateway), ...optionsOf(gateway) }))
      .filter((one) => one.port === port && one.path === path);
    const open = here.filter(({ gateway }) => this.hasOpenHandler(gateway));
    return {
      isOpen: (namespace) => open.some((one) => namespace === undefined || isNamed(one.namespace, namespace)),
    };
  }

  private hasOpenHandler(gateway: Type<object>): boolean {
    const prototype = gateway.prototype as Record<string, Handler>;
    const handlers = this.scanner
      .getAllMethodNames(prototype)
      .map((name) => prototype[name])
      .filter((method) => Reflect.hasMetadata(MESSAGE_METADATA, method));
    if (handlers.length === 0) return Reflect.getMetadata(PUBLIC.KEY, gateway) === true;
    return handlers.map((handler) => ruleOf(handler, gateway)).some((rule) => rule.public || rule.optional);
  }
}

function putFirst(key: string, one: object, gateway: Type<object>): void {
  const present = (Reflect.getMetadata(key, gateway) ?? []) as object[];
  if (!present.includes(one)) Reflect.defineMetadata(key, [one, ...present], gateway);
}

function portOf(gateway: Type<object>): number {
  return (Reflect.getMetadata(PORT_METADATA, gateway) as number | undefined) ?? 0;
}

function optionsOf(gateway: Type<object>): { path?: string; namespace?: string | RegExp } {
  const { path, namespace } = (Reflect.getMetadata(OPTIONS_METADATA, gateway) ?? {}) as {
    path?: string;
    namespace?: string | RegExp;
  };
  return { path, namespace };
}

function isNamed(namespace: string | RegExp | undefined, name: string): boolean {
  if (namespace instanceof RegExp) return namespace.test(name);
  return `/${(namespace ?? '').replace(/^\//, '')}` === name;
}
