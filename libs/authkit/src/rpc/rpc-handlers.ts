import { Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA, GUARDS_METADATA, INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import { AuthKitGuard } from '../access/authkit.guard.js';
import { CallContextInterceptor } from '../access/call-context.interceptor.js';
import { PATTERN_METADATA } from './rpc-call.reader.js';
import { openMessage } from './rpc-message.js';
import { RpcProblemFilter } from './rpc-problem.filter.js';

/** Takes the identity off each message, and asks the guard. */
@Injectable()
export class RpcGuard implements CanActivate {
  constructor(private readonly guard: AuthKitGuard) {}

  canActivate(call: ExecutionContext): boolean | Promise<boolean> {
    if (call.getType() !== 'rpc') return true;
    openMessage(call);
    return this.guard.canActivate(call);
  }
}

const interceptor = new CallContextInterceptor();
const filter = new RpcProblemFilter();

/**
 * Puts every controller with message handlers under guard, in microservices connected without `inheritAppConfig` too.
 * In the constructor: Nest binds handlers as soon as a microservice is connected, before any hook.
 */
@Injectable()
export class RpcHandlers {
  constructor(modules: ModulesContainer, scanner: MetadataScanner, guard: RpcGuard) {
    for (const module of modules.values()) {
      for (const { metatype } of module.controllers.values()) {
        const controller = metatype as Type<object> | null;
        if (typeof controller !== 'function' || !controller.prototype) continue;
        const handlers = handlersOf(controller, scanner);
        if (handlers.length === 0) continue;
        // On the class, so that nothing a constructor puts in a method's place is forgotten.
        putFirst(GUARDS_METADATA, RpcGuard, controller);
        putFirst(INTERCEPTORS_METADATA, interceptor, controller);
        for (const handler of handlers) putFirst(EXCEPTION_FILTERS_METADATA, filter, handler);
        provideTo(module, guard);
      }
    }
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any method
function handlersOf({ prototype }: Type<object>, scanner: MetadataScanner): Function[] {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any method
  const methods = prototype as Record<string, Function>;
  return scanner
    .getAllMethodNames(methods)
    .map((name) => methods[name])
    .filter((method) => Reflect.hasMetadata(PATTERN_METADATA, method));
}

function putFirst(key: string, one: object, target: object): void {
  const present = (Reflect.getMetadata(key, target) ?? []) as object[];
  if (!present.includes(one)) Reflect.defineMetadata(key, [one, ...present], target);
}

/** Where Nest looks for the instance of a guard named by its class: each app has its own. */
function provideTo(module: Module, guard: RpcGuard): void {
  const wrapper = { token: RpcGuard, name: RpcGuard.name, metatype: RpcGuard, instance: guard, isResolved: true };
  module.injectables.set(RpcGuard, new InstanceWrapper({ ...wrapper, host: module }));
}
