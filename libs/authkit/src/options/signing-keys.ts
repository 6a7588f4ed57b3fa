import { AuthKitConfigError } from '../kernel/errors.js';
import {
  ALGORITHMS,
  isKeyId,
  keyFromPem,
  keyFromSecret,
  misfitOf,
  type SigningAlgorithm,
  type SigningKey,
} from '../kernel/signing-key.js';
import type { Parser } from './option-parsers.js';
import { weaknessOf } from './weak-secret.js';

const FIELDS = ['kid', 'alg', 'pem', 'secret', 'signsFrom'];
/** An offset is asked for, because nodes in different time zones must agree. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** The ring of `accessToken.keys`; null when none is given and the secret makes it. No error shows any of what was given. */
export const signingKeys: Parser<readonly SigningKey[] | null> = (raw, path) => {
  if (raw === undefined) return null;
  if (!Array.isArray(raw) || raw.length === 0) {
    throw new AuthKitConfigError(
      path,
      'it is not a list of keys',
      'Give at least one { kid, alg, pem }, or leave it out.',
    );
  }
  const keys = raw.map((one, i) => signingKey(one, `${path}[${i}]`));
  keys.forEach((key, i) => assertNew(key, keys.slice(0, i), `${path}[${i}]`));
  const now = Date.now();
  if (!keys.some(({ signWith, signsFrom }) => signWith && signsFrom <= now)) {
    throw new AuthKitConfigError(path, 'no key of it signs now', 'List a private key without signsFrom.');
  }
  return keys;
};

/** Refuses keys made of what guards everything else, and in production weak ones. */
export function assertKeySecrets(
  raw: unknown,
  secrets: readonly string[],
  production: boolean,
  warnings: string[],
): void {
  if (!Array.isArray(raw)) return;
  raw.forEach(({ secret }: { secret?: unknown }, i) => {
    if (typeof secret !== 'string') return;
    const path = `accessToken.keys[${i}].secret`;
    const remedy = 'Make a random one: openssl rand -base64 48.';
    if (secrets.includes(secret)) {
      // Whoever shares it could make refresh tokens too, and all else that is derived from it.
      throw new AuthKitConfigError(path, 'it is the same as secret', remedy);
    }
    const weakness = weaknessOf(secret);
    if (weakness === null) return;
    if (production) throw new AuthKitConfigError(path, `it ${weakness}`, remedy);
    warnings.push(`${path} ${weakness}; production will refuse it`);
  });
}

function signingKey(raw: unknown, path: string): SigningKey {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new AuthKitConfigError(path, 'it is not an object', 'Give { kid, alg, pem }.');
  }
  const unknown = Object.keys(raw).some((field) => !FIELDS.includes(field));
  if (unknown) throw new AuthKitConfigError(path, 'it has an unknown field', `Known here: ${FIELDS.join(', ')}.`);
  const { kid, pem, secret, signsFrom, ...rest } = raw as Record<string, unknown>;
  const alg = rest['alg'] as SigningAlgorithm;
  if (!isKeyId(kid)) {
    throw new AuthKitConfigError(
      `${path}.kid`,
      'it is not valid',
      'Name the key: 1 to 64 letters, digits, . _ ~ and -.',
    );
  }
  if (!ALGORITHMS.includes(alg)) {
    throw new AuthKitConfigError(`${path}.alg`, 'it is not valid', `Give one of ${ALGORITHMS.join(', ')}.`);
  }
  const needed = alg === 'HS256' ? 'secret' : 'pem';
  const material = needed === 'secret' ? secret : pem;
  if (typeof material !== 'string' || material === '' || (needed === 'secret' ? pem : secret) !== undefined) {
    throw new AuthKitConfigError(
      path,
      `a key for ${alg} has a ${needed}, and nothing else`,
      `Give ${needed}, as text.`,
    );
  }
  const pair = needed === 'secret' ? keyFromSecret(material) : keyFromPem(material, `${path}.pem`);
  const misfit = misfitOf(pair.key, alg);
  if (misfit !== null)
    throw new AuthKitConfigError(path, misfit, 'Give a key that fits alg, or the alg that fits the key.');
  return { kid, alg, ...pair, signsFrom: instantOf(signsFrom, `${path}.signsFrom`) };
}

function assertNew(key: SigningKey, before: readonly SigningKey[], path: string): void {
  const twin = before.find(({ kid, key: material }) => kid === key.kid || material.equals(key.key));
  if (twin) {
    const what = twin.kid === key.kid ? `kid ${key.kid}` : 'the same key';
    throw new AuthKitConfigError(path, `${what} is listed twice`, 'List every key once.');
  }
  const sooner = before.some(({ signWith, signsFrom }) => signWith && signsFrom <= key.signsFrom);
  if (key.signsFrom > 0 && sooner) {
    throw new AuthKitConfigError(
      `${path}.signsFrom`,
      'it never comes to sign: a key before it signs sooner, and the first signs',
      'List it first.',
    );
  }
}

function instantOf(raw: unknown, path: string): number {
  if (raw === undefined) return 0;
  const at = raw instanceof Date ? raw.getTime() : typeof raw === 'string' && INSTANT.test(raw) ? Date.parse(raw) : NaN;
  if (!Number.isNaN(at)) return at;
  throw new AuthKitConfigError(path, 'it is not an instant', "Give a Date, or text like '2026-01-31T12:00:00Z'.");
}
