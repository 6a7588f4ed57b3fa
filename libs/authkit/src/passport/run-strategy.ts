import { HttpException } from '@nestjs/common';
import type { PassportStrategyLike } from './passport-options.js';

/** What a strategy made of a request. */
export type StrategyOutcome =
  | { readonly type: 'success'; readonly user: unknown }
  | { readonly type: 'failure'; readonly reason: string }
  | { readonly type: 'redirect'; readonly url: string };

/**
 * Runs a strategy by passport's contract: on a copy of it that has `success`, `fail`, `redirect`, `pass` and `error`.
 * No middleware, so it is the same on both adapters. Rejects with what went wrong in the strategy or behind it.
 *
 * @param timeout milliseconds
 */
export function runStrategy(
  strategy: PassportStrategyLike,
  request: object,
  options: object,
  timeout: number,
): Promise<StrategyOutcome> {
  return new Promise<StrategyOutcome>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the strategy has not answered within ${timeout} ms`)), timeout);
    const settle = (outcome: StrategyOutcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const error = (cause: unknown) => {
      if (isRefusal(cause)) return settle({ type: 'failure', reason: textOf(cause) });
      clearTimeout(timer);
      reject(cause instanceof Error ? cause : new Error(textOf(cause)));
    };
    const run = Object.assign(Object.create(strategy) as PassportStrategyLike, {
      success: (user: unknown) => settle({ type: 'success', user }),
      fail: (challenge: unknown) => settle({ type: 'failure', reason: textOf(challenge) }),
      redirect: (url: string) => settle({ type: 'redirect', url }),
      pass: () => settle({ type: 'failure', reason: 'the strategy did not decide' }),
      error,
    });
    // An async authenticate() rejects; others throw.
    Promise.resolve()
      .then(() => run.authenticate(request, options))
      .catch(error);
  });
}

/** Whether the caller is refused, by an exception of Nest's or by the provider; else something is broken. */
function isRefusal(error: unknown): boolean {
  if (error instanceof HttpException) return error.getStatus() < 500;
  // passport-oauth2: the callback says `?error=...`, or the provider does not know the code.
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === 'AuthorizationError' || (name === 'TokenError' && code === 'invalid_grant');
}

/** For events: may come from the request, so it is kept short and on one line. */
function textOf(challenge: unknown): string {
  const { message } = (challenge ?? {}) as { message?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : typeof challenge === 'string' ? challenge : '';
  return text.slice(0, 200).replace(/\p{Cc}/gu, ' ') || 'refused';
}
