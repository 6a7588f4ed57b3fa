import { AuthKitConfigError } from '../kernel/errors.js';
import type { RouteEntry } from './route-entry.js';

/** Throws {@link AuthKitConfigError} with every handler that no rule is declared for. */
export function assertExplicit(routes: readonly RouteEntry[]): void {
  const bare = routes.filter(({ rule }) => !rule.explicit);
  if (bare.length === 0) return;
  const places = bare.map(
    ({ module, controller, handler, method, path }) => `\n  ${module} ${controller}.${handler} (${method} ${path})`,
  );
  throw new AuthKitConfigError(
    'strictRoutes',
    `${bare.length} ${bare.length === 1 ? 'route has' : 'routes have'} no rule:${places.join('')}\n`,
    'Declare @Public(), @Authenticated(), @Roles() or another rule on each handler or its controller.',
  );
}
