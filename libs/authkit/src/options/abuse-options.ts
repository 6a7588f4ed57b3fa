import type { Duration } from '../kernel/duration.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import { isNetwork } from '../kernel/client-address.js';
import type { HookContext } from '../kernel/hook-context.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import { bool, duration, integer, refuse, section, textList, type Parser } from './option-parsers.js';

/** So many in so long a time. */
export interface RateLimit {
  /** How many, 1 to 100,000. */
  limit?: number;
  /** Counted from the first, 1 s to 1 d. */
  window?: Duration;
}

/** How often something may be tried. */
export interface RateLimits {
  /** Failed passwords of one account, whether it exists or not. @default 10 in 15 minutes */
  account?: RateLimit & {
    /** After the limit each failure doubles the wait for the next try, from 1 s up to this; 1 s to 1 h. @default '15m' */
    maxDelay?: Duration;
    /** Failures without a success between them that switch the account's password off; 10 to 100 (NIST SP 800-63B, 3.2.2). @default 100 */
    disableAfter?: number;
  };
  /** Failed passwords from a known device, which does not wait for its account. @default 10 in 15 minutes */
  device?: RateLimit & {
    /** Failures without a success between them that make the device unknown; 10 to 100. @default 100 */
    disableAfter?: number;
  };
  /** Failed passwords from one IPv4 address or IPv6 /64. @default 50 in 15 minutes */
  ip?: RateLimit;
  /** Mails of one kind that anybody can ask for, to one mailbox. @default 3 in 30 minutes */
  mail?: RateLimit;
  /** Such mails, of all kinds and to whomever, from one IPv4 address or IPv6 /64. @default 20 in 30 minutes */
  mailIp?: RateLimit;
  /** Registrations from one IPv4 address or IPv6 /64. @default 20 in an hour */
  register?: RateLimit;
}

/** How to tell people from programs; see the guide on rate limits. */
export interface CaptchaOptions {
  /** Whether the widget's answer is right: ask its provider. What it throws is answered with 503. */
  verify: (token: string, context: HookContext) => MaybePromise<boolean>;
  /** Failed passwords of an account or from an address after which login asks; 0 asks always. @default 3 */
  afterFailures?: number;
  /** Whether registration asks. @default true */
  atRegistration?: boolean;
}

/** True for an address that may be used, else a code in lower_snake that says why not. */
export type EmailPolicy = (email: string, context: HookContext) => MaybePromise<true | string>;

export interface ResolvedLimit {
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
}

export interface ResolvedRateLimits {
  readonly account: ResolvedLimit & { readonly maxDelay: number; readonly disableAfter: number };
  readonly device: ResolvedLimit & { readonly disableAfter: number };
  readonly ip: ResolvedLimit;
  readonly mail: ResolvedLimit;
  readonly mailIp: ResolvedLimit;
  readonly register: ResolvedLimit;
}

const limitShape = (limit: number, window: string) => ({
  limit: integer(limit, 1, 100_000),
  window: duration(window, '1s', '24h'),
});

/** Null when they are off. */
export const rateLimits: Parser<ResolvedRateLimits | null> = (raw, path) => {
  if (raw === false) return null;
  const limits = section<ResolvedRateLimits>(raw, path, {
    account: (value, at) =>
      section(value, at, {
        ...limitShape(10, '15m'),
        maxDelay: duration('15m', '1s', '1h'),
        disableAfter: integer(100, 10, 100),
      }),
    device: (value, at) => section(value, at, { ...limitShape(10, '15m'), disableAfter: integer(100, 10, 100) }),
    ip: (value, at) => section(value, at, limitShape(50, '15m')),
    mail: (value, at) => section(value, at, limitShape(3, '30m')),
    mailIp: (value, at) => section(value, at, limitShape(20, '30m')),
    register: (value, at) => section(value, at, limitShape(20, '1h')),
  });
  for (const name of ['account', 'device'] as const) {
    const { limit, disableAfter } = limits[name];
    if (limit > disableAfter) refuse(`${path}.${name}.limit`, limit, `Make it at most disableAfter (${disableAfter}).`);
  }
  return limits;
};

/** The variable that switches the limits off, whether the app reads its options from the environment or not. */
export const LIMITS_OFF = 'AUTHKIT_DANGEROUSLY_DISABLE_RATE_LIMITS';

/** Off by the option or by the environment, for load tests; production refuses both. */
export function limitsInForce(
  given: ResolvedRateLimits | null,
  env: NodeJS.ProcessEnv,
  production: boolean,
  warnings: string[],
): ResolvedRateLimits | null {
  const switchedOff = /^(1|true|yes|on)$/i.test(env[LIMITS_OFF] ?? '');
  if (given && !switchedOff) return given;
  const path = switchedOff ? LIMITS_OFF : 'rateLimits';
  if (production) {
    throw new AuthKitConfigError(
      path,
      'it switches the rate limits off, and this is production',
      'Leave it out; passwords can be guessed without limits.',
    );
  }
  warnings.push(`${path}: the rate limits are off`);
  return null;
}

/** With its defaults; null when there is none. */
export const captcha: Parser<Required<CaptchaOptions> | null> = (raw, path) =>
  raw === undefined
    ? null
    : section<Required<CaptchaOptions>>(raw, path, {
        verify: hook<CaptchaOptions['verify']>,
        afterFailures: integer(3, 0, 1000),
        atRegistration: bool(true),
      });

export const emailPolicy: Parser<EmailPolicy | null> = (raw, path) =>
  raw === undefined ? null : hook<EmailPolicy>(raw, path);

export const trustedProxies: Parser<readonly string[]> = (raw, path) =>
  textList([])(raw, path).map((text, i) =>
    isNetwork(text) ? text : refuse(`${path}[${i}]`, text, "Give networks such as '10.0.0.0/8' or '::1'."),
  );

function hook<F>(raw: unknown, path: string): F {
  return typeof raw === 'function' ? (raw as F) : refuse(path, raw, 'Give a function.');
}
