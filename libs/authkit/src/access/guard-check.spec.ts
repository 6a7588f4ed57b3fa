import type { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import { AuthKitGuard } from './authkit.guard.js';
import { GLOBAL_GUARD, GuardCheck } from './guard-check.js';
import type { RouteInventory } from './route-inventory.js';

const instance = {};
const provider = (token: unknown, isStatic = true) => ({ token, instance, isDependencyTreeStatic: () => isStatic });

function check({
  providers = [provider(AuthKitGuard)],
  registered = [instance],
  isGlobal = true,
}: { providers?: object[]; registered?: object[]; isGlobal?: boolean } = {}) {
  let looked = 0;
  const discovery = { getProviders: () => [provider(class Other {}), ...providers] } as unknown as DiscoveryService;
  const config = { getGlobalGuards: () => registered } as unknown as ApplicationConfig;
  const inventory = { routes: () => (looked += 1) } as unknown as RouteInventory;
  new GuardCheck(discovery, config, inventory, isGlobal).onModuleInit();
  return looked;
}
const refused = (path: string, problem: string, remedy: string) => expect.objectContaining({ path, problem, remedy });

describe('the check of the guard at boot', () => {
  it('is content with one guard in force, and has the rules worked out', () => {
    expect(check()).toBe(1);
  });

  it('leaves it to the host where it is not to be global', () => {
    expect(check({ registered: [], isGlobal: false })).toBe(1);
  });

  it('refuses two modules of the kit', () => {
    expect(() => check({ providers: [provider(AuthKitGuard), provider(AuthKitGuard)] })).toThrow(
      refused(
        'AuthKitModule',
        'forRoot() is imported more than once, or ResourceServerModule beside it',
        'Import the one that the app needs in one module; it is global.',
      ),
    );
  });

  it.each([[[]], [[provider(AuthKitGuard, false)]]])(
    'refuses a guard that Nest makes for each request, or not at all (%#)',
    (providers) => {
      expect(() => check({ providers })).toThrow(
        refused(
          'AuthKitGuard',
          'something it injects is request-scoped, and Nest would leave the app unguarded',
          "Make storage.users, storage.sessions and the features' authenticators singletons.",
        ),
      );
    },
  );

  it('refuses to start where Nest has dropped the guard', () => {
    expect(() => check({ registered: [{}] })).toThrow(
      refused('AuthKitGuard', 'Nest has not registered it', 'Report this with your Nest version.'),
    );
  });

  it('refuses a second copy of the package', () => {
    const shared = globalThis as Record<symbol, unknown>;
    const key = Symbol.for('nest-authkit');
    const original = shared[key];
    shared[key] = {};
    try {
      expect(() => check()).toThrow(
        refused(
          'nest-authkit',
          'two copies of the package are loaded in this process',
          'Run `npm ls nest-authkit`, and load it either by import or by require.',
        ),
      );
    } finally {
      shared[key] = original;
    }
  });

  it('goes by one token, whichever of its two builds the package is loaded from', () => {
    expect(GLOBAL_GUARD).toBe(Symbol.for('nest-authkit:global-guard'));
  });
});
