import { fetchText } from '../kernel/fetch-text.js';

const MAX_BYTES = 64 * 1024;

/** A JSON document by HTTP, at most 64 KiB, without redirects. Throws for anything else, also when it takes longer (ms). */
export async function fetchJson(url: URL, timeout: number): Promise<unknown> {
  // A copy some minutes old would not show a key that is asked for because it is new.
  const headers = { accept: 'application/jwk-set+json, application/json', 'cache-control': 'no-cache' };
  return JSON.parse(await fetchText(url, { timeout, maxBytes: MAX_BYTES, headers })) as unknown;
}
