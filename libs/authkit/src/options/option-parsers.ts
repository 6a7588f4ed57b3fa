import { AuthKitConfigError } from '../kernel/errors.js';
import { durationMs } from '../kernel/duration.js';

/** Turns a raw option into its resolved value, or throws {@link AuthKitConfigError}. */
export type Parser<T> = (raw: unknown, path: string) => T;

/** Throws the error for an option. What is long, or holds more than one value, is described and not shown. */
export function refuse(path: string, value: unknown, remedy: string): never {
  throw new AuthKitConfigError(path, `${show(value)} is not valid`, remedy);
}

const MAX_SHOWN = 24;

/** Any option may have been given another one's value: a secret, a PEM, a URL with a password in it. */
function show(value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= MAX_SHOWN && !value.includes('@')
      ? JSON.stringify(value)
      : `a text of ${value.length} characters`;
  }
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Parses an object of options: unknown keys are refused, missing ones get their parser's default. */
export function section<T extends object>(raw: unknown, path: string, shape: { [K in keyof T]: Parser<T[K]> }): T {
  const given = raw ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) refuse(path, given, 'Give an object.');
  const prefix = path ? `${path}.` : '';
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(shape, key)) {
      throw new AuthKitConfigError(
        prefix + key,
        'there is no such option',
        `Known here: ${Object.keys(shape).join(', ')}.`,
      );
    }
  }
  const entries = Object.entries<Parser<unknown>>(shape);
  return Object.fromEntries(
    entries.map(([key, parse]) => [key, parse((given as Record<string, unknown>)[key], prefix + key)]),
  ) as T;
}

export const bool =
  (fallback: boolean): Parser<boolean> =>
  (raw = fallback, path) =>
    typeof raw === 'boolean' ? raw : refuse(path, raw, 'Give true or false.');

export const text =
  <F extends string | null>(fallback: F): Parser<string | F> =>
  (raw, path) => {
    if (raw === undefined) return fallback;
    return typeof raw === 'string' && raw !== '' ? raw : refuse(path, raw, 'Give a text that is not empty.');
  };

export const oneOf =
  <T>(values: readonly T[], fallback: T): Parser<T> =>
  (raw = fallback, path) =>
    values.includes(raw as T) ? (raw as T) : refuse(path, raw, `Give one of ${values.map(show).join(', ')}.`);

export const integer =
  (fallback: number, min: number, max: number): Parser<number> =>
  (raw = fallback, path) =>
    Number.isInteger(raw) && (raw as number) >= min && (raw as number) <= max
      ? (raw as number)
      : refuse(path, raw, `Give a whole number from ${min} to ${max}.`);

/** Milliseconds from a duration, within bounds given as durations. */
export const duration =
  (fallback: string, min: string, max: string): Parser<number> =>
  (raw = fallback, path) => {
    const ms = durationMs(raw);
    const low = durationMs(min) ?? 0;
    const high = durationMs(max) ?? Infinity;
    return ms !== null && ms >= low && ms <= high
      ? ms
      : refuse(path, raw, `Give seconds or text like '15m', from ${min} to ${max}.`);
  };

export const textList =
  (fallback: readonly string[]): Parser<readonly string[]> =>
  (raw = fallback, path) =>
    Array.isArray(raw) && raw.every((item) => typeof item === 'string' && item !== '')
      ? (raw as string[])
      : refuse(path, raw, 'Give a list of texts.');
