import type { AuthKitFeature } from '../features/feature.js';
import { durationMs } from '../kernel/duration.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import { AuthKitStrategy } from './authkit.strategy.js';
import { credentialSignInController } from './credential-sign-in.controller.js';
import { PassportAdmission } from './passport-admission.js';
import { isRedirect, PASSPORT_OPTIONS, type PassportFeatureOptions } from './passport-options.js';
import { PassportSignIn } from './passport-sign-in.service.js';
import { redirectSignInController } from './redirect-sign-in.controller.js';
import { SignInStates } from './sign-in-states.js';
import { SignInStrategies } from './sign-in-strategies.js';
import { PasswordSignInDto } from './sign-in.dto.js';

/** `AuthGuard('authkit')` for code written for passport, and passport strategies as ways to sign in. */
export function passport(options: PassportFeatureOptions = {}): AuthKitFeature {
  const signIns = Object.entries(options.signIn ?? {});
  for (const [name, { timeout }] of signIns) {
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) {
      throw new AuthKitConfigError(
        'passport.signIn',
        `${name} is no name for a path`,
        'Use a-z, 0-9 and - between them.',
      );
    }
    if (timeout !== undefined && !durationMs(timeout)) {
      throw new AuthKitConfigError(`passport.signIn.${name}.timeout`, `it is ${timeout}`, "Give seconds or '30s'.");
    }
  }
  return {
    name: 'passport',
    defaultPath: 'auth/passport',
    providers: [
      { provide: PASSPORT_OPTIONS, useValue: options },
      ...[AuthKitStrategy, PassportAdmission, PassportSignIn, SignInStates, SignInStrategies],
    ],
    exports: [PassportSignIn],
    controllers: (path) =>
      signIns.map(([name, signIn]) =>
        isRedirect(signIn)
          ? redirectSignInController(`${path}/${name}`, name, signIn)
          : credentialSignInController(`${path}/${name}`, name, signIn.body ?? PasswordSignInDto),
      ),
  };
}
