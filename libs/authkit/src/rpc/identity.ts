import { createHash, createHmac, randomBytes, timingSafeEqual, type KeyObject } from 'node:crypto';
import { AuthKitError } from '../kernel/errors.js';
import type { PrincipalKind } from '../kernel/principal.js';

/** Who a message is sent for. */
export interface RpcCaller {
  readonly kind: PrincipalKind;
  readonly id: string;
  /** With it a receiver that has the users' database reads the session, and believes no roles. */
  readonly sessionId?: string;
  /** @default [] */
  readonly roles?: readonly string[];
  /** @default [] */
  readonly amr?: readonly string[];
  /** Epoch milliseconds. @default 0, which is never fresh */
  readonly authenticatedAt?: number;
  readonly emailVerified?: boolean;
}

/** What is signed: who, for which one message, and until when; instants are epoch milliseconds. */
export interface IdentityClaims {
  readonly caller: Required<Omit<RpcCaller, 'sessionId' | 'emailVerified'>> & RpcCaller;
  readonly pattern: string;
  readonly digest: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** 128 random bits: an identity is taken once. */
  readonly nonce: string;
}

/** What an identity is checked against. */
export interface ReceivedMessage {
  /** Those the handler is for. */
  readonly patterns: readonly string[];
  readonly data: unknown;
}

/** Milliseconds; whatever the sender says, an identity is not believed for longer. */
export const MAX_LIFETIME_MS = 30_000;
/** Milliseconds by which the clocks of two services may differ. */
export const SKEW_MS = 5_000;

/** Signs who a message is for (HMAC-SHA-256), bound to its pattern and payload. `lifetime` in milliseconds. */
export function signIdentity(
  key: KeyObject,
  caller: RpcCaller,
  message: { pattern: unknown; data: unknown },
  time: { now: number; lifetime: number },
): string {
  const { kind, id, sessionId, roles = [], amr = [], authenticatedAt = 0, emailVerified } = caller;
  const claims: IdentityClaims = {
    caller: { kind, id, sessionId, roles, amr, authenticatedAt, emailVerified },
    pattern: patternName(message.pattern),
    digest: digestOf(message.data),
    issuedAt: time.now,
    expiresAt: time.now + time.lifetime,
    nonce: randomBytes(16).toString('base64url'),
  };
  const text = Buffer.from(JSON.stringify(claims)).toString('base64url');
  return `${text}.${macOf(key, text).toString('base64url')}`;
}

/**
 * The claims of an identity that one of the keys signed for this message. Throws `token_invalid` or `token_expired` (401).
 *
 * @param now epoch milliseconds
 */
export function verifyIdentity(
  keys: readonly KeyObject[],
  identity: string,
  message: ReceivedMessage,
  now: number,
): IdentityClaims {
  const [text, mac, ...rest] = identity.split('.');
  const given = Buffer.from(mac ?? '', 'base64url');
  if (rest.length > 0 || !keys.some((key) => isEqual(macOf(key, text), given)))
    throw invalid('not signed by a key of ours');
  // Nothing is read from it before this line.
  const claims = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as IdentityClaims;
  assertPattern(claims, message.patterns);
  if (claims.digest !== digestOf(message.data)) throw invalid('it is for another payload');
  if (claims.issuedAt > now + SKEW_MS) throw invalid('it is of a time to come');
  if (now >= Math.min(claims.expiresAt, claims.issuedAt + MAX_LIFETIME_MS) + SKEW_MS) {
    throw new AuthKitError('token_expired', { reason: 'the identity of the message has expired' });
  }
  return claims;
}

/** Throws `token_invalid` (401) for claims of a message that is not for one of these patterns. */
export function assertPattern({ pattern }: IdentityClaims, patterns: readonly string[]): void {
  if (!patterns.includes(pattern)) throw invalid('it is for another pattern');
}

/** One text for a pattern, whichever order an object's keys are written in. */
export function patternName(pattern: unknown): string {
  return typeof pattern === 'string' ? pattern : JSON.stringify(sorted(pattern));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** Of the payload as JSON, which is what arrives: writing what was read gives the same text. */
function digestOf(data: unknown): string {
  const text = JSON.stringify(data) as string | undefined;
  return createHash('sha256')
    .update(text ?? '')
    .digest('base64url');
}

function macOf(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update('authkit-rpc1.').update(text).digest();
}

function isEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

const invalid = (reason: string) => new AuthKitError('token_invalid', { reason: `identity of a message: ${reason}` });
