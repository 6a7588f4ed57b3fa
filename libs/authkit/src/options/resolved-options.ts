import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { SigningKey } from '../kernel/signing-key.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import type { BreachCheck } from '../passwords/breach-check.js';
import type { MailTemplates } from '../mail/mail-templates.js';
import type { MailTransport } from '../mail/mail-transport.js';
import type { PasswordHasher } from '../passwords/password-hasher.js';
import type { PepperKey } from '../passwords/pepper.js';
import type { LinkPurpose } from '../storage/one-time-token.store.js';
import type { AuthUser } from '../storage/user.store.js';
import type { CaptchaOptions, EmailPolicy, ResolvedRateLimits } from './abuse-options.js';
import type { RoleDefinition } from './authkit-options.js';
import type { ResolvedPages } from './link-options.js';

/** The options with every default applied; durations in milliseconds; frozen. */
export interface ResolvedOptions extends ResolvedPages {
  readonly production: boolean;
  /** What the operator should know, logged at boot. */
  readonly warnings: readonly string[];
  readonly appName: string;
  readonly baseUrl: string;
  readonly secrets: readonly string[];
  readonly accessToken: {
    readonly ttl: number;
    readonly issuer: string;
    readonly audience: string;
    /** Null when keys derived from the secrets sign. */
    readonly keys: readonly SigningKey[] | null;
  };
  readonly credentials: { readonly header: boolean; readonly cookie: boolean; readonly default: CredentialTransport };
  readonly session: {
    readonly idleTimeout: number;
    readonly absoluteTimeout: number;
    readonly rotationGrace: number;
    readonly maxPerUser: number;
    readonly check: 'cached' | 'always' | 'never';
    readonly staleness: number;
  };
  readonly cookies: {
    readonly secure: boolean;
    readonly sameSite: 'lax' | 'strict' | 'none';
    /** With their prefix, as browsers send them. */
    readonly names: { readonly access: string; readonly refresh: string; readonly device: string };
    readonly domain: string | null;
  };
  readonly passwords: {
    readonly minLength: number;
    /** Words blocked besides the common passwords; null when nothing is. */
    readonly blocklist: readonly string[] | null;
    readonly breachCheck: BreachCheck | null;
    /** The first writes; none when passwords have no pepper. */
    readonly peppers: readonly PepperKey[];
    readonly hashers: readonly PasswordHasher[];
    readonly workers: number | null;
    readonly queue: number;
  };
  readonly registration: {
    readonly enabled: boolean;
    readonly requireVerifiedEmail: boolean;
    readonly verifyEmail: boolean;
    readonly defaultRoles: readonly string[];
    readonly reservedUsernames: readonly string[];
    readonly emailPolicy: EmailPolicy | null;
  };
  readonly account: {
    readonly deletion: { readonly enabled: boolean; readonly grace: number };
    readonly onErase: ((user: AuthUser) => MaybePromise<void>) | null;
    readonly exportData: ((user: AuthUser) => MaybePromise<object>) | null;
  };
  readonly mail: {
    readonly transport: MailTransport;
    readonly from: string;
    readonly locales: readonly string[];
    readonly defaultLocale: string;
    readonly localeOf: ((user: AuthUser) => string | undefined) | null;
    readonly templates: MailTemplates;
  };
  /** Null when they are off. */
  readonly rateLimits: ResolvedRateLimits | null;
  readonly captcha: Required<CaptchaOptions> | null;
  readonly trustedProxies: readonly string[];
  /** Milliseconds. A link that cancels a deletion is good until then, whatever this says. */
  readonly linkLifetimes: Readonly<Record<LinkPurpose, number>>;
  readonly roles: Readonly<Record<string, Required<RoleDefinition>>>;
  readonly adminRole: string | null;
  readonly allowedOrigins: readonly string[];
  readonly strictRoutes: boolean;
  readonly dangerouslyUnguardedSockets: boolean;
}
