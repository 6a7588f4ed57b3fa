import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';

/** A UUIDv7 (RFC 9562): ordered by time, so that index pages stay hot. Never a secret. */
export function newId(nowMs: number): string {
  return uuidv7({ msecs: Math.trunc(nowMs) });
}

/** `bytes` random bytes from the system's generator, base64url (ASVS 11.5.1). */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether the text is a lower-case UUID; ids are checked before any query sees them. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}
