import type { CanActivate, ExecutionContext, OnModuleInit } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { AuthKitGuard } from '../access/authkit.guard.js';
import { authorize } from '../access/authorize.js';
import { RolePolicy } from '../access/role-policy.js';
import { ruleOf } from '../access/route-rule.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { RequestContext, type RequestLike } from '../kernel/request-context.js';
import type { OverridableModule } from './overridable-module.js';
import { testPrincipal, type TestPrincipal } from './test-principal.js';

/** Who acts in a test: a description of a principal, a principal, or null for nobody. */
export type TestActor = Principal | TestPrincipal | null;

/** What a guard that asks for no credential still does. */
export interface GuardOverrideOptions {
  /** Roles, permissions, kinds of credential, proof of the address and age of the authentication of each handler's rule still decide. @default false: everybody is let in */
  enforceRules?: boolean;
  /** What `@CurrentUser()` gives, or a function that loads it. @default null */
  user?: object | ((principal: Principal) => unknown);
}

/**
 * Puts a guard into the app of a test that asks for no credential: `who` acts in every request. Whether `who` may is
 * asked only with `enforceRules`. `overrideGuard(AuthKitGuard)` has no effect, because a global guard is a provider.
 */
export function overrideAuthKitGuard<B extends OverridableModule>(
  builder: B,
  who: TestActor | ((context: ExecutionContext) => TestActor),
  options: GuardOverrideOptions = {},
): B {
  builder.overrideProvider(AuthKitGuard).useFactory({
    factory: (modules: ModulesContainer, ...[clock, policy, problems]: [Clock?, RolePolicy?, ProblemWriter?]) =>
      new StandInGuard(who, options, modules, clock, policy, problems),
    inject: [ModulesContainer, ...[Clock, RolePolicy, ProblemWriter].map((token) => ({ token, optional: true }))],
  });
  return builder;
}

class StandInGuard implements CanActivate, OnModuleInit {
  constructor(
    private readonly who: TestActor | ((context: ExecutionContext) => TestActor),
    private readonly options: GuardOverrideOptions,
    private readonly modules: ModulesContainer,
    private readonly clock: Clock | undefined,
    private readonly policy: RolePolicy | undefined,
    private readonly problems: ProblemWriter | undefined,
  ) {}

  /** `@UseGuards(AuthKitGuard)` makes instances that no override of the provider reaches. */
  onModuleInit(): void {
    for (const { injectables } of this.modules.values()) {
      const guard = injectables.get(AuthKitGuard)?.instance as CanActivate | undefined;
      if (guard) guard.canActivate = (context) => this.canActivate(context);
    }
  }

  canActivate(context: ExecutionContext): boolean {
    const rule = ruleOf(context.getHandler(), context.getClass());
    // As in the real guard: on public routes nobody is known.
    if (rule.public) return true;
    const principal = this.principalOf(context);
    if (context.getType<string>() === 'http') this.enter(context, principal);
    if (this.options.enforceRules) {
      try {
        authorize(principal, rule, this.clock?.now() ?? 0);
      } catch (error) {
        this.refuse(error, context);
      }
    }
    return true;
  }

  private principalOf(context: ExecutionContext): Principal | null {
    const actor = typeof this.who === 'function' ? this.who(context) : this.who;
    if (actor === null || isPrincipal(actor)) return actor;
    return testPrincipal({ authenticatedAt: this.clock?.now(), ...actor }, this.policy);
  }

  private enter(context: ExecutionContext, principal: Principal | null): void {
    if (!principal) return;
    const request = RequestContext.of(context.switchToHttp().getRequest<RequestLike>());
    const { user = null } = this.options;
    request.principal = principal;
    request.loadUser = () => {
      const loaded = Promise.resolve(
        typeof user === 'function' ? (user as (one: Principal) => unknown)(principal) : user,
      );
      request.loadUser = () => loaded;
      return loaded;
    };
  }

  private refuse(error: unknown, context: ExecutionContext): never {
    if (error instanceof AuthKitError && context.getType<string>() === 'http') {
      this.problems?.writeHead(context.switchToHttp().getResponse(), error);
    }
    throw error;
  }
}

function isPrincipal(actor: Principal | TestPrincipal): actor is Principal {
  return 'hasRole' in actor;
}
