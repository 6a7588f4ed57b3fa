import { AuthKitConfigError } from '../kernel/errors.js';
import { isLoopbackHost } from '../kernel/loopback.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import type { AuthKitRuntimeOptions } from './authkit-options.js';
import type { ResolvedOptions } from './resolved-options.js';
import { parseLinkLifetimes, parseLinks } from './link-options.js';
import { captcha, emailPolicy, limitsInForce, rateLimits, trustedProxies } from './abuse-options.js';
import { parseBaseUrl } from './base-url.js';
import { bool, duration, integer, oneOf, refuse, section, text, textList } from './option-parsers.js';
import { assertPeppers, peppers } from './pepper-parser.js';
import {
  anything,
  blocklist,
  breachCheck,
  cookieName,
  defaultRoles,
  exactOrigin,
  hashers,
  hook,
  roleDefinitions,
} from './special-parsers.js';
import { assertKeySecrets, signingKeys } from './signing-keys.js';
import { parseMail } from './mail-parser.js';
import { parseSecrets } from './secret-parser.js';

export type { ResolvedOptions } from './resolved-options.js';

/** Applies defaults, parses, checks and freezes; throws {@link AuthKitConfigError} with path, value and remedy. */
export function resolveOptions(raw: AuthKitRuntimeOptions, env: NodeJS.ProcessEnv = process.env): ResolvedOptions {
  const given = section(raw, '', {
    appName: text('app'),
    baseUrl: text(null),
    secret: anything,
    accessToken: (value, path) =>
      section(value, path, {
        ttl: duration('15m', '1s', '24h'),
        issuer: text(null),
        audience: text(null),
        keys: signingKeys,
      }),
    credentials: (value, path) =>
      section(value, path, {
        header: bool(true),
        cookie: bool(true),
        default: oneOf<CredentialTransport | undefined>(['bearer', 'cookie', undefined], undefined),
      }),
    session: (value, path) =>
      section(value, path, {
        idleTimeout: duration('7d', '1m', '365d'),
        absoluteTimeout: duration('30d', '1m', '365d'),
        rotationGrace: duration('30s', '0s', '5m'),
        maxPerUser: integer(20, 0, 10_000),
        check: oneOf<'cached' | 'always' | 'never'>(['cached', 'always', 'never'], 'cached'),
        staleness: duration('5s', '1s', '1m'),
      }),
    cookies: (value, path) =>
      section(value, path, {
        secure: oneOf<boolean | 'auto'>(['auto', true, false], 'auto'),
        sameSite: oneOf<'lax' | 'strict' | 'none'>(['lax', 'strict', 'none'], 'lax'),
        names: (names, at) =>
          section(names, at, {
            access: cookieName('authkit_at'),
            refresh: cookieName('authkit_rt'),
            device: cookieName('authkit_device'),
          }),
        domain: text(null),
      }),
    dangerouslyAllowInsecureCookies: bool(false),
    passwords: (value, path) =>
      section(value, path, {
        minLength: integer(12, 8, 128),
        blocklist,
        breachCheck,
        pepper: peppers,
        hasher: hashers,
        workers: (n, at) => (n === undefined ? null : integer(0, 0, 256)(n, at)),
        queue: integer(64, 0, 100_000),
      }),
    registration: (value, path) =>
      section(value, path, {
        enabled: bool(true),
        requireVerifiedEmail: bool(false),
        verifyEmail: bool(true),
        defaultRoles,
        reservedUsernames: textList([]),
        emailPolicy,
      }),
    account: (value, path) =>
      section(value, path, {
        deletion: (deletion, at) => section(deletion, at, { enabled: bool(true), grace: duration('7d', '0s', '90d') }),
        onErase: hook<ResolvedOptions['account']['onErase']>(),
        exportData: hook<ResolvedOptions['account']['exportData']>(),
      }),
    linkLifetimes: anything,
    links: anything,
    pages: anything,
    mail: anything,
    rateLimits,
    captcha,
    trustedProxies,
    roles: roleDefinitions,
    adminRole: (value, path) => (value === null ? null : text('admin')(value, path)),
    allowedOrigins: (value, path) => textList([])(value, path).map((origin, i) => exactOrigin(origin, `${path}[${i}]`)),
    strictRoutes: bool(false),
    dangerouslyUnguardedSockets: bool(false),
  });

  const warnings: string[] = [];
  const developmentEnv = [undefined, '', 'development', 'test'].includes(env['NODE_ENV']);
  const baseUrl = parseBaseUrl(given.baseUrl ?? (developmentEnv ? `http://localhost:${env['PORT'] || 3000}` : null));
  const production = !developmentEnv || !isLoopbackHost(baseUrl.hostname);
  const secure = given.cookies.secure === 'auto' ? baseUrl.protocol === 'https:' : given.cookies.secure;

  if (!secure && given.credentials.cookie) {
    if (production && !given.dangerouslyAllowInsecureCookies) {
      throw new AuthKitConfigError(
        'cookies.secure',
        `cookies would be sent over plain HTTP (baseUrl ${baseUrl.origin} is not loopback, or NODE_ENV is not development)`,
        'Serve over https and set baseUrl to it, or set credentials.cookie: false.',
      );
    }
    if (given.cookies.sameSite === 'none') {
      refuse('cookies.sameSite', 'none', "Browsers take 'none' only with secure cookies: use https or 'lax'.");
    }
  }
  if (new Set(Object.values(given.cookies.names)).size < 3) {
    refuse('cookies.names', given.cookies.names, 'Give the cookies different names.');
  }
  if (!given.credentials.header && !given.credentials.cookie) {
    refuse('credentials', raw.credentials, 'Accept at least one of header and cookie.');
  }
  const fallback = given.credentials.default ?? (given.credentials.header ? 'bearer' : 'cookie');
  if (!(fallback === 'cookie' ? given.credentials.cookie : given.credentials.header)) {
    refuse('credentials.default', fallback, 'Name a transport that is switched on.');
  }
  if (given.session.idleTimeout > given.session.absoluteTimeout) {
    refuse('session.idleTimeout', raw.session?.idleTimeout, 'Make it at most session.absoluteTimeout.');
  }
  if (given.cookies.domain !== null) {
    warnings.push('cookies.domain shares cookies with every subdomain; they lose the __Host- prefix');
  }
  if (given.registration.requireVerifiedEmail && !given.registration.verifyEmail) {
    warnings.push(
      'registration.verifyEmail is false: nobody can sign in until you prove the address and call AuthService.setEmailVerified()',
    );
  }
  if (given.session.check === 'never') {
    warnings.push(
      "session.check is 'never': logout, deactivation and role changes take effect only when access tokens expire",
    );
  }
  if (production) {
    const weak = given.passwords.hasher.find((hasher) => hasher.weakness() !== null);
    if (weak) refuse('passwords.hasher', weak.weakness(), 'Raise its cost.');
  }

  const secrets = parseSecrets(given.secret, production, warnings);
  assertKeySecrets(raw.accessToken?.keys, secrets, production, warnings);
  assertPeppers(given.passwords.pepper, secrets, production, warnings);
  const mail = parseMail(given.mail, production, given.appName, warnings);
  const { requireVerifiedEmail, verifyEmail } = given.registration;
  if (mail.transport.kind === 'none' && requireVerifiedEmail && verifyEmail) {
    throw new AuthKitConfigError(
      'registration.requireVerifiedEmail',
      'no mail can be sent, so nobody could prove an address',
      'Set mail.transport and mail.from.',
    );
  }
  const issuer = given.accessToken.issuer ?? baseUrl.href.replace(/\/$/, '');
  return deepFreeze({
    production,
    warnings,
    appName: given.appName,
    baseUrl: baseUrl.href.replace(/\/$/, ''),
    secrets,
    accessToken: { ...given.accessToken, issuer, audience: given.accessToken.audience ?? issuer },
    credentials: { ...given.credentials, default: fallback },
    session: given.session,
    cookies: { ...given.cookies, secure, names: prefixed(given.cookies.names, secure, given.cookies.domain) },
    passwords: {
      minLength: given.passwords.minLength,
      blocklist: given.passwords.blocklist,
      breachCheck: given.passwords.breachCheck,
      peppers: given.passwords.pepper,
      hashers: given.passwords.hasher,
      workers: given.passwords.workers,
      queue: given.passwords.queue,
    },
    registration: given.registration,
    account: given.account,
    mail,
    linkLifetimes: parseLinkLifetimes(given.linkLifetimes),
    ...parseLinks(given, baseUrl, given.allowedOrigins),
    rateLimits: limitsInForce(given.rateLimits, env, production, warnings),
    captcha: given.captcha,
    trustedProxies: given.trustedProxies,
    roles: given.roles,
    adminRole: given.adminRole,
    allowedOrigins: [...new Set([baseUrl.origin, ...given.allowedOrigins])],
    strictRoutes: given.strictRoutes,
    dangerouslyUnguardedSockets: given.dangerouslyUnguardedSockets,
  });
}

/** RFC 6265bis: __Host- proves that no sibling subdomain and no plain-HTTP page has set the cookie. */
function prefixed(names: ResolvedOptions['cookies']['names'], secure: boolean, domain: string | null) {
  const prefix = secure ? (domain === null ? '__Host-' : '__Secure-') : '';
  return { access: prefix + names.access, refresh: prefix + names.refresh, device: prefix + names.device };
}

function deepFreeze<T>(value: T): T {
  // Hashers, keys and mailers keep state of their own; only plain data is frozen.
  if (value && typeof value === 'object' && (Array.isArray(value) || isPlain(value))) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}

function isPlain(value: object): boolean {
  return [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
}
