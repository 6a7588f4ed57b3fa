import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { MaybePromise } from '../../kernel/maybe-promise.js';

/** One thing an implementation must do. Any test runner takes it: `it(name, run)`. */
export interface ContractCase {
  readonly name: string;
  /** Rejects with an AssertionError that says what was expected and what came. */
  readonly run: () => Promise<void>;
}

/** The cases of a contract, all on one subject, which is made when the first of them runs. */
export function casesOn<T>(
  make: () => MaybePromise<T>,
  checks: Readonly<Record<string, (subject: T) => MaybePromise<void>>>,
): ContractCase[] {
  let made: Promise<T> | undefined;
  const subject = () => (made ??= Promise.resolve().then(make));
  return Object.entries(checks).map(([name, check]) => ({ name, run: async () => check(await subject()) }));
}

/** The same, for methods that may throw as well as reject. */
export function later<T>(work: () => MaybePromise<T>): Promise<T> {
  return Promise.resolve().then(work);
}

/** That what came is what was expected, in every part; the difference is shown under the name of what was asked. */
export function assertIs(what: string, actual: unknown, expected: unknown): void {
  // As plain data: Jest runs tests in a realm of their own, and what drivers return may come from another.
  assert.deepEqual(structuredClone({ [what]: actual }), structuredClone({ [what]: expected }));
}

/** Like {@link assertIs}, but only for the properties that `expected` names. */
export function assertHas(what: string, actual: unknown, expected: Readonly<Record<string, unknown>>): void {
  if (typeof actual !== 'object' || actual === null) {
    assert.fail(`${what} gave ${inspect(actual)}, and should have given an object`);
  }
  const found = actual as Readonly<Record<string, unknown>>;
  assertIs(what, Object.fromEntries(Object.keys(expected).map((key) => [key, found[key]])), expected);
}

/** That so many of the answers are true. */
export function assertWinners(what: string, answers: readonly boolean[], count: number): void {
  assertIs(`${what}: how many of ${answers.length} won`, answers.filter(Boolean).length, count);
}
