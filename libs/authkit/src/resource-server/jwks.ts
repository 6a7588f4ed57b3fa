import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { ALGORITHMS, isKeyId, misfitOf, type SigningAlgorithm, type VerificationKey } from '../kernel/signing-key.js';

/** What is read of a JWKS, and why the rest of it is not used. */
export interface ReadKeys {
  readonly keys: ReadonlyMap<string, VerificationKey>;
  readonly refused: readonly string[];
}

type Jwk = JsonWebKey & Readonly<Record<string, unknown>>;

/**
 * The verification keys of a JWKS document (RFC 7517, 5). Only public keys that name themselves and their algorithm;
 * secrets and private keys are refused: whoever publishes them has none. Throws when it is no JWKS or one kid is twice in it.
 *
 * @param known keys of the last document; one that has not changed stays the same object, and its verified tokens with it
 */
export function readJwks(document: unknown, known: ReadonlyMap<string, VerificationKey>): ReadKeys {
  const list = (document as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(list)) throw new Error('the document has no list of keys');
  const keys = new Map<string, VerificationKey>();
  const refused: string[] = [];
  for (const one of list as unknown[]) {
    const key = keyOf((one ?? {}) as Jwk);
    if (typeof key === 'string') {
      refused.push(key);
      continue;
    }
    if (keys.has(key.kid)) throw new Error(`kid ${key.kid} is in the document twice`);
    const before = known.get(key.kid);
    keys.set(key.kid, before && before.alg === key.alg && before.key.equals(key.key) ? before : key);
  }
  return { keys, refused };
}

/** The key, or why it is not used. */
function keyOf(jwk: Jwk): VerificationKey | string {
  const { kid, use, d, k } = jwk;
  const alg = jwk['alg'] as SigningAlgorithm;
  if (!isKeyId(kid)) return 'a key without a usable kid';
  if (d !== undefined || k !== undefined) return `${kid}: it is not a public key`;
  if (use !== undefined && use !== 'sig') return `${kid}: it is not for signatures`;
  if (!ALGORITHMS.includes(alg) || alg === 'HS256') return `${kid}: its algorithm is not accepted`;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const misfit = misfitOf(key, alg);
    return misfit === null ? { kid, alg, key } : `${kid}: ${misfit}`;
  } catch {
    return `${kid}: it cannot be read`;
  }
}
