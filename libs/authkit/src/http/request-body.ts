import type { IncomingMessage } from 'node:http';
import { hasDuplicateNames } from '../kernel/duplicate-names.js';
import { AuthKitError } from '../kernel/errors.js';
import type { BodyKind } from './own-routes.js';

/** Bytes; more is 413. */
const MAX_BODY = 16 * 1024;
const MAX_DEPTH = 16;
const MEDIA_TYPES: Record<BodyKind, RegExp> = {
  json: /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i,
  form: /^application\/x-www-form-urlencoded\s*(?:;\s*charset="?utf-8"?\s*)?$/i,
};
const DANGEROUS_NAMES = new Set(['__proto__', 'constructor', 'prototype']);
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads the body of a request to one of the kit's routes; an absent one is an empty object.
 * Throws 415 for another content type or an encoding, 413 over 16 KiB, 400 for malformed JSON or form.
 */
export async function readBody(request: IncomingMessage, kind: BodyKind): Promise<Record<string, unknown>> {
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': chunked } = request.headers;
  if (chunked === undefined && (length === undefined || length === '0')) return {};
  if (!MEDIA_TYPES[kind].test(type ?? '') || request.headers['content-encoding'] !== undefined) {
    throw new AuthKitError('unsupported_media_type', {
      detail: kind === 'json' ? 'Send application/json in UTF-8.' : 'Send application/x-www-form-urlencoded.',
    });
  }
  if (Number(length) > MAX_BODY) throw tooLarge();
  if (request.readableEnded) return alreadyParsed(request as { body?: unknown });
  const text = decodeUtf8(await collect(request));
  return kind === 'json' ? parseJson(text) : parseForm(text);
}

/** Something before the kit has read the body: a parser on the host's own server, a platform that calls the app. */
function alreadyParsed({ body }: { body?: unknown }): Record<string, unknown> {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body) && !Buffer.isBuffer(body);
  if (!isObject) throw malformed('The body was read before it came here.');
  assertHarmless(body, 0);
  return body as Record<string, unknown>;
}

/** By events: leaving an async iterator early would destroy the socket, and the refusal with it. */
function collect(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_BODY) {
        chunks.push(chunk);
        return;
      }
      request.off('data', onData);
      request.resume();
      reject(tooLarge());
    };
    request.on('data', onData);
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    // Comes after every request; only before its end does it mean anything.
    request.once('close', () => request.readableEnded || reject(new Error('the connection was closed')));
  });
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw malformed('The body is not UTF-8.');
  }
}

function parseJson(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('The body is not JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw malformed('The body is not a JSON object.');
  if (hasDuplicateNames(text)) throw malformed('A name is given twice.');
  assertHarmless(value, 0);
  return value as Record<string, unknown>;
}

/** Names that could reach a prototype, and nesting no honest client sends. */
function assertHarmless(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw malformed(`The body is nested deeper than ${MAX_DEPTH} levels.`);
  for (const [name, item] of Object.entries(value)) {
    if (DANGEROUS_NAMES.has(name)) throw malformed(`The name ${name} is not allowed.`);
    assertHarmless(item, depth + 1);
  }
}

/** Every field at most once (RFC 6749, 3.2). */
function parseForm(text: string): Record<string, unknown> {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name) || DANGEROUS_NAMES.has(name)) throw malformed('A form field is repeated or not allowed.');
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

const malformed = (detail: string): AuthKitError => new AuthKitError('malformed_body', { detail });
const tooLarge = (): AuthKitError => new AuthKitError('body_too_large', { detail: `Send at most ${MAX_BODY} bytes.` });
