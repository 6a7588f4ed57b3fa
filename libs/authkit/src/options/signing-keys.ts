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
import { refuse, section, type Parser } from './option-parsers.js';
import { anything } from './special-parsers.js';
import { weaknessOf } from './weak-secret.js';

interface GivenKey {
  kid: unknown;
  alg: unknown;
  pem: unknown;
  secret: unknown;
  signsFrom: unknown;
}

/** The ring of `accessToken.keys`; null when none is given and the secret makes it. */
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
  keys.forEach(({ kid, key }, i) => {
    const twin = keys.findIndex((other, j) => j < i && (other.kid === kid || other.key.equals(key)));
    if (twin >= 0) {
      const what = keys[twin].kid === kid ? `kid ${kid}` : 'the same key';
      throw new AuthKitConfigError(`${path}[${i}]`, `${what} is listed twice`, 'List every key once.');
    }
  });
  const now = Date.now();
  if (!keys.some(({ signWith, signsFrom }) => signWith && signsFrom <= now)) {
    throw new AuthKitConfigError(path, 'no key of it signs now', 'List a private key without signsFrom.');
  }
  return keys;
};

/** What the operator should know of the keys; in production the weak ones are refused. */
export function assertKeyStrength(raw: unknown, production: boolean, warnings: string[]): void {
  if (!Array.isArray(raw)) return;
  raw.forEach(({ secret }: { secret?: unknown }, i) => {
    const weakness = typeof secret === 'string' ? weaknessOf(secret) : null;
    if (weakness === null) return;
    const path = `accessToken.keys[${i}].secret`;
    if (production) throw new AuthKitConfigError(path, `it ${weakness}`, 'Make a random one: openssl rand -base64 48.');
    warnings.push(`${path} ${weakness}; production will refuse it`);
  });
}

function signingKey(raw: unknown, path: string): SigningKey {
  const given = section<GivenKey>(raw, path, {
    kid: anything,
    alg: anything,
    pem: anything,
    secret: anything,
    signsFrom: anything,
  });
  const { kid, pem, secret } = given;
  const alg = given.alg as SigningAlgorithm;
  if (!isKeyId(kid)) refuse(`${path}.kid`, kid, 'Name the key: 1 to 64 letters, digits, . _ ~ and -.');
  if (!ALGORITHMS.includes(alg)) refuse(`${path}.alg`, alg, `Give one of ${ALGORITHMS.join(', ')}.`);
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
  return { kid, alg, ...pair, signsFrom: instantOf(given.signsFrom, `${path}.signsFrom`) };
}

function instantOf(raw: unknown, path: string): number {
  if (raw === undefined) return 0;
  const at = raw instanceof Date ? raw.getTime() : typeof raw === 'string' ? Date.parse(raw) : NaN;
  return Number.isNaN(at) ? refuse(path, raw, "Give a Date, or text like '2026-01-31T12:00:00Z'.") : at;
}
