import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JwtService } from '@nestjs/jwt';
import { FixedClock } from 'nest-authkit/testing';
import type { KeyRing } from '../../libs/authkit/src/kernel/key-ring.js';
import { resolveOptions } from '../../libs/authkit/src/options/resolve-options.js';
import { AccessTokenKeys } from '../../libs/authkit/src/sessions/access-token-keys.js';
import { AccessTokens } from '../../libs/authkit/src/sessions/access-token.js';
import { isCanonical } from '../../libs/authkit/src/sessions/strict-jws.js';
import { SECRET } from './test-app.js';

export interface VectorGroup {
  keys: JsonWebKey[];
  tests: { tcId: number; jws: string; result: string }[];
}

/** Groups of one of Wycheproof's JSON Web files. */
export function wycheproof(folder: string, file: string): VectorGroup[] {
  type Keys = JsonWebKey & { keys?: JsonWebKey[] };
  const text = readFileSync(join(folder, 'wycheproof', `${file}.json`), 'utf8');
  const { testGroups } = JSON.parse(text) as { testGroups: (VectorGroup & { private?: Keys; public?: Keys })[] };
  return testGroups.map(({ public: shown, private: hidden, tests }) => {
    const key = (shown ?? hidden)!;
    return { keys: key.keys ?? [key], tests: tests.filter(({ jws }) => typeof jws === 'string') };
  });
}

/** Whom the tests sign tokens for. */
export const SUBJECT = {
  userId: 'u',
  sessionId: '01890a5d-ac96-774b-bcce-b302099a8057',
  authenticatedAt: 0,
  amr: ['pwd'],
  roles: [],
};

/** The kit's access tokens with these keys. */
export function accessTokens(secrets: KeyObject[]): AccessTokens {
  const ring = { keys: () => secrets } as unknown as KeyRing;
  const options = resolveOptions({ secret: SECRET, baseUrl: 'http://localhost:3000' });
  const clock = new FixedClock();
  return new AccessTokens(options, new AccessTokenKeys(options, ring, clock), clock);
}

/** What AccessTokens asks of a signature: strict spelling, and the JWT library with the one algorithm of the key. */
export function hasGoodSignature(jws: string, jwk: JsonWebKey & { alg?: string }): boolean {
  const segments = jws.split('.');
  if (segments.length !== 3 || !segments.every(isCanonical)) return false;
  try {
    const key =
      jwk.kty === 'oct'
        ? createSecretKey(Buffer.from(String(jwk.k), 'base64url'))
        : createPublicKey({ key: jwk, format: 'jwk' });
    new JwtService({ publicKey: key as never }).verify(jws, {
      algorithms: [jwk.alg as 'HS256'],
      ignoreExpiration: true,
    });
    return true;
  } catch {
    return false;
  }
}
