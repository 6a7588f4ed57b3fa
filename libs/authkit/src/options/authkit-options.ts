import type { ModuleMetadata, Type } from '@nestjs/common';
import type { RevocationBus } from '../bus/revocation-bus.js';
import type { AuthKitFeature } from '../features/feature.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import type { Duration } from '../kernel/duration.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { BreachCheck } from '../passwords/breach-check.js';
import type { MailTemplates } from '../mail/mail-templates.js';
import type { SmtpOptions } from '../mail/mail-transport.js';
import type { Mailer } from '../mail/mailer.js';
import type { PasswordHasher } from '../passwords/password-hasher.js';
import type { PageRenderer } from '../pages/page-renderer.js';
import type { PepperKey } from '../passwords/pepper.js';
import type { DeviceStore } from '../storage/device.store.js';
import type { DeletionStore } from '../storage/deletion.store.js';
import type { OneTimeTokenStore } from '../storage/one-time-token.store.js';
import type { OutboxStore } from '../storage/outbox.store.js';
import type { AttemptStore } from '../storage/attempt.store.js';
import type { SessionStore } from '../storage/session.store.js';
import type { AuthUser, UserStore } from '../storage/user.store.js';
import type { AccessTokenKey } from './access-token-key.js';
import type { LinkLifetimes, LinkOptions, PageOptions } from './link-options.js';
import type { CaptchaOptions, EmailPolicy, RateLimits } from './abuse-options.js';

/** The part of the options that shapes the module graph; given directly, in `forRootAsync` too. */
export interface AuthKitStaticOptions<U extends AuthUser = AuthUser> {
  /** The host's entity: `@Entity() class User extends AuthUserBase`. This or `storage.users`. */
  userEntity?: Type<U>;
  /** Shapes of what clients send and see. */
  dto?: {
    /** Body of POST /auth/register; extends `RegisterDto`. @default RegisterDto */
    register?: Type<object>;
    /** Body of PATCH /auth/me: the fields users may change themselves. @default none */
    profile?: Type<object>;
    /** What replies show of a user, by `@Expose()`. @default AuthUserDto */
    user?: Type<object>;
  };
  /** Optional parts that plug into the kit. @default [] */
  features?: readonly AuthKitFeature[];
  /** Stores to use instead of TypeORM ones: a legacy users table, memory for tests. */
  storage?: {
    /** Modules that provide what the stores inject. @default [] */
    imports?: ModuleMetadata['imports'];
    /** Instead of `userEntity`. */
    users?: Type<UserStore>;
    /** Instead of the table `auth_sessions`. @default the TypeORM one */
    sessions?: Type<SessionStore>;
    /** Instead of the table `auth_one_time_tokens`. @default the TypeORM one */
    oneTimeTokens?: Type<OneTimeTokenStore>;
    /** Instead of the table `auth_outbox`. @default the TypeORM one */
    outbox?: Type<OutboxStore>;
    /** Instead of the table `auth_devices`. @default the TypeORM one */
    devices?: Type<DeviceStore>;
    /** Instead of the table `auth_account_deletions`. @default the TypeORM one */
    deletions?: Type<DeletionStore>;
    /** Where attempts are counted: a class, or a store such as `redisAttempts()`. @default the table `auth_attempts`, or memory when no store is TypeORM's */
    attempts?: Type<AttemptStore> | AttemptStore;
  };
  /** Name of the TypeORM DataSource. @default the default one */
  dataSource?: string;
  /** The kit's own HTTP routes; false for none. */
  routes?:
    | false
    | {
        /** Path of the routes, within the app's global prefix and versioning. @default 'auth' */
        prefix?: string;
        /** Path of each feature's routes, or false for none. @default \{\} */
        features?: Readonly<Record<string, string | false>>;
        /** Whether /.well-known/jwks.json is served; false when the app has one of its own. @default true */
        jwks?: boolean;
        /** Whether /.well-known/change-password leads to `links.changePassword`; false when the app has one of its own. @default true */
        changePassword?: boolean;
        /** The kit's pages (sign-in, reset and so on) as a class of your own renders them; false for none, then `links` names yours. @default AuthPages */
        pages?: false | Type<PageRenderer>;
      };
  /** Registers `AuthKitGuard` for every handler of the app; false lets the host place it. @default true */
  globalGuard?: boolean;
}

/** What a role grants. */
export interface RoleDefinition {
  /** Roles whose grants this one has too. @default [] */
  inherits?: readonly string[];
  /** Permission patterns such as `posts:write`, `posts:*` or `*`. @default [] */
  permissions?: readonly string[];
}

/** The part of the options that may come from configuration at run time. */
export interface AuthKitRuntimeOptions {
  /** Name of the app, for people to read and to keep apps apart. @default 'app' */
  appName?: string;
  /** Public URL of the app, with scheme. @default http://localhost:PORT in development; required in production */
  baseUrl?: string;
  /** At least 32 random bytes. In a list the first signs and all verify. @default random per boot in development; required in production */
  secret?: string | readonly string[];
  accessToken?: {
    /** Lifetime, 1 s to 24 h; 5 s are added for clocks that differ. @default '15m' */
    ttl?: Duration;
    /** Claim `iss`. @default baseUrl */
    issuer?: string;
    /** Claim `aud`. @default issuer */
    audience?: string;
    /** Keys of the tokens instead of ones made from `secret`: the first that may signs, all verify. @default HS256 keys derived from secret */
    keys?: readonly AccessTokenKey[];
  };
  credentials?: {
    /** Accept `Authorization: Bearer`. @default true */
    header?: boolean;
    /** Accept and issue cookies. @default true */
    cookie?: boolean;
    /** Transport of a login that does not ask for one. @default 'bearer', or 'cookie' when header is false */
    default?: CredentialTransport;
  };
  session?: {
    /** A session not refreshed for this long ends; 1 min to 365 d. @default '7d' */
    idleTimeout?: Duration;
    /** A session this old ends, used or not (ASVS 7.3.2); 1 min to 365 d. @default '30d' */
    absoluteTimeout?: Duration;
    /**
     * How long the previous refresh token still gets the same successor: two tabs, a lost reply; 0 s to 5 min.
     * 5 s are added for clocks that differ, unless it is 0.
     * @default '30s'
     */
    rotationGrace?: Duration;
    /** Live sessions per user; the least recently used end first. 0 is unlimited; at most 10,000. @default 20 */
    maxPerUser?: number;
    /** `cached`: no statement per request; `always`: one; `never`: the token alone decides until it expires. @default 'cached' */
    check?: 'cached' | 'always' | 'never';
    /** Longest time a revocation made by another node can go unseen without a bus; 1 s to 1 min. @default '5s' */
    staleness?: Duration;
  };
  cookies?: {
    /** `auto` is true when baseUrl is https. @default 'auto' */
    secure?: boolean | 'auto';
    /** SameSite of the access cookie; the refresh cookie is always Strict, so `none` gives no session across sites. @default 'lax' */
    sameSite?: 'lax' | 'strict' | 'none';
    /** Without the prefix, which is added. */
    names?: {
      /** Of the cookie with the access token. @default 'authkit_at' */
      access?: string;
      /** Of the cookie with the refresh token. @default 'authkit_rt' */
      refresh?: string;
      /** Of the cookie by which a device is known again. @default 'authkit_device' */
      device?: string;
    };
    /** Shares the cookies with subdomains; `__Host-` becomes `__Secure-`. @default none */
    domain?: string;
  };
  /** Lets production start with cookies that are sent over plain HTTP. @default false */
  dangerouslyAllowInsecureCookies?: boolean;
  passwords?: {
    /** In code points, 8 to 128. @default 12 */
    minLength?: number;
    /**
     * Refuses common passwords, and those made of `appName`, e-mail address, username or words of this list, with or
     * without digits and punctuation (ASVS 6.2.4, 6.2.11). false: neither.
     * @default true
     */
    blocklist?: boolean | readonly string[];
    /** Refuses passwords known from a breach, such as `hibpRangeCheck()` (ASVS 6.2.12). Asks another service. @default false */
    breachCheck?: BreachCheck | false;
    /**
     * A secret without which a stolen database shows no password: at least 32 random bytes, kept apart from it. In a
     * list the first writes and all verify. Once used it must stay: without it nobody whose hash has it can sign in.
     * @default none
     */
    pepper?: PepperKey | readonly PepperKey[];
    /** The first writes new hashes, all verify; bcrypt always verifies. @default bcrypt(\{ cost: 12 \}) */
    hasher?: PasswordHasher | readonly PasswordHasher[];
    /** Worker threads that hash, at low priority. 0 hashes on libuv's pool instead. @default the number of cores */
    workers?: number;
    /** Hashes that may wait; one more is refused with 503. @default 64 */
    queue?: number;
  };
  registration?: {
    /** Whether anybody may register. @default true */
    enabled?: boolean;
    /** Login needs a verified address, and registering without a username never tells whether one is taken. @default false */
    requireVerifiedEmail?: boolean;
    /** Whether a new account with a password and an address not proven gets a mail with a link that proves it. @default true */
    verifyEmail?: boolean;
    /** Roles of a new account. @default ['user'] */
    defaultRoles?: readonly string[];
    /** Usernames nobody may register, besides the built-in ones (`admin`, `root`, `support` ...). @default [] */
    reservedUsernames?: readonly string[];
    /** Says of an address that somebody wants to register whether it may be used, disposable ones for example. @default every address */
    emailPolicy?: EmailPolicy;
  };
  /** What users may do with their accounts, and what the app's own data has to do with it. */
  account?: {
    /** DELETE /auth/me. */
    deletion?: {
      /** Whether users may delete their accounts. @default true */
      enabled?: boolean;
      /** How long they may think again; 0 s (erased at once) to 90 d. @default '7d' */
      grace?: Duration;
    };
    /**
     * Removes what the app holds about a user whose account is about to be erased. When it fails the account stays, closed,
     * and it is called again later: it must not mind that. @default nothing
     */
    onErase?: (user: AuthUser) => MaybePromise<void>;
    /** What the app holds about a user; part of GET /auth/me/export. @default nothing */
    exportData?: (user: AuthUser) => MaybePromise<object>;
  };
  /** How long the links in mails are good; 1 min to 30 d each. */
  linkLifetimes?: LinkLifetimes;
  /** Your own pages instead of the kit's: paths below `baseUrl`, or URLs on its origin or one of `allowedOrigins`. */
  links?: LinkOptions;
  /** Looks of the kit's pages. */
  pages?: PageOptions;
  mail?: {
    /**
     * How mails leave: an SMTP URL (`smtps://user:password@host`), what nodemailer's SMTP transport takes, or a `Mailer` (an
     * instance or a class). Without, development keeps them at GET /auth/dev/mailbox, production sends none. @default none
     */
    transport?: string | SmtpOptions | Mailer | Type<Mailer>;
    /** Sender: an address, or `Name <address>`. @default required with transport */
    from?: string;
    /** Languages to choose from; others than en, de, fr and es need templates of yours. @default ['en', 'de', 'fr', 'es'] */
    locales?: readonly string[];
    /** The language of users of whom nothing is known. @default 'en' */
    defaultLocale?: string;
    /** A user's language, such as `de` or `de-AT`; undefined for the request's. @default the user's `locale`, if there is one */
    localeOf?: (user: AuthUser) => string | undefined;
    /** Mails in words of your own, by name. @default \{\} */
    templates?: MailTemplates;
  };
  /** How often passwords, mails and registrations may be tried; false for no limits, which production refuses. @default see `RateLimits` */
  rateLimits?: false | RateLimits;
  /** Asked for at registration, and at login after failures. @default none */
  captcha?: CaptchaOptions;
  /** Networks (`10.0.0.0/8`) or addresses of the proxies before the app, whose X-Forwarded-For is believed. @default [], the peer is the client */
  trustedProxies?: readonly string[];
  /** Roles by name, each a `RoleDefinition`. A role not listed grants nothing but itself. @default \{\} */
  roles?: Readonly<Record<string, RoleDefinition>>;
  /** The role that the last active holder cannot lose; null for none. @default 'admin' */
  adminRole?: string | null;
  /** Origins besides baseUrl's whose pages may send credentials. Exact, no wildcards. Not CORS. @default [] */
  allowedOrigins?: readonly string[];
  /** Tells other nodes of revocations at once, `postgresBus()` for example; they learn of them within `session.staleness` anyway. @default none */
  bus?: RevocationBus;
  /** Boot fails when a handler has no rule of its own or of its controller. @default false */
  strictRoutes?: boolean;
  /** Lets an app with WebSocket gateways or message handlers start without `webSockets()` or `rpc()`: what reaches them is anybody's. @default false */
  dangerouslyUnguardedSockets?: boolean;
}

/** Options of `AuthKitModule.forRoot()`. */
export type AuthKitOptions<U extends AuthUser = AuthUser> = AuthKitStaticOptions<U> & AuthKitRuntimeOptions;
