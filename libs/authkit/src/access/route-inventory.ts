import { Inject, Injectable, type Type } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { ControllerRoutes, type ControllerRoute } from '../http/controller-routes.js';
import { OWN_CONTROLLERS } from '../http/own-routes.js';
import { AuthKitGuard } from './authkit.guard.js';
import { GraphqlResolvers } from './graphql-resolvers.js';
import type { RouteEntry, RouteNote, RouteTable } from './route-entry.js';
import { RouteNotes } from './route-notes.js';
import { ruleOf, standsFor } from './route-rule.js';

/** Every HTTP handler of the app with the rule that holds for it. */
@Injectable()
export class RouteInventory implements RouteTable {
  constructor(
    private readonly handlers: ControllerRoutes,
    private readonly unseen: RouteNotes,
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
    private readonly resolvers: GraphqlResolvers,
    @Inject(OWN_CONTROLLERS) private readonly ownControllers: readonly Type<object>[],
  ) {}

  /**
   * All routes, in the order Nest adds them; worked out at each call, and final once the app is initialised. Throws
   * AuthKitConfigError for a rule that contradicts itself.
   */
  routes(): readonly RouteEntry[] {
    const isGlobal = this.globalGuards().some((guard) => this.isOurs(guard));
    return this.handlers.list().map((route) => {
      standsFor(route.callback, route.decorated);
      return {
        ...{ method: route.method, path: route.path, version: route.version, host: route.host },
        ...{ module: route.module, controller: route.controller.name, handler: route.handler },
        rule: ruleOf(route.callback, route.controller),
        guarded: isGlobal || this.isGuardedItself(route),
        own: this.ownControllers.includes(route.controller),
      };
    });
  }

  /** What the table does not show: what no guard sees, and what runs before this one. */
  notes(): readonly RouteNote[] {
    const before: string[] = [];
    for (const guard of this.config.getGlobalGuards()) {
      if (this.isOurs(guard)) return this.unseen.list(this.routes(), before);
      before.push(guard.constructor.name);
    }
    // Ours is not among them: whatever is global does not run before it.
    return this.unseen.list(this.routes(), [], this.unguardedResolvers());
  }

  /** Where no guard of ours is global; fields stand behind what they are fields of. */
  private unguardedResolvers(): string[] {
    return this.resolvers
      .list()
      .filter(({ owner, handler, isField, rule }) => {
        return !isField && !rule.public && !this.isGuardedItself({ controller: owner, callback: handler });
      })
      .map(({ name }) => name);
  }

  private isGuardedItself({ controller, callback }: Pick<ControllerRoute, 'controller' | 'callback'>): boolean {
    return [controller, callback].some((target) => {
      const guards = (Reflect.getMetadata(GUARDS_METADATA, target) ?? []) as unknown[];
      return guards.some((guard) => this.isOurs(guard));
    });
  }

  /** Instances; of request-scoped ones the classes. */
  private globalGuards(): unknown[] {
    return [...this.config.getGlobalGuards(), ...this.config.getGlobalRequestGuards().map(({ metatype }) => metatype)];
  }

  /** An instance or class of the guard or of a host's subclass, or what a test put in its place. */
  private isOurs(guard: unknown): boolean {
    if (guard === AuthKitGuard || guard instanceof AuthKitGuard) return true;
    if (typeof guard === 'function') return guard.prototype instanceof AuthKitGuard;
    // Looked up and not injected: a guard that is request-scoped would make everything here so, and the boot checks.
    return [...this.modules.values()].some(({ providers }) => providers.get(AuthKitGuard)?.instance === guard);
  }
}
