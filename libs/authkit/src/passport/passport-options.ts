import type { Type } from '@nestjs/common';
import type { Duration } from '../kernel/duration.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { Principal } from '../kernel/principal.js';
import type { SignInDto } from './sign-in.dto.js';

/** Injection token of the feature's options. */
export const PASSPORT_OPTIONS = Symbol.for('nest-authkit:passport-options');

/** What every passport strategy is. */
export interface PassportStrategyLike {
  authenticate(request: object, options?: object): unknown;
}

interface SignInOptions {
  /** A strategy, or the class of one that is a provider of some module. The user it names must have the `id` of a kit's user. */
  strategy: PassportStrategyLike | Type<PassportStrategyLike>;
  /** How it proves who the user is (RFC 8176), e.g. `['pwd']`. @default its name */
  amr?: readonly string[];
  /** Handed to the strategy's `authenticate()`, e.g. `{ scope: ['profile'] }`. @default none */
  options?: Readonly<Record<string, unknown>>;
  /** A strategy that has not answered after this long has failed (503). @default '30s' */
  timeout?: Duration;
}

/** POST name: the strategy reads credentials out of the JSON body; the reply is that of a login. */
export interface CredentialSignIn extends SignInOptions {
  /** The body, validated before the strategy sees it; extends `SignInDto`. @default PasswordSignInDto */
  body?: Type<SignInDto>;
  successUrl?: undefined;
}

/** GET name redirects to the provider, GET name/callback sets the session's cookies and redirects into the app. */
export interface RedirectSignIn extends SignInOptions {
  /** Where a browser goes when it is signed in: a path on the app's own origin, e.g. `/welcome`. */
  successUrl: string;
  /** Where it goes when it is not, with `?error=` and a problem code; a path too. @default none: the problem is the reply */
  failureUrl?: string;
}

export interface PassportFeatureOptions {
  /**
   * What `AuthGuard('authkit')` makes `request.user`. `loadUser` reads the user's row, once a request.
   * @default the principal
   */
  user?: (principal: Principal, loadUser: () => Promise<unknown>) => MaybePromise<unknown>;
  /** Ways to sign in, by the name in their path (a-z, 0-9 and -). @default none */
  signIn?: Readonly<Record<string, CredentialSignIn | RedirectSignIn>>;
}

export function isRedirect(signIn: CredentialSignIn | RedirectSignIn): signIn is RedirectSignIn {
  return signIn.successUrl !== undefined;
}
