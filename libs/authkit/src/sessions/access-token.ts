import { hash, randomUUID, type KeyObject } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { LRUCache } from 'lru-cache';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { keyIdOf, KeyRing } from '../kernel/key-ring.js';
import { isUuid } from '../kernel/random.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { parseStrictJws } from './strict-jws.js';

/** Claims of an access token (RFC 9068); instants are seconds since the epoch. */
export interface AccessClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  /** The session's id. */
  readonly sid: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly nbf?: number;
  readonly auth_time: number;
  readonly amr: readonly string[];
  readonly roles: readonly string[];
}

export interface AccessTokenSubject {
  readonly userId: string;
  readonly sessionId: string;
  /** Epoch milliseconds. */
  readonly authenticatedAt: number;
  readonly amr: readonly string[];
  readonly roles: readonly string[];
}

const ALGORITHM = 'HS256';
const TYPE = 'at+jwt';
const SKEW_SECONDS = 5;
const VERIFIED_TOKENS = 10_000;
/** An allow-list: what is not here (`jku`, `jwk`, `x5u`, `x5c`, `crit`, `b64`, `zip`) is refused (RFC 8725, 3.10). */
const HEADERS = new Set(['alg', 'typ', 'kid']);

/**
 * Signs and verifies access tokens. Synchronous on purpose: asynchronous crypto would queue behind password hashes in
 * libuv's pool. Keys are KeyObjects, because the JWT library re-parses a text secret at every call.
 */
@Injectable()
export class AccessTokens {
  private readonly signer: { kid: string; jwt: JwtService };
  private readonly verifiers: ReadonlyMap<string, { key: KeyObject; jwt: JwtService }>;
  /** Verified claims by the token's SHA-256, so that a hit costs no signature and no token is kept. */
  private readonly verified = new LRUCache<string, AccessClaims>({ max: VERIFIED_TOKENS });

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    keys: KeyRing,
    private readonly clock: Clock,
  ) {
    const ring = keys.keys('access-token HS256').map((key) => ({ kid: keyIdOf(key), key, jwt: jwtServiceOf(key) }));
    this.signer = ring[0];
    this.verifiers = new Map(ring.map((one) => [one.kid, one]));
  }

  /** Seconds a new token lives. */
  get ttlSeconds(): number {
    return Math.floor(this.options.accessToken.ttl / 1000);
  }

  sign(subject: AccessTokenSubject): string {
    const iat = Math.floor(this.clock.now() / 1000);
    const claims: AccessClaims = {
      iss: this.options.accessToken.issuer,
      aud: this.options.accessToken.audience,
      sub: subject.userId,
      sid: subject.sessionId,
      jti: randomUUID(),
      iat,
      exp: iat + this.ttlSeconds,
      auth_time: Math.floor(subject.authenticatedAt / 1000),
      amr: subject.amr,
      roles: subject.roles,
    };
    const { kid, jwt } = this.signer;
    return jwt.sign(claims, { header: { alg: ALGORITHM, typ: TYPE, kid } });
  }

  /**
   * Claims of a token that is genuine, ours, an access token, and current.
   * Throws `token_invalid` or `token_expired` (401); with `allowExpired` only the former.
   */
  verify(token: string, { allowExpired = false } = {}): AccessClaims {
    const digest = hash('sha256', token, 'base64');
    let claims = this.verified.get(digest);
    if (!claims) {
      claims = this.verifySignature(token);
      this.verified.set(digest, claims);
    }
    const now = this.clock.now() / 1000;
    if (claims.nbf !== undefined && now + SKEW_SECONDS < claims.nbf) throw invalid('not valid yet');
    if (!allowExpired && now >= claims.exp + SKEW_SECONDS) {
      throw new AuthKitError('token_expired', { reason: 'the access token has expired' });
    }
    return claims;
  }

  /** The key and algorithm its header names, if they are ours; null for a token of somebody else's. Verifies nothing. */
  verificationKey(token: string): { key: KeyObject; algorithm: string } | null {
    const header = parseStrictJws(token)?.header;
    if (header?.['alg'] !== ALGORITHM || header['typ'] !== TYPE || typeof header['kid'] !== 'string') return null;
    const key = this.verifiers.get(header['kid'])?.key;
    return key ? { key, algorithm: ALGORITHM } : null;
  }

  private verifySignature(token: string): AccessClaims {
    const parts = parseStrictJws(token);
    if (!parts) throw invalid('not a strict compact JWS');
    const { header, payload } = parts;
    if (!Object.keys(header).every((name) => HEADERS.has(name))) throw invalid('a header parameter is not allowed');
    if (header['alg'] !== ALGORITHM || header['typ'] !== TYPE) throw invalid('wrong alg or typ');
    const jwt = typeof header['kid'] === 'string' ? this.verifiers.get(header['kid'])?.jwt : undefined;
    if (!jwt) throw invalid('unknown key');
    try {
      jwt.verify(token, {
        algorithms: [ALGORITHM],
        issuer: this.options.accessToken.issuer,
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
    } catch (error) {
      throw invalid((error as Error).message);
    }
    if (!this.areClaims(payload)) throw invalid('a claim is missing or has the wrong type or value');
    return Object.freeze(payload);
  }

  private areClaims(claims: Record<string, unknown>): claims is Record<string, unknown> & AccessClaims {
    const { iss, aud, sub, sid, jti, iat, exp, nbf, auth_time, amr, roles } = claims;
    const latest = this.clock.now() / 1000 + SKEW_SECONDS;
    return (
      iss === this.options.accessToken.issuer &&
      aud === this.options.accessToken.audience &&
      typeof sub === 'string' &&
      sub.trim() !== '' &&
      isUuid(sid) &&
      typeof jti === 'string' &&
      isInstant(iat) &&
      iat <= latest &&
      isInstant(exp) &&
      exp >= iat &&
      (nbf === undefined || isInstant(nbf)) &&
      isInstant(auth_time) &&
      isTextList(amr) &&
      isTextList(roles)
    );
  }
}

function jwtServiceOf(key: KeyObject): JwtService {
  return new JwtService({ privateKey: key as never, publicKey: key as never });
}

const isInstant = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const invalid = (reason: string): AuthKitError =>
  new AuthKitError('token_invalid', { reason: `access token: ${reason}` });
