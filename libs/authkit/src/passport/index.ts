export { passport } from './passport.feature.js';
export type {
  CredentialSignIn,
  PassportFeatureOptions,
  PassportStrategyLike,
  RedirectSignIn,
} from './passport-options.js';
export { PassportSignIn } from './passport-sign-in.service.js';
export { PasswordSignInDto, SignInDto } from './sign-in.dto.js';
export { signInState, type SignInStateStore } from './sign-in-state.store.js';
