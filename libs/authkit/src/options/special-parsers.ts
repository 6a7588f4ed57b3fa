import { RevocationBus } from '../bus/revocation-bus.js';
import { problemOfRoles } from '../kernel/role-names.js';
import { bcrypt } from '../passwords/bcrypt.hasher.js';
import { importedHashes } from '../passwords/imported.hasher.js';
import { BreachCheck } from '../passwords/breach-check.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import type { RoleDefinition } from './authkit-options.js';
import { refuse, section, textList, type Parser } from './option-parsers.js';

// Parsers of one particular option each; the general ones are in option-parsers.ts.

export const anything: Parser<unknown> = (raw) => raw;

/** A function of the host's; null when there is none. */
export const hook =
  <F extends ((...args: never[]) => unknown) | null>(): Parser<F> =>
  (raw = null, path) =>
    raw === null || typeof raw === 'function' ? (raw as F) : refuse(path, raw, 'Give a function.');

export function exactOrigin(value: string, path: string): string {
  // Apps send origins with schemes of their own (capacitor://localhost), for which URL knows no origin.
  const own = /^(?!https?:)[a-z][a-z0-9+.-]*:\/\/[a-z0-9.-]+$/.test(value);
  if (!own && (value.includes('*') || !URL.canParse(value) || new URL(value).origin !== value)) {
    refuse(path, value, 'Give an exact origin such as https://app.example.com: no wildcard, no path, no null.');
  }
  return value;
}

/** One hasher or a list. bcrypt and what verifies imported hashes are always among them, what only verifies last. */
export const hashers: Parser<readonly PasswordHasher[]> = (raw, path) => {
  const list: unknown[] = raw === undefined ? [] : Array.isArray(raw) ? raw : [raw];
  const given = list.map((hasher) =>
    hasher instanceof PasswordHasher
      ? hasher
      : refuse(path, hasher, 'Give bcrypt(), argon2id() or your own PasswordHasher.'),
  );
  const missing = [bcrypt, importedHashes]
    .map((make) => make())
    .filter(({ scheme }) => !given.some((one) => one.scheme === scheme));
  const all = [...given, ...missing];
  return [...all.filter((hasher) => !hasher.verifiesOnly), ...all.filter((hasher) => hasher.verifiesOnly)];
};

/** Words that are blocked besides the common passwords; null when nothing is. */
export const blocklist: Parser<readonly string[] | null> = (raw = true, path) => {
  if (typeof raw === 'boolean') return raw ? [] : null;
  return Array.isArray(raw) ? textList([])(raw, path) : refuse(path, raw, 'Give true, false or a list of words.');
};

export const breachCheck: Parser<BreachCheck | null> = (raw = false, path) => {
  if (raw === false) return null;
  return raw instanceof BreachCheck ? raw : refuse(path, raw, 'Give false, hibpRangeCheck() or your own BreachCheck.');
};

export const bus: Parser<RevocationBus | null> = (raw = null, path) =>
  raw === null || raw instanceof RevocationBus
    ? raw
    : refuse(path, raw, 'Give postgresBus(), redisBus() or your own RevocationBus.');

export function cookieName(fallback: string): Parser<string> {
  return (raw = fallback, path) =>
    typeof raw === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(raw) && !/^__(host|secure)-/i.test(raw)
      ? raw
      : refuse(path, raw, 'Use letters, digits, _ . and -; the prefix is added for you.');
}

export const roleDefinitions: Parser<Readonly<Record<string, Required<RoleDefinition>>>> = (raw, path) => {
  const roles = Object.entries(section<Record<string, unknown>>(raw, path, passThrough(raw))).map(
    ([name, definition]) =>
      [name, section(definition, `${path}.${name}`, { inherits: textList([]), permissions: textList([]) })] as const,
  );
  const table = Object.fromEntries(roles);
  for (const [name, { inherits }] of roles) {
    const unknown = inherits.find((parent) => !Object.hasOwn(table, parent));
    if (unknown !== undefined) refuse(`${path}.${name}.inherits`, unknown, 'Define that role too.');
  }
  return table;
};

function passThrough(raw: unknown): Record<string, Parser<unknown>> {
  return Object.fromEntries(Object.keys(raw ?? {}).map((key) => [key, anything]));
}

/** Roles that a user can have. */
export const defaultRoles: Parser<readonly string[]> = (raw, path) => {
  const roles = textList(['user'])(raw, path);
  const problem = problemOfRoles(roles);
  return problem ? refuse(path, roles.join(', '), problem.detail) : roles;
};
