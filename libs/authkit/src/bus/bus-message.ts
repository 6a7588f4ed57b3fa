import type { Forgotten } from '../sessions/session-cache.js';

/** What nodes tell each other: what to read again, or that the line works; never what to believe. */
export interface BusMessage {
  /** The node that sent it. */
  readonly from: string;
  readonly content: Forgotten | { readonly beat: number };
}

const MAX_ID = 64;

export function formatBusMessage({ from, content }: BusMessage): string {
  return JSON.stringify({ from, ...(content === 'everything' ? { everything: true } : content) });
}

/** Null for whatever no node of this version sends: the change feed finds what it may have meant. */
export function parseBusMessage(text: string): BusMessage | null {
  const fields = jsonObject(text);
  if (!fields || !isId(fields['from'])) return null;
  const { from, sessionId, userId, everything, beat } = fields;
  if (isId(sessionId)) return { from, content: { sessionId } };
  if (isId(userId)) return { from, content: { userId } };
  if (everything === true) return { from, content: 'everything' };
  return typeof beat === 'number' ? { from, content: { beat } } : null;
}

function jsonObject(text: string): Partial<Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_ID;
