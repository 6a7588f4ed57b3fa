import type { IncomingMessage } from 'node:http';
import { AuthKitError } from '../kernel/errors.js';

const PROTOCOLS = 'sec-websocket-protocol';

/**
 * Takes the token out of `Sec-WebSocket-Protocol: bearer, <token>` (browsers can set no other header), so that what
 * negotiates protocols never sees it: `bearer` stays only where nothing else is offered. Undefined when there is none;
 * what is returned gives the token, or throws 400 or 401 when it is not one.
 */
export function takeToken(request: IncomingMessage): (() => string) | undefined {
  const offered = request.headers[PROTOCOLS]?.split(',').map((one) => one.trim()) ?? [];
  const at = offered.indexOf('bearer');
  if (at < 0) return undefined;
  const token = offered[at + 1];
  const others = offered.filter((_one, i) => i !== at && i !== at + 1);
  setHeader(request, PROTOCOLS, others.length > 0 ? others.join(', ') : 'bearer');
  return () => {
    if (others.includes('bearer')) throw new AuthKitError('ambiguous_credentials', { reason: 'two bearer protocols' });
    if (!token) throw new AuthKitError('token_invalid', { reason: 'the subprotocol bearer without a token' });
    return token;
  };
}

/** Takes `ticket` out of the URL. Undefined when there is none; what is returned gives it, or throws 400 for two. */
export function takeTicket(request: IncomingMessage): (() => string) | undefined {
  const { url = '' } = request;
  const start = url.indexOf('?');
  if (start < 0) return undefined;
  const pairs = url.slice(start + 1).split('&');
  const tickets = pairs.filter((pair) => pair.startsWith('ticket='));
  if (tickets.length === 0) return undefined;
  const kept = pairs.filter((pair) => !pair.startsWith('ticket='));
  request.url = url.slice(0, start) + (kept.length > 0 ? `?${kept.join('&')}` : '');
  return () => {
    if (tickets.length > 1) throw new AuthKitError('ambiguous_credentials', { reason: 'two tickets' });
    return tickets[0].slice('ticket='.length);
  };
}

function setHeader(request: IncomingMessage, name: string, value: string): void {
  request.headers[name] = value;
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i].toLowerCase() === name) rawHeaders[i + 1] = value;
}
