import type { Duration } from '../kernel/duration.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import type { RoleDefinition } from '../options/authkit-options.js';
import { trustedProxies } from '../options/abuse-options.js';
import { bool, duration, refuse, section, text } from '../options/option-parsers.js';
import { roleDefinitions } from '../options/special-parsers.js';

/** Options of `ResourceServerModule.forRoot()`. */
export interface ResourceServerOptions {
  /** Claim `iss` of the tokens: `accessToken.issuer` of the app that issues them, by default its baseUrl. */
  issuer: string;
  /** Claim `aud` that tokens must carry. @default issuer */
  audience?: string;
  /** Where the issuer publishes its keys. @default issuer followed by /.well-known/jwks.json */
  jwksUrl?: string;
  jwks?: {
    /** Keys older than this are read again in the background; so long a withdrawn key may still be believed. @default '5m' */
    maxAge?: Duration;
    /** Keys are kept so long while the issuer cannot be reached; then every token is 503. @default '1h' */
    keepFor?: Duration;
    /** At least this long between two requests for keys, whatever tokens ask for. @default '30s' */
    cooldown?: Duration;
    /** Longest time a request for keys may take. @default '5s' */
    timeout?: Duration;
  };
  /** What the roles in the tokens grant; the same as in the issuer's options. @default \{\} */
  roles?: Readonly<Record<string, RoleDefinition>>;
  /** Lets keys come over plain HTTP from another machine: whoever is on the way can then forge tokens. @default false */
  dangerouslyAllowInsecureJwks?: boolean;
  /** Networks (`10.0.0.0/8`) or addresses of the proxies before the app, whose X-Forwarded-For is believed. @default [], the peer is the client */
  trustedProxies?: readonly string[];
  /** Boot fails when a handler has no rule of its own or of its controller. @default false */
  strictRoutes?: boolean;
  /** Lets an app start with WebSocket gateways, which nothing guards here, or with message handlers without `rpc()`: what reaches them is anybody's. @default false */
  dangerouslyUnguardedSockets?: boolean;
}

/** The options with every default applied; durations in milliseconds. */
export interface ResolvedResourceServerOptions {
  readonly issuer: string;
  readonly audience: string;
  /** What the operator should know, logged at boot. */
  readonly warnings: readonly string[];
  readonly jwksUrl: URL;
  readonly jwks: {
    readonly maxAge: number;
    readonly keepFor: number;
    readonly cooldown: number;
    readonly timeout: number;
  };
  readonly roles: Readonly<Record<string, Required<RoleDefinition>>>;
  /** The guard's: cookies are no credential here. */
  readonly allowedOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly strictRoutes: boolean;
  readonly dangerouslyUnguardedSockets: boolean;
}

/** Injection token of the resolved options. */
export const RESOURCE_SERVER_OPTIONS = Symbol.for('nest-authkit:resource-server-options');

const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Throws {@link AuthKitConfigError} with path, value and remedy. */
export function resolveResourceServerOptions(raw: ResourceServerOptions): ResolvedResourceServerOptions {
  const given = section(raw, '', {
    issuer: text(null),
    audience: text(null),
    jwksUrl: text(null),
    jwks: (value, path) =>
      section(value, path, {
        maxAge: duration('5m', '10s', '24h'),
        keepFor: duration('1h', '10s', '7d'),
        cooldown: duration('30s', '1s', '10m'),
        timeout: duration('5s', '1s', '1m'),
      }),
    roles: roleDefinitions,
    dangerouslyAllowInsecureJwks: bool(false),
    trustedProxies,
    strictRoutes: bool(false),
    dangerouslyUnguardedSockets: bool(false),
  });
  const { issuer } = given;
  if (issuer === null) {
    throw new AuthKitConfigError('issuer', 'it is missing', "Set it to the issuing app's baseUrl.");
  }
  if (given.jwks.keepFor < given.jwks.maxAge)
    refuse('jwks.keepFor', raw.jwks?.keepFor, 'Make it at least jwks.maxAge.');
  const url = given.jwksUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`;
  return Object.freeze({
    issuer,
    audience: given.audience ?? issuer,
    warnings: issuer.endsWith('/')
      ? ['issuer ends in /, and must match the claim exactly: a baseUrl signs without it']
      : [],
    jwksUrl: parseJwksUrl(url, given.dangerouslyAllowInsecureJwks),
    jwks: given.jwks,
    roles: given.roles,
    allowedOrigins: [],
    trustedProxies: given.trustedProxies,
    strictRoutes: given.strictRoutes,
    dangerouslyUnguardedSockets: given.dangerouslyUnguardedSockets,
  });
}

function parseJwksUrl(value: string, allowInsecure: boolean): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    // Not shown: it may hold a password.
    throw new AuthKitConfigError(
      'jwksUrl',
      'it is not an http(s) URL without credentials',
      'Give the URL of the JWKS.',
    );
  }
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname) && !allowInsecure) {
    // Without its query, which may hold a signature.
    return refuse(
      'jwksUrl',
      url.origin + url.pathname,
      'Use https, or set dangerouslyAllowInsecureJwks: true for a network you trust.',
    );
  }
  return url;
}
