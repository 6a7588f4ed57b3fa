import type { Type } from '@nestjs/common';
import { durationMs, type Duration } from '../kernel/duration.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import type { PrincipalKind } from '../kernel/principal.js';
import {
  AUTHENTICATED,
  CREDENTIALS,
  FRESH,
  LIVE_SESSION,
  PERMISSIONS,
  PUBLIC,
  ROLES,
  VERIFIED_EMAIL,
} from './decorators.js';

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- what Nest's ExecutionContext.getHandler() returns
export type Handler = Function;

/** What a handler demands of its caller. */
export interface RouteRule {
  readonly public: boolean;
  /** Anonymous callers are let in, without a principal. */
  readonly optional: boolean;
  /** Of each list any role; all lists must hold. */
  readonly roles: readonly (readonly string[])[];
  /** All must be covered. */
  readonly permissions: readonly string[];
  readonly credentials: readonly PrincipalKind[];
  /** The session's row is read, whatever is cached and whatever `session.check` says. */
  readonly liveSession: boolean;
  /** Seconds since the user last proved who they are, at most (`max_age` of OpenID Connect); null for any number. */
  readonly maxAge: number | null;
  /** The user's e-mail address must be proven. */
  readonly verifiedEmail: boolean;
  /** False when nothing was declared and the default (an authenticated user) holds. */
  readonly explicit: boolean;
}

interface Declared {
  public?: boolean;
  authenticated?: { optional: boolean };
  roles: string[][];
  permissions: string[];
  credentials?: PrincipalKind[];
  /** In seconds, of each `@RequireFresh()`. */
  fresh: number[];
  verifiedEmail?: boolean;
}

const known = new WeakMap<Handler, Map<object, RouteRule>>();
const declarations = new WeakMap<Handler, Handler>();

/**
 * Says that a controller's constructor has put one function in the place of a decorated method, as
 * `this.list = this.list.bind(this)` does: Nest shows guards the new one, which has none of the decorators.
 */
export function standsFor(replacement: Handler, declared: Handler): void {
  if (replacement !== declared) declarations.set(replacement, declared);
}

/** The effective rule of a handler; worked out once. Throws {@link AuthKitConfigError} when it contradicts itself. */
export function ruleOf(called: Handler, controller: Type<unknown>): RouteRule {
  let rules = known.get(called);
  if (!rules) known.set(called, (rules = new Map<object, RouteRule>()));
  let rule = rules.get(controller);
  if (!rule) {
    const handler = declarations.get(called) ?? declaredMethod(called, controller);
    rules.set(controller, (rule = combine(handler, controller)));
  }
  return rule;
}

/**
 * For controllers made anew for each request, whose methods nobody has seen before: a method, or a bound one. What else
 * a constructor has put in a method's place has a rule that nobody can see, so nobody is let in.
 */
function declaredMethod(called: Handler, controller: Type<unknown>): Handler {
  const name = called.name.replace(/^(bound )+/, '');
  for (let one = controller; one.prototype; one = Object.getPrototypeOf(one) as Type<unknown>) {
    const names = Object.getOwnPropertyNames(one.prototype);
    if (names.some((own) => methodOf(one, own) === called)) return called;
    const declared = name === called.name ? undefined : methodOf(one, name);
    if (typeof declared === 'function') return declared;
  }
  // A wrapper that took the decorators over.
  if (Reflect.getOwnMetadataKeys(called).some((key) => String(key).startsWith('authkit:'))) return called;
  throw new AuthKitConfigError(
    `${controller.name}.${called.name || '(a method)'}`,
    'its constructor has put another function in its place, which has none of its decorators',
    'Leave the method as it is, or make the controller a singleton.',
  );
}

/**
 * A rule on the handler removes the class's `@Public()`; roles and permissions of both must hold. The usual
 * "handler else class" lookup would let a public class open a handler that asks for a role.
 */
function combine(handler: Handler, controller: Type<unknown>): RouteRule {
  const own = declaredOn(handler, `${controller.name}.${handler.name}`);
  const shared = declaredByClass(controller);
  const isOwnPublic = own.public === true && !isNarrowedBySubclass(handler, controller);
  const isPublic = isOwnPublic || (!isRestricted(own) && shared.public === true);
  const roles = [...shared.roles, ...own.roles];
  const permissions = [...shared.permissions, ...own.permissions];
  const fresh = [...shared.fresh, ...own.fresh];
  const verifiedEmail = (own.verifiedEmail ?? shared.verifiedEmail) === true;
  const optional = (own.authenticated ?? shared.authenticated)?.optional === true;
  return Object.freeze<RouteRule>({
    public: isPublic,
    optional: optional && roles.length + permissions.length + fresh.length === 0 && !verifiedEmail,
    roles,
    permissions,
    credentials: own.credentials ?? shared.credentials ?? ['user'],
    liveSession:
      fresh.length > 0 || [handler, controller].some((target) => Reflect.hasMetadata(LIVE_SESSION.KEY, target)),
    verifiedEmail,
    maxAge: fresh.length > 0 ? Math.min(...fresh) : null,
    explicit: own.public !== undefined || shared.public !== undefined || isRestricted(own) || isRestricted(shared),
  });
}

/** Whether a subclass of the one that declares the handler has a rule: it lifts the inherited handler's `@Public()`. */
function isNarrowedBySubclass(handler: Handler, controller: Type<unknown>): boolean {
  let one = controller;
  while (one.prototype && !Object.getOwnPropertyNames(one.prototype).some((name) => methodOf(one, name) === handler)) {
    if (isRestricted(declaredOn(one, one.name))) return true;
    one = Object.getPrototypeOf(one) as Type<unknown>;
  }
  return false;
}

function methodOf({ prototype }: Type<unknown>, name: string): unknown {
  return Object.getOwnPropertyDescriptor(prototype, name)?.value;
}

/** A subclass adds to what its base demands; its own `@Public()` lifts it, and its own rule lifts a base's `@Public()`. */
function declaredByClass(controller: Type<unknown>): Declared {
  const base = Object.getPrototypeOf(controller) as Type<unknown> | null;
  const own = declaredOn(controller, controller.name);
  if (!base?.prototype || own.public) return own;
  const inherited = declaredByClass(base);
  return {
    public: isRestricted(own) ? undefined : inherited.public,
    authenticated: own.authenticated ?? inherited.authenticated,
    roles: [...inherited.roles, ...own.roles],
    permissions: [...inherited.permissions, ...own.permissions],
    credentials: own.credentials ?? inherited.credentials,
    fresh: [...inherited.fresh, ...own.fresh],
    verifiedEmail: own.verifiedEmail ?? inherited.verifiedEmail,
  };
}

function declaredOn(target: object, name: string): Declared {
  const read = <T>(key: string) => Reflect.getOwnMetadata(key, target) as T | undefined;
  const declared: Declared = {
    public: read<boolean>(PUBLIC.KEY),
    authenticated: read<{ optional: boolean }>(AUTHENTICATED.KEY),
    roles: read<string[][]>(ROLES.KEY) ?? [],
    permissions: read<string[]>(PERMISSIONS.KEY) ?? [],
    credentials: read<PrincipalKind[]>(CREDENTIALS.KEY),
    fresh: (read<Duration[]>(FRESH.KEY) ?? []).map((age) => secondsOf(age, name)),
    verifiedEmail: read<boolean>(VERIFIED_EMAIL.KEY),
  };
  if (declared.public && isRestricted(declared)) {
    throw new AuthKitConfigError(name, '@Public() stands beside another rule', 'Keep one of them.');
  }
  const more = demandOf(declared);
  if (declared.authenticated?.optional && more !== null) {
    throw new AuthKitConfigError(name, `@Authenticated({ optional: true }) stands beside ${more}`, 'Keep one of them.');
  }
  return declared;
}

/** What is asked of a user beyond being one; null for nothing. */
function demandOf({ roles, permissions, fresh, verifiedEmail }: Declared): string | null {
  if (fresh.length > 0) return '@RequireFresh()';
  if (verifiedEmail) return '@VerifiedEmail()';
  return roles.length + permissions.length > 0 ? 'a role or permission' : null;
}

function isRestricted(declared: Declared): boolean {
  return declared.authenticated !== undefined || declared.credentials !== undefined || demandOf(declared) !== null;
}

function secondsOf(age: Duration, name: string): number {
  const seconds = Math.floor((durationMs(age) ?? 0) / 1000);
  if (seconds >= 1) return seconds;
  throw new AuthKitConfigError(name, `@RequireFresh(${JSON.stringify(age)}) is no age`, "Give 1 s or more, as '15m'.");
}
