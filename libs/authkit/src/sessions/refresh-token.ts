import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parse as uuidBytes } from 'uuid';
import { keyIdOf, KeyRing } from '../kernel/key-ring.js';
import { isCanonical } from './strict-jws.js';

/** A refresh token taken apart; genuine only once its MAC is checked against the session's seed. */
export interface ParsedRefreshToken {
  readonly sessionId: string;
  readonly generation: number;
  readonly mac: Buffer;
}

/** What a session's present refresh token is made of. */
export interface RefreshTokenSource {
  readonly id: string;
  readonly generation: number;
  readonly seed: string;
  readonly keyId: string;
}

const PREFIX = 'nar_';
const VERSION = 1;
// version | session id | generation | HMAC-SHA-256
const BYTES = 1 + 16 + 4 + 32;
const TEXT_LENGTH = PREFIX.length + Math.ceil((BYTES * 4) / 3);

/**
 * Refresh tokens are derived, not stored: a MAC over session, generation and the row's random seed. The database alone
 * mints none (it lacks the key), the secret alone mints none (it lacks the seed), and one generation is one string, so
 * that two tabs refreshing at once get the same successor.
 */
@Injectable()
export class RefreshTokens {
  /** By their ids, in the order of the secrets. */
  private readonly keys: ReadonlyMap<string, KeyObject>;
  /** Names the key that new generations are MACed under. */
  readonly keyId: string;

  constructor(ring: KeyRing) {
    this.keys = new Map(ring.keys('refresh-token').map((key) => [keyIdOf(key), key]));
    this.keyId = this.keyIds[0];
  }

  /** Names every key that verifies, the one of new generations first. */
  get keyIds(): readonly string[] {
    return [...this.keys.keys()];
  }

  /** The token of a generation; under the key its row names, so that nodes with differently ordered rings agree. */
  issue({ id, generation, seed, keyId }: RefreshTokenSource): string {
    const key = this.keys.get(keyId) ?? this.keys.get(this.keyId)!;
    const head = Buffer.alloc(21);
    head.writeUInt8(VERSION, 0);
    head.set(uuidBytes(id), 1);
    head.writeUInt32BE(generation, 17);
    return PREFIX + Buffer.concat([head, mac(key, id, generation, seed)]).toString('base64url');
  }

  /** Null for anything but the one canonical spelling; no query is worth it then. */
  parse(token: string): ParsedRefreshToken | null {
    if (token.length !== TEXT_LENGTH || !token.startsWith(PREFIX)) return null;
    const body = token.slice(PREFIX.length);
    const bytes = Buffer.from(body, 'base64url');
    if (bytes[0] !== VERSION || !isCanonical(body)) return null;
    return {
      sessionId: uuidOf(bytes),
      generation: bytes.readUInt32BE(17),
      mac: bytes.subarray(21),
    };
  }

  /** Whether the MAC is right under any key of the ring; constant time for each. */
  isGenuine(token: ParsedRefreshToken, seed: string): boolean {
    return [...this.keys.values()].some((key) =>
      timingSafeEqual(mac(key, token.sessionId, token.generation, seed), token.mac),
    );
  }
}

function mac(key: KeyObject, sessionId: string, generation: number, seed: string): Buffer {
  return createHmac('sha256', key).update(`authkit-rt1|${sessionId}|${generation}|${seed}`).digest();
}

/** Not uuid.stringify: it throws on bytes that are no UUID, and forged tokens must end as a plain 401. */
function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex', 1, 17);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
