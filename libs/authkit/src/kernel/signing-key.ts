import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { AuthKitConfigError } from './errors.js';

/** Signature algorithms of access tokens (RFC 7518, 3.1); each key is bound to one of them. */
export const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'PS256'] as const;
export type SigningAlgorithm = (typeof ALGORITHMS)[number];

/** What verifies the tokens that name it. */
export interface VerificationKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** Public, or secret for HS256. */
  readonly key: KeyObject;
}

/** A key of the ring. */
export interface SigningKey extends VerificationKey {
  /** Private, or secret for HS256; null when only the public half is known. */
  readonly signWith: KeyObject | null;
  /** Epoch milliseconds; until then it is published and verifies, and does not sign. */
  readonly signsFrom: number;
}

const MIN_RSA_BITS = 2048;
const KID = /^[A-Za-z0-9._~-]{1,64}$/;

/** A key out of a PEM: a private key signs and verifies, a public one verifies only. The PEM is in no error. */
export function keyFromPem(text: string, path: string): { key: KeyObject; signWith: KeyObject | null } {
  // Environment variables often hold a PEM on one line.
  const pem = text.includes('\n') ? text : text.replaceAll('\\n', '\n');
  const signWith = tryKey(() => createPrivateKey(pem));
  const key = signWith ? createPublicKey(signWith) : tryKey(() => createPublicKey(pem));
  if (key) return { key, signWith };
  const encrypted = /ENCRYPTED/.test(pem);
  throw new AuthKitConfigError(
    path,
    encrypted ? 'the private key is encrypted' : 'it is not a PEM of a private or public key',
    encrypted
      ? 'Give it decrypted, from a secret store: openssl pkey -in key.pem.'
      : 'Make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256.',
  );
}

/** The secret's own bytes, not derived from it: the point of such a key is to share it with another service. */
export function keyFromSecret(secret: string): { key: KeyObject; signWith: KeyObject } {
  const key = createSecretKey(Buffer.from(secret, 'utf8'));
  return { key, signWith: key };
}

/** Why a key must not be used with an algorithm, or null (RFC 7518, 3.3 to 3.5; RFC 8725, 3.2; ASVS 11.2.3). */
export function misfitOf(key: KeyObject, alg: SigningAlgorithm): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (alg === 'HS256') return key.type === 'secret' ? null : `HS256 takes a secret, not a key of type ${type}`;
  if (alg === 'ES256') {
    return type === 'ec' && details?.namedCurve === 'prime256v1' ? null : 'ES256 takes an EC key on P-256';
  }
  // Not rsa-pss: such keys have no form in a JWKS that other services read.
  if (type !== 'rsa') return `${alg} takes an RSA key`;
  const bits = details?.modulusLength ?? 0;
  return bits >= MIN_RSA_BITS ? null : `an RSA key needs ${MIN_RSA_BITS} bits or more, this one has ${bits}`;
}

export const isKeyId = (value: unknown): value is string => typeof value === 'string' && KID.test(value);

/** The public half as it is published (RFC 7517); null for a secret. */
export function publicJwk({ kid, alg, key }: VerificationKey): JsonWebKey | null {
  if (key.type !== 'public') return null;
  return { ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

function tryKey(make: () => KeyObject): KeyObject | null {
  try {
    return make();
  } catch {
    return null;
  }
}
