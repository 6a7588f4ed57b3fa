import type { IncomingHttpHeaders } from 'node:http';
import { AuthKitError } from '../kernel/errors.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a method changes nothing (RFC 9110, 9.2.1). */
export const isSafeMethod = (method = ''): boolean => SAFE_METHODS.has(method);

export interface CsrfSituation {
  readonly headers: IncomingHttpHeaders;
  readonly allowedOrigins: readonly string[];
  /** A cookie of ours is carried, or the caller asks for some to be set. */
  readonly involvesCookies: boolean;
}

/**
 * Refuses a state-changing request that another site may have sent (Fetch Metadata, then Origin, then Referer).
 * A client that sends none of them is no browser: it passes when no cookies are involved.
 * Throws `csrf_rejected` or `csrf_origin_missing` (403).
 */
export function assertSameSite({ headers, allowedOrigins, involvesCookies }: CsrfSituation): void {
  const fetchSite = headers['sec-fetch-site'];
  if (fetchSite === 'same-origin' || fetchSite === 'none') return;
  const origin = headers.origin ?? (fetchSite === undefined ? originOf(headers.referer) : undefined);
  if (origin !== undefined) {
    if (allowedOrigins.includes(origin)) return;
    throw new AuthKitError('csrf_rejected', { reason: 'the origin is not allowed' });
  }
  if (fetchSite !== undefined) throw new AuthKitError('csrf_rejected', { reason: 'cross-site without an Origin' });
  if (involvesCookies)
    throw new AuthKitError('csrf_origin_missing', { reason: 'no Sec-Fetch-Site, Origin or Referer' });
}

/** Of a Referer; `null` (as text, like an opaque Origin) when it is no URL. */
function originOf(referer: string | undefined): string | undefined {
  if (referer === undefined) return undefined;
  return URL.canParse(referer) ? new URL(referer).origin : 'null';
}
