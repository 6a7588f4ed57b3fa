import type { ResolvedOptions } from '../options/resolve-options.js';

/** What every page is sent with. */
export function pageHeaders({ baseUrl, pages }: ResolvedOptions): Readonly<Record<string, string>> {
  const { origin } = new URL(baseUrl);
  const foreign = pages.stylesheet !== null && new URL(pages.stylesheet).origin;
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${foreign && foreign !== origin ? ` ${foreign}` : ''}`,
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    Vary: 'Accept-Language',
  };
}
