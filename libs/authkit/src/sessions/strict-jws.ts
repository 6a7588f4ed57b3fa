import { hasDuplicateNames } from '../kernel/duplicate-names.js';

/** A compact JWS taken apart, before any signature is checked. */
export interface JwsParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

const MAX_LENGTH = 4096;
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a compact JWS by the narrow rules: at most 4 KiB, three segments of canonical base64url (RFC 7515), JSON objects
 * in UTF-8 without duplicate names (RFC 8725, 2.4). Null for anything else, five-part JWE included.
 */
export function parseStrictJws(token: string): JwsParts | null {
  if (token.length > MAX_LENGTH) return null;
  const segments = COMPACT.exec(token);
  if (!segments || !segments.slice(1).every(isCanonical)) return null;
  const header = parseObject(segments[1]);
  const payload = parseObject(segments[2]);
  return header && payload ? { header, payload } : null;
}

/** Whether decoding and encoding again gives the same text: one token, one spelling. */
export function isCanonical(segment: string): boolean {
  return Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function parseObject(segment: string): Record<string, unknown> | null {
  try {
    const text = decoder.decode(Buffer.from(segment, 'base64url'));
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject && !hasDuplicateNames(text) ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
