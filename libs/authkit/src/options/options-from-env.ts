import { readFileSync } from 'node:fs';
import { AuthKitConfigError } from '../kernel/errors.js';
import type { PepperKey } from '../passwords/pepper.js';
import { LIMITS_OFF } from './abuse-options.js';
import type { AuthKitRuntimeOptions } from './authkit-options.js';
import { refuse } from './option-parsers.js';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Options from environment variables: `AUTHKIT_*`, with the common `JWT_*` names as aliases.
 * Each has a `_FILE` twin that names a file with the value, for container secrets. Unset variables keep the defaults.
 */
export function optionsFromEnv(env: Env = process.env): AuthKitRuntimeOptions {
  const read = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = env[name];
      const file = env[`${name}_FILE`];
      if (value !== undefined && file !== undefined) {
        throw new AuthKitConfigError(name, `both ${name} and ${name}_FILE are set`, 'Keep one of them.');
      }
      if (value !== undefined && value !== '') return value;
      if (file !== undefined && file !== '') return readSecretFile(`${name}_FILE`, file);
    }
    return undefined;
  };

  const options = compact({
    appName: read('AUTHKIT_APP_NAME'),
    baseUrl: read('AUTHKIT_BASE_URL'),
    secret: oneOrMany(read('AUTHKIT_SECRET', 'JWT_SECRET', 'JWT_SECRET_KEY')),
    accessToken: compact({
      ttl: duration(read('AUTHKIT_ACCESS_TOKEN_TTL')) ?? suffixed(read('JWT_ACCESS_TOKEN_EXPIRE_MINUTES'), 'm'),
      issuer: read('AUTHKIT_ISSUER', 'JWT_ISSUER'),
      audience: read('AUTHKIT_AUDIENCE', 'JWT_AUDIENCE'),
      keys: json('AUTHKIT_ACCESS_TOKEN_KEYS', read('AUTHKIT_ACCESS_TOKEN_KEYS')),
    }),
    credentials: compact({
      header: flag('AUTHKIT_CREDENTIALS_HEADER', read('AUTHKIT_CREDENTIALS_HEADER')),
      cookie: flag('AUTHKIT_CREDENTIALS_COOKIE', read('AUTHKIT_CREDENTIALS_COOKIE')),
      default: read('AUTHKIT_CREDENTIALS_DEFAULT'),
    }),
    session: compact({
      idleTimeout:
        duration(read('AUTHKIT_SESSION_IDLE_TIMEOUT')) ?? suffixed(read('JWT_REFRESH_TOKEN_EXPIRE_DAYS'), 'd'),
      absoluteTimeout: duration(read('AUTHKIT_SESSION_ABSOLUTE_TIMEOUT')),
      rotationGrace: duration(read('AUTHKIT_SESSION_ROTATION_GRACE')),
      maxPerUser: number(read('AUTHKIT_SESSION_MAX_PER_USER')),
      check: read('AUTHKIT_SESSION_CHECK'),
      staleness: duration(read('AUTHKIT_SESSION_STALENESS')),
    }),
    cookies: compact({
      secure: autoOr(read('AUTHKIT_COOKIES_SECURE'), (value) => flag('AUTHKIT_COOKIES_SECURE', value)),
      sameSite: read('AUTHKIT_COOKIES_SAME_SITE'),
      domain: read('AUTHKIT_COOKIES_DOMAIN'),
    }),
    passwords: compact({
      minLength: number(read('AUTHKIT_PASSWORDS_MIN_LENGTH')),
      pepper: list(read('AUTHKIT_PEPPER'))?.map(pepper),
    }),
    registration: compact({
      enabled: flag('AUTHKIT_REGISTRATION_ENABLED', read('AUTHKIT_REGISTRATION_ENABLED')),
      requireVerifiedEmail: flag('AUTHKIT_REQUIRE_VERIFIED_EMAIL', read('AUTHKIT_REQUIRE_VERIFIED_EMAIL')),
      verifyEmail: flag('AUTHKIT_VERIFY_EMAIL', read('AUTHKIT_VERIFY_EMAIL')),
    }),
    mail: compact({ transport: read('AUTHKIT_MAIL_URL'), from: read('AUTHKIT_MAIL_FROM') }),
    rateLimits: flag(LIMITS_OFF, read(LIMITS_OFF)) ? false : undefined,
    trustedProxies: list(read('AUTHKIT_TRUSTED_PROXIES')),
    allowedOrigins: list(read('AUTHKIT_ALLOWED_ORIGINS')),
    strictRoutes: flag('AUTHKIT_STRICT_ROUTES', read('AUTHKIT_STRICT_ROUTES')),
  });
  return (options ?? {}) as AuthKitRuntimeOptions;
}

function readSecretFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    // Not the path: it may be the secret itself, set by mistake.
    const { code } = error as NodeJS.ErrnoException;
    throw new AuthKitConfigError(name, `the file it names cannot be read (${code})`, 'Name a readable file.');
  }
}

/** Drops what is unset, and the whole object when nothing is left, so that defaults apply. */
function compact<T extends object>(value: T): Partial<T> | undefined {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return entries.length > 0 ? (Object.fromEntries(entries) as Partial<T>) : undefined;
}

function flag(name: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  return refuse(name, value, 'Give true or false.');
}

/** The text is not in the error: it may hold keys. */
function json(name: string, value: string | undefined): unknown {
  try {
    return value && (JSON.parse(value) as unknown);
  } catch {
    throw new AuthKitConfigError(
      name,
      'it is not JSON',
      'Give a list such as [{"kid":"2026","alg":"ES256","pem":"..."}].',
    );
  }
}

const autoOr = <T>(value: string | undefined, parse: (value: string | undefined) => T): T | 'auto' =>
  value === 'auto' ? value : parse(value);
const list = (value: string | undefined): string[] | undefined => value?.split(',').map((item) => item.trim());
const number = (value: string | undefined): number | undefined => (value === undefined ? undefined : Number(value));
const suffixed = (value: string | undefined, unit: string): string | undefined => value && `${value}${unit}`;

/** A bare number in a variable is seconds. */
function duration(value: string | undefined): string | number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : value;
}

/** The text is not in the error: it may be the secret. */
function pepper(value: string): PepperKey {
  const [, id, secret] = /^([^:]+):(.+)$/s.exec(value) ?? [];
  if (secret !== undefined) return { id, secret };
  throw new AuthKitConfigError('AUTHKIT_PEPPER', 'it does not name its pepper', 'Give it as id:secret.');
}

function oneOrMany(value: string | undefined): string | string[] | undefined {
  const secrets = list(value);
  return secrets && secrets.length > 1 ? secrets : secrets?.[0];
}
