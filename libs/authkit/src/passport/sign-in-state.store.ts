import type { SignInExchange } from './sign-in-states.js';
import { StrategyRequest } from './strategy-request.js';

type Done = (error: Error | null, ...results: unknown[]) => void;

/** Fits `store` of passport-oauth2, whose type names some of the parameter lists that it calls. */
export interface SignInStateStore {
  store(...parameters: never[]): void;
  verify(...parameters: never[]): void;
}

/**
 * Binds the way back from the provider to the browser that began, without a session of Express's: give it to strategies
 * built on passport-oauth2 as `store: signInState()`, with `pkce: true` beside it. For redirect sign-ins only.
 */
export function signInState(): SignInStateStore {
  return {
    // passport-oauth2 counts the parameters: with five it hands over the PKCE verifier.
    store(request: object, verifier: unknown, _state: unknown, _meta: unknown, done: Done) {
      done(null, exchangeOf(request).begin(verifier));
    },
    verify(request: object, state: unknown, done: Done) {
      const pending = exchangeOf(request).redeem(state);
      if (!pending) return done(null, false, { message: "the state is not this browser's, was used, or has expired" });
      done(null, pending.kept ?? true);
    },
  };
}

function exchangeOf(request: object): SignInExchange {
  if (request instanceof StrategyRequest && request.exchange) return request.exchange;
  throw new Error(
    'signInState() works only in redirect sign-ins of passport({ signIn }): give the sign-in a successUrl',
  );
}
