// Entry point nest-authkit/resource-server: for apps that trust the tokens of another; loads no database.
export { ResourceServerModule, type ResourceServerAsyncOptions } from './resource-server.module.js';
export type { ResourceServerOptions } from './resource-server.options.js';

export { AuthKitGuard } from '../access/authkit.guard.js';
export { Authenticated, CurrentPrincipal, Permissions, Public, Roles } from '../access/decorators.js';
export { ApiProblem, authKitOpenApi, ProblemDto, type AuthKitOpenApiOptions } from '../access/openapi.js';
export type { RouteEntry, RouteNote } from '../access/route-entry.js';
export { RouteInventory } from '../access/route-inventory.js';
export { Clock } from '../kernel/clock.js';
export { AuthKitConfigError, AuthKitError, type Problem, type ProblemCode } from '../kernel/errors.js';
export { AuthEvents, type AnyAuthEvent } from '../kernel/events.js';
export { OnAuthEvent } from '../kernel/on-auth-event.decorator.js';
export type { Principal, PrincipalKind } from '../kernel/principal.js';
