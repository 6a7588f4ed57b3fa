import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { KeyRing } from '../../libs/authkit/src/kernel/key-ring.js';
import { SECRET } from './test-app.js';

type Json = Record<string, unknown>;

export interface Forgery {
  /** Merged into the header; undefined removes a parameter. */
  header?: Json;
  /** Merged into the claims; undefined removes a claim. */
  claims?: Json;
  /** Instead of the claims, as it stands. */
  payload?: string;
  /** @default the one the app signs with */
  key?: KeyObject | Buffer;
  /** Of the HMAC; says nothing about `alg` in the header. @default 'sha256' */
  hash?: 'sha256' | 'sha384' | 'sha512';
}

/** The key that an app with this secret uses for a purpose. */
export function keyOf(label = 'access-token HS256', secret = SECRET): KeyObject {
  return new KeyRing([secret]).keys(label)[0];
}

export const base64url = (text: string | Buffer): string => Buffer.from(text).toString('base64url');

export function headerOf(token: string): Json {
  return JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString()) as Json;
}

export function claimsOf(token: string): Json {
  return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as Json;
}

/** A token like the genuine one but for what is given, and signed again. */
export function forge(
  genuine: string,
  { header, claims, payload, key = keyOf(), hash = 'sha256' }: Forgery = {},
): string {
  const head = base64url(JSON.stringify({ ...headerOf(genuine), ...header }));
  const body = base64url(payload ?? JSON.stringify({ ...claimsOf(genuine), ...claims }));
  return `${head}.${body}.${hmac(`${head}.${body}`, key, hash)}`;
}

export function hmac(text: string, key: KeyObject | Buffer, hash = 'sha256'): string {
  const secret = Buffer.isBuffer(key) ? createSecretKey(key) : key;
  return createHmac(hash, secret).update(text).digest('base64url');
}

/** The genuine token's claims as JSON text with another text in the place of one value. */
export function withRawClaim(genuine: string, name: string, rawValue: string): string {
  const marker = '"@@raw@@"';
  return JSON.stringify({ ...claimsOf(genuine), [name]: '@@raw@@' }).replace(marker, rawValue);
}
