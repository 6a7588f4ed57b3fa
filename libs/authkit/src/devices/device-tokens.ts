import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeyRing } from '../kernel/key-ring.js';
import { isUuid } from '../kernel/random.js';
import { isCanonical } from '../sessions/strict-jws.js';

/** Whose device it is. */
export interface DeviceIdentity {
  /** Of the device; never a secret. */
  readonly id: string;
  readonly userId: string;
}

const PREFIX = 'nad_';
const MAC_BYTES = 32;
const UUID_LENGTH = 36;
// User ids of a host's own store are of 64 characters at most.
const MAX_LENGTH = PREFIX.length + Math.ceil(((MAC_BYTES + UUID_LENGTH + 1 + 4 * 64) * 4) / 3);

/**
 * What a device keeps to be known again: its id and its user's, under a MAC, so that nobody makes one for an account
 * that never signed in there. It lets nobody in.
 */
@Injectable()
export class DeviceTokens {
  private readonly keys: readonly KeyObject[];

  constructor(ring: KeyRing) {
    this.keys = ring.keys('device');
  }

  issue({ id, userId }: DeviceIdentity): string {
    const text = `${id}|${userId}`;
    return PREFIX + Buffer.concat([mac(this.keys[0], text), Buffer.from(text)]).toString('base64url');
  }

  /** Of a genuine token, under any key of the ring; null for any other text, which no query is worth. */
  identityOf(token: string): DeviceIdentity | null {
    if (token.length > MAX_LENGTH || !token.startsWith(PREFIX)) return null;
    const body = token.slice(PREFIX.length);
    if (!isCanonical(body)) return null;
    const bytes = Buffer.from(body, 'base64url');
    const shown = bytes.subarray(0, MAC_BYTES);
    const text = bytes.toString('utf8', MAC_BYTES);
    if (shown.length < MAC_BYTES || !this.keys.some((key) => timingSafeEqual(mac(key, text), shown))) return null;
    const id = text.slice(0, UUID_LENGTH);
    return isUuid(id) ? { id, userId: text.slice(UUID_LENGTH + 1) } : null;
  }
}

function mac(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(`authkit-device1|${text}`).digest();
}
