import { generateKeyPairSync } from 'node:crypto';
import type { AccessTokenKey } from 'nest-authkit';

const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
const spki = { type: 'spki', format: 'pem' } as const;
type Pair = { privateKey: string; publicKey: string };

/** Key pairs made once a run: RSA takes a while. */
export const RSA: Pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: pkcs8,
  publicKeyEncoding: spki,
});
export const SMALL_RSA: Pair = generateKeyPairSync('rsa', {
  modulusLength: 1024,
  privateKeyEncoding: pkcs8,
  publicKeyEncoding: spki,
});
export const P256: Pair = ecPair('P-256');
export const OTHER_P256: Pair = ecPair('P-256');
export const P384: Pair = ecPair('P-384');

export const SHARED_SECRET = 'Zq8wXn3Rk6Tv1Lb9Hs4Yd7Mf2Pc5Gj0-Oa';

/** A key of each algorithm. */
export const KEYS = {
  HS256: { kid: 'hs', alg: 'HS256', secret: SHARED_SECRET },
  RS256: { kid: 'rs', alg: 'RS256', pem: RSA.privateKey },
  ES256: { kid: 'es', alg: 'ES256', pem: P256.privateKey },
  PS256: { kid: 'ps', alg: 'PS256', pem: RSA.privateKey },
} as const satisfies Record<string, AccessTokenKey>;

export type Algorithm = keyof typeof KEYS;
export const ALGORITHMS = Object.keys(KEYS) as Algorithm[];

function ecPair(namedCurve: string): Pair {
  return generateKeyPairSync('ec', { namedCurve, privateKeyEncoding: pkcs8, publicKeyEncoding: spki });
}
