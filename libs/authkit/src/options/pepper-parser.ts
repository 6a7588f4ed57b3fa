import { AuthKitConfigError } from '../kernel/errors.js';
import { isKeyId } from '../kernel/signing-key.js';
import type { PepperKey } from '../passwords/pepper.js';
import type { Parser } from './option-parsers.js';
import { weaknessOf } from './weak-secret.js';

const REMEDY = 'Make a random one: openssl rand -base64 48.';

/** The keys of `passwords.pepper`, the one that writes first; none when it is not given. No error shows any of a secret. */
export const peppers: Parser<readonly PepperKey[]> = (raw, path) => {
  if (raw === undefined) return [];
  const list: unknown[] = Array.isArray(raw) ? raw : [raw];
  if (list.length === 0) {
    throw new AuthKitConfigError(path, 'it is an empty list', 'Give at least one { id, secret }, or leave it out.');
  }
  const keys = list.map((one, i) => pepper(one, Array.isArray(raw) ? `${path}[${i}]` : path));
  const isTwice = keys.some(({ id, secret }, i) =>
    keys.slice(0, i).some((one) => one.id === id || one.secret === secret),
  );
  if (isTwice) throw new AuthKitConfigError(path, 'an id or a secret is listed twice', 'List every pepper once.');
  return keys;
};

/** Refuses peppers that are also the secret, and in production weak ones. */
export function assertPeppers(
  keys: readonly PepperKey[],
  secrets: readonly string[],
  production: boolean,
  warnings: string[],
): void {
  for (const { id, secret } of keys) {
    const path = `passwords.pepper (${id})`;
    // The secret is replaced after a leak and then gone; without their pepper all passwords would be gone with it.
    if (secrets.includes(secret)) throw new AuthKitConfigError(path, 'it is the same as secret', REMEDY);
    const weakness = weaknessOf(secret);
    if (weakness === null) continue;
    if (production) throw new AuthKitConfigError(path, `it ${weakness}`, REMEDY);
    warnings.push(`${path} ${weakness}; production will refuse it`);
  }
}

function pepper(raw: unknown, path: string): PepperKey {
  const { id, secret, ...rest } = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  if (!isKeyId(id)) {
    throw new AuthKitConfigError(
      `${path}.id`,
      'it is not valid',
      'Name the pepper: 1 to 64 letters, digits, . _ ~ and -.',
    );
  }
  if (typeof secret !== 'string' || secret === '') {
    throw new AuthKitConfigError(`${path}.secret`, 'it is not a text', REMEDY);
  }
  if (Object.keys(rest).length > 0) {
    throw new AuthKitConfigError(path, 'it has an unknown field', 'Known here: id, secret.');
  }
  return { id, secret };
}
