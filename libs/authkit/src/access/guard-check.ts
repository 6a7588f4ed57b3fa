import { Inject, Injectable, type CanActivate, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import { AuthKitConfigError } from '../kernel/errors.js';
import { AuthKitGuard } from './authkit.guard.js';
import { RouteInventory } from './route-inventory.js';

/** Injection token of whether the guard is to be in force for every handler of the app. */
export const GLOBAL_GUARD = Symbol.for('nest-authkit:global-guard');

const COPY = Symbol.for('nest-authkit');
const thisCopy = {};
const shared = globalThis as { [COPY]?: object };
shared[COPY] ??= thisCopy;

/** Refuses to start an app that the guard does not guard, or whose rules contradict each other. */
@Injectable()
export class GuardCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly config: ApplicationConfig,
    private readonly inventory: RouteInventory,
    @Inject(GLOBAL_GUARD) private readonly isGlobal: boolean,
  ) {}

  onModuleInit(): void {
    assertOneCopy();
    this.assertInForce();
    // A rule that contradicts itself throws when it is worked out.
    this.inventory.routes();
  }

  /** Nest drops a global guard without a word when something it injects is request-scoped (seen in 11.1 and 12.0). */
  private assertInForce(): void {
    const guards = this.discovery.getProviders().filter(({ token }) => token === AuthKitGuard);
    if (guards.length > 1) {
      throw new AuthKitConfigError(
        'AuthKitModule',
        'forRoot() is imported more than once, or ResourceServerModule beside it',
        'Import the one that the app needs in one module; it is global.',
      );
    }
    const guard = guards.at(0);
    if (!guard?.isDependencyTreeStatic()) {
      throw new AuthKitConfigError(
        'AuthKitGuard',
        'something it injects is request-scoped, and Nest would leave the app unguarded',
        "Make storage.users, storage.sessions and the features' authenticators singletons.",
      );
    }
    if (this.isGlobal && !this.config.getGlobalGuards().includes(guard.instance as CanActivate)) {
      throw new AuthKitConfigError('AuthKitGuard', 'Nest has not registered it', 'Report this with your Nest version.');
    }
  }
}

/** Two copies would each have classes and decorators of their own, and one would not see the other's. */
function assertOneCopy(): void {
  if (shared[COPY] === thisCopy) return;
  throw new AuthKitConfigError(
    'nest-authkit',
    'two copies of the package are loaded in this process',
    'Run `npm ls nest-authkit`, and load it either by import or by require.',
  );
}
