import {
  ConfigurableModuleBuilder,
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
} from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AUTHENTICATORS } from '../access/authenticator.js';
import { AuthKitGuard } from '../access/authkit.guard.js';
import { CALL_READERS, type CallReader } from '../access/call-reader.js';
import { GraphqlCallReader } from '../access/graphql-call.reader.js';
import { GraphqlCheck } from '../access/graphql-check.js';
import { GLOBAL_GUARD, GuardCheck } from '../access/guard-check.js';
import { RolePolicy } from '../access/role-policy.js';
import { RouteInventory } from '../access/route-inventory.js';
import { ROUTE_PROVIDERS } from '../access/route-report.js';
import type { AuthKitFeature } from '../features/feature.js';
import { HttpGate } from '../http/http-gate.js';
import { OWN_CONTROLLERS, OwnRoutes } from '../http/own-routes.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { Clock, SystemClock } from '../kernel/clock.js';
import { AuthEvents } from '../kernel/events.js';
import { AuthEventExplorer } from '../kernel/on-auth-event.decorator.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { JwksAuthenticator } from './jwks.authenticator.js';
import { JwksClient } from './jwks-client.js';
import {
  RESOURCE_SERVER_OPTIONS,
  resolveResourceServerOptions,
  type ResourceServerOptions,
} from './resource-server.options.js';

interface StaticOptions {
  /** Registers `AuthKitGuard` for every handler of the app; false lets the host place it. @default true */
  globalGuard?: boolean;
  /** Their providers, exports and call reader: what needs sessions, routes or tables is not to be had here. */
  features?: readonly AuthKitFeature[];
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<ResourceServerOptions>()
  .setClassMethodName('forRoot')
  .setExtras<StaticOptions>({ globalGuard: undefined, features: undefined }, (definition, options) =>
    compose(definition, options),
  )
  .build();

/** Options of `ResourceServerModule.forRootAsync()`. */
export type ResourceServerAsyncOptions = ConfigurableModuleAsyncOptions<ResourceServerOptions> & StaticOptions;

/**
 * Verifies another app's access tokens by its published keys, with the same decorators and without a database.
 * Import it once; it is global, and its guard denies by default.
 */
@Module({})
export class ResourceServerModule extends ConfigurableModuleClass {
  static override forRoot(options: ResourceServerOptions & StaticOptions): DynamicModule {
    return super.forRoot(options);
  }

  static override forRootAsync(options: ResourceServerAsyncOptions): DynamicModule {
    return super.forRootAsync(options);
  }
}

function compose(definition: DynamicModule, { globalGuard, features = [] }: StaticOptions): DynamicModule {
  const readers = [GraphqlCallReader, ...features.flatMap(({ callReader }) => callReader ?? [])];
  return {
    ...definition,
    global: true,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [
      ...(definition.providers ?? []),
      { provide: RESOURCE_SERVER_OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: resolveResourceServerOptions },
      // What the guard and the role policy need of the options.
      { provide: RESOLVED_OPTIONS, useExisting: RESOURCE_SERVER_OPTIONS },
      { provide: Clock, useClass: SystemClock },
      { provide: OWN_CONTROLLERS, useValue: [] },
      { provide: AUTHENTICATORS, inject: [JwksAuthenticator], useFactory: (one: JwksAuthenticator) => [one] },
      { provide: CALL_READERS, inject: readers, useFactory: (...all: CallReader[]) => all },
      ...readers,
      ...features.flatMap(({ providers }) => providers ?? []),
      { provide: GLOBAL_GUARD, useValue: globalGuard !== false },
      ...[JwksClient, JwksAuthenticator, AuthKitGuard, GuardCheck, GraphqlCheck, RolePolicy, AuthEvents],
      AuthEventExplorer,
      ...[HttpGate, OwnRoutes, ProblemWriter],
      ...ROUTE_PROVIDERS,
      ...(globalGuard === false ? [] : [{ provide: APP_GUARD, useExisting: AuthKitGuard }]),
    ],
    exports: [
      ...[AuthKitGuard, AuthEvents, Clock, RolePolicy, RouteInventory, ProblemWriter],
      ...[AUTHENTICATORS, CALL_READERS, RESOLVED_OPTIONS],
      ...features.flatMap((feature) => feature.exports ?? []),
    ],
  };
}
