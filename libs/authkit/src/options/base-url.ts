import { AuthKitConfigError } from '../kernel/errors.js';
import { refuse } from './option-parsers.js';

/** The app's public URL. Throws {@link AuthKitConfigError} when it is missing or more than an address. */
export function parseBaseUrl(value: string | null): URL {
  if (value === null) {
    throw new AuthKitConfigError(
      'baseUrl',
      'it is missing',
      "Set it to the app's public URL, e.g. https://app.example.com.",
    );
  }
  const url = URL.canParse(value) ? new URL(value) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    return refuse('baseUrl', value, 'Give an http(s) URL without credentials, query or fragment.');
  }
  return url;
}
