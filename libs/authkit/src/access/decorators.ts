import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Duration } from '../kernel/duration.js';
import type { Principal, PrincipalKind } from '../kernel/principal.js';
import { RequestContext, type RequestLike } from '../kernel/request-context.js';
import { graphqlContextOf } from './graphql-request.js';
import { documentProtected, documentPublic } from './openapi.js';

type Target = MethodDecorator & ClassDecorator;
/** What `Reflector.createDecorator` makes: a decorator with the key of its metadata. */
interface RuleDecorator<T> {
  (value: T): Target;
  KEY: string;
}

export const PUBLIC: RuleDecorator<boolean> = Reflector.createDecorator<boolean>({ key: 'authkit:public' });
export const AUTHENTICATED: RuleDecorator<{ optional: boolean }> = Reflector.createDecorator<{ optional: boolean }>({
  key: 'authkit:authenticated',
});
export const ROLES: RuleDecorator<string[][]> = Reflector.createDecorator<string[][]>({ key: 'authkit:roles' });
export const PERMISSIONS: RuleDecorator<string[]> = Reflector.createDecorator<string[]>({ key: 'authkit:permissions' });
export const CREDENTIALS: RuleDecorator<PrincipalKind[]> = Reflector.createDecorator<PrincipalKind[]>({
  key: 'authkit:credentials',
});

export const FRESH: RuleDecorator<Duration[]> = Reflector.createDecorator<Duration[]>({ key: 'authkit:fresh' });

export const VERIFIED_EMAIL: RuleDecorator<boolean> = Reflector.createDecorator<boolean>({
  key: 'authkit:verified-email',
});

export const LIVE_SESSION: RuleDecorator<boolean> = Reflector.createDecorator<boolean>({ key: 'authkit:live-session' });

/** The session's row is read, whatever is cached and whatever `session.check` says. For the kit's own routes. */
export const LiveSession = (): Target => LIVE_SESSION(true);

/** Anybody may call it. On a class it holds for the handlers that have no rule of their own. */
export function Public(): Target {
  return applyDecorators(PUBLIC(true), documentPublic());
}

/** Any authenticated user; with `optional` anonymous callers too (but a bad credential is still 401). The default of every handler is `@Authenticated()`. */
export function Authenticated(options: { optional?: boolean } = {}): Target {
  return applyDecorators(AUTHENTICATED({ optional: options.optional ?? false }), documentProtected());
}

/** Holders of any of the roles, inherited ones counted. Several `@Roles()`, on class and handler too, must all hold. */
export function Roles(...anyOf: [string, ...string[]]): Target {
  return applyDecorators(appended(ROLES, [anyOf]), documentProtected(`Needs role ${anyOf.join(' or ')}.`));
}

/** Holders of all the permissions, wildcards considered. Those of class and handler must all hold. */
export function Permissions(...allOf: [string, ...string[]]): Target {
  return applyDecorators(appended(PERMISSIONS, allOf), documentProtected(`Needs permission ${allOf.join(' and ')}.`));
}

/**
 * Users who have proven who they are at most this long ago, 1 s or more; of class and handler the shorter. Others get
 * `reauthentication_required` (403) with the age in seconds (RFC 9470) and call POST /auth/reauthenticate. The session's
 * row is read for each call, whatever `session.check` says; credentials without a session are refused.
 */
export function RequireFresh(maxAge: Duration): Target {
  const age = typeof maxAge === 'number' ? `${maxAge} s` : maxAge;
  return applyDecorators(appended(FRESH, [maxAge]), documentProtected(`Needs an authentication at most ${age} old.`));
}

/**
 * Users whose e-mail address is proven; others get `email_not_verified` (403). For apps that let people in before they have
 * proven it. In force with the next call after the proof, and no statement unless `session.check` is `never`.
 */
export function VerifiedEmail(): Target {
  return applyDecorators(VERIFIED_EMAIL(true), documentProtected('Needs a proven e-mail address.'));
}

/** Kinds of credential accepted here instead of the default, which is `user` alone. The handler's list replaces the class's. */
export function AllowCredentials(...kinds: [PrincipalKind, ...PrincipalKind[]]): Target {
  return applyDecorators(CREDENTIALS(kinds), documentProtected());
}

/** Who acts: a {@link Principal}, or null on public and optional routes. Costs nothing. */
export const CurrentPrincipal = createParamDecorator((_data: unknown, context: ExecutionContext): Principal | null => {
  return contextOf(context)?.principal ?? null;
});

/**
 * The user's row as the host's entity (columns, not relations), or null for anonymous callers. Read once a request, and
 * only where this is used. Annotate the parameter with your entity: TypeScript cannot check it.
 */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): unknown => {
  return contextOf(context)?.loadUser?.() ?? null;
});

function contextOf(context: ExecutionContext): RequestContext | undefined {
  const type = context.getType<string>();
  if (type === 'graphql') return graphqlContextOf(context);
  if (type !== 'http') return RequestContext.current();
  return RequestContext.of(context.switchToHttp().getRequest<RequestLike>());
}

// A second @Roles() on one target must narrow, not replace, the first.
function appended<T>(rule: RuleDecorator<T[]>, values: T[]): Target {
  return (target: object, property?: string | symbol, descriptor?: PropertyDescriptor) => {
    const holder = (descriptor?.value ?? target) as object;
    const before = (Reflect.getOwnMetadata(rule.KEY, holder) as T[] | undefined) ?? [];
    Reflect.apply(rule([...before, ...values]), undefined, [target, property, descriptor]);
  };
}
