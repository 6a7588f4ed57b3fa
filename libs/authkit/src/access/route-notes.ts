import { Inject, Injectable, Optional } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ControllerRoutes } from '../http/controller-routes.js';
import { RawRoutes } from '../http/raw-routes.js';
import { CALL_READERS, type CallReader } from './call-reader.js';
import { GatewayClasses } from './gateway-classes.js';
import { MessageHandlers } from './message-handlers.js';
import type { RouteEntry, RouteNote } from './route-entry.js';
import { namesOf } from './route-words.js';

/** Looks for what no guard, or not this guard, stands before; names only what is there. */
@Injectable()
export class RouteNotes {
  constructor(
    private readonly handlers: ControllerRoutes,
    private readonly modules: ModulesContainer,
    private readonly raw: RawRoutes,
    private readonly gateways: GatewayClasses,
    private readonly messages: MessageHandlers,
    @Optional() @Inject(CALL_READERS) private readonly readers: readonly CallReader[] | null,
  ) {}

  /** `before` are the global guards that run earlier than the kit's; `resolvers` those of GraphQL it does not guard. */
  list(
    routes: readonly RouteEntry[],
    before: readonly string[],
    resolvers: readonly string[] = [],
  ): readonly RouteNote[] {
    const note = (level: RouteNote['level'], names: string[], text: (names: string) => string): RouteNote[] =>
      names.length > 0 ? [{ level, text: text(namesOf(names)) }] : [];
    const unguarded = routes.filter(({ guarded, rule }) => !guarded && !rule.public);
    return [
      ...note(
        'warn',
        [...unguarded.map(({ controller, handler }) => `${controller}.${handler}`), ...resolvers],
        (names) => `no AuthKitGuard stands before ${names}: use it there, or register it globally`,
      ),
      ...note(
        'warn',
        this.unguardedGateways(),
        (names) => `connections and messages to ${names} are anybody's: dangerouslyUnguardedSockets is set`,
      ),
      ...note(
        'warn',
        this.messages.unguarded(),
        (names) => `no guard stands before ${names} in a microservice connected without inheritAppConfig: true`,
      ),
      ...note('log', [...before], (names) => `${names} runs before AuthKitGuard, and sees no principal`),
      ...note('log', this.raw.list(this.handlers.list()), (names) => `not guarded, as no controller's: ${names}`),
      ...note('log', this.middlewareModules(), (names) => `middleware runs before every guard: that of ${names}`),
      ...note('log', this.raw.staticFiles(), (names) => `static files are not guarded: ${names}`),
    ];
  }

  private unguardedGateways(): string[] {
    if (this.readers?.some(({ type }) => type === 'ws')) return [];
    return this.gateways.list().map(({ name }) => name);
  }

  private middlewareModules(): string[] {
    return [...this.modules.values()]
      .filter(({ instance }) => typeof (instance as { configure?: unknown } | undefined)?.configure === 'function')
      .map(({ name }) => name);
  }
}
