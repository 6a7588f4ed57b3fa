import { hash, randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { LRUCache } from 'lru-cache';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { isUuid } from '../kernel/random.js';
import type { SigningKey, VerificationKey } from '../kernel/signing-key.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { AccessTokenKeys, type VerificationKeys } from './access-token-keys.js';
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

/** The token names a key that is not in the ring. Nothing of it is verified, what is here included. */
export class UnknownKeyError extends AuthKitError {
  constructor(
    readonly kid: string,
    /** Claim `iat`, whatever it may be. */
    readonly issuedAt: unknown,
  ) {
    super('token_invalid', { reason: 'access token: unknown key' });
  }
}

const TYPE = 'at+jwt';
/** How far two clocks may differ: tokens are good for this long after their end. */
export const SKEW_SECONDS = 5;
const VERIFIED_TOKENS = 10_000;
/** An allow-list: what is not here (`jku`, `jwk`, `x5u`, `x5c`, `crit`, `b64`, `zip`) is refused (RFC 8725, 3.10). */
const HEADERS = new Set(['alg', 'typ', 'kid']);

/**
 * Verifies access tokens of one issuer for one audience. Synchronous on purpose: asynchronous crypto would queue behind
 * password hashes in libuv's pool. Keys are KeyObjects, because the JWT library re-parses a text key at every call.
 */
export class AccessTokenVerifier {
  /** Verified claims by the token's SHA-256, so that a hit costs no signature and no token is kept. */
  private readonly verified = new LRUCache<string, { claims: AccessClaims; by: VerificationKey }>({
    max: VERIFIED_TOKENS,
  });

  constructor(
    private readonly expected: { readonly issuer: string; readonly audience: string },
    private readonly keys: VerificationKeys,
    private readonly clock: Clock,
  ) {}

  /**
   * Claims of a token that is genuine, ours, an access token, and current.
   * Throws `token_invalid` or `token_expired` (401); with `allowExpired` only the former.
   */
  verify(token: string, { allowExpired = false } = {}): AccessClaims {
    const digest = hash('sha256', token, 'base64');
    let found = this.verified.get(digest);
    // A key that has been withdrawn since takes its tokens with it.
    if (found && this.keys.find(found.by.kid) !== found.by) found = undefined;
    if (!found) {
      found = this.verifySignature(token);
      this.verified.set(digest, found);
    }
    const { claims } = found;
    const now = this.clock.now() / 1000;
    if (claims.nbf !== undefined && now + SKEW_SECONDS < claims.nbf) throw invalid('not valid yet');
    if (!allowExpired && now >= claims.exp + SKEW_SECONDS) {
      throw new AuthKitError('token_expired', { reason: 'the access token has expired' });
    }
    return claims;
  }

  private verifySignature(token: string): { claims: AccessClaims; by: VerificationKey } {
    const parts = parseStrictJws(token);
    if (!parts) throw invalid('not a strict compact JWS');
    const { header, payload } = parts;
    if (!Object.keys(header).every((name) => HEADERS.has(name))) throw invalid('a header parameter is not allowed');
    const { kid } = header;
    if (typeof kid !== 'string') throw invalid('it names no key');
    const by = this.keys.find(kid);
    if (!by) throw new UnknownKeyError(kid, payload['iat']);
    // The key says which algorithm; the token only repeats it (RFC 8725, 3.1).
    if (header['alg'] !== by.alg || header['typ'] !== TYPE) throw invalid('wrong alg or typ');
    try {
      jwtServiceOf(by).verify(token, {
        algorithms: [by.alg],
        issuer: this.expected.issuer,
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
    } catch (error) {
      throw invalid((error as Error).message);
    }
    if (!this.areClaims(payload)) throw invalid('a claim is missing or has the wrong type or value');
    // Shared by every request with this token, so nobody may change it.
    Object.freeze(payload.amr);
    Object.freeze(payload.roles);
    return { claims: Object.freeze(payload), by };
  }

  private areClaims(claims: Record<string, unknown>): claims is Record<string, unknown> & AccessClaims {
    const { iss, aud, sub, sid, jti, iat, exp, nbf, auth_time, amr, roles } = claims;
    const latest = this.clock.now() / 1000 + SKEW_SECONDS;
    return (
      iss === this.expected.issuer &&
      aud === this.expected.audience &&
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

/** Signs access tokens, and verifies the app's own. */
@Injectable()
export class AccessTokens {
  private readonly verifier: AccessTokenVerifier;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly keys: AccessTokenKeys,
    private readonly clock: Clock,
  ) {
    this.verifier = new AccessTokenVerifier(options.accessToken, keys, clock);
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
    const key = this.keys.signing;
    return jwtServiceOf(key).sign(claims, { algorithm: key.alg, header: { alg: key.alg, typ: TYPE, kid: key.kid } });
  }

  /** See {@link AccessTokenVerifier.verify}. */
  verify(token: string, options?: { allowExpired?: boolean }): AccessClaims {
    return this.verifier.verify(token, options);
  }

  /** The key a token names in its header, before anything of it is verified; null when it names none of ours. */
  keyNamedBy(token: string): SigningKey | null {
    const kid = parseStrictJws(token)?.header['kid'];
    return (typeof kid === 'string' && this.keys.find(kid)) || null;
  }
}

const services = new WeakMap<VerificationKey, JwtService>();

function jwtServiceOf(key: VerificationKey & Partial<SigningKey>): JwtService {
  let service = services.get(key);
  if (!service) {
    service = new JwtService({ privateKey: key.signWith as never, publicKey: key.key as never });
    services.set(key, service);
  }
  return service;
}

const isInstant = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTextList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
const invalid = (reason: string): AuthKitError =>
  new AuthKitError('token_invalid', { reason: `access token: ${reason}` });
