import { createHash } from 'node:crypto';
import { durationMs, type Duration } from '../kernel/duration.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import { fetchText } from '../kernel/fetch-text.js';
import { BreachCheck } from './breach-check.js';

/** Several times what a padded answer of today has. */
const MAX_BYTES = 512 * 1024;
const PREFIX_LENGTH = 5;
const ENTRY = /^([0-9A-F]{35}):(\d+)$/;

export interface HibpRangeCheckOptions {
  /** What the prefix is added to; a mirror of your own, for example. @default 'https://api.pwnedpasswords.com/range/' */
  url?: string;
  /** How long a new password may wait for the answer; 100 ms to 30 s. @default '2s' */
  timeout?: Duration;
  /** To go through a proxy. @default the global fetch */
  fetch?: typeof fetch;
}

/**
 * Asks the range API of Have I Been Pwned, or one like it: the first 5 hexadecimal digits of the password's SHA-1 go
 * out, all that begins so comes back, padded, so that nobody on the way learns the password. Throws
 * `AuthKitConfigError` for a URL or a timeout that cannot be right.
 */
export function hibpRangeCheck(options: HibpRangeCheckOptions = {}): BreachCheck {
  const { url = 'https://api.pwnedpasswords.com/range/', timeout = '2s' } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol) || !url.endsWith('/')) {
    throw new AuthKitConfigError(
      'hibpRangeCheck().url',
      'it is not valid',
      'Give an http(s) URL that ends in a slash.',
    );
  }
  const ms = durationMs(timeout);
  if (ms === null || ms < 100 || ms > 30_000) {
    throw new AuthKitConfigError(
      'hibpRangeCheck().timeout',
      'it is not valid',
      "Give seconds or text like '2s', up to 30 s.",
    );
  }
  return new HibpRangeCheck(url, ms, options.fetch);
}

class HibpRangeCheck extends BreachCheck {
  constructor(
    private readonly url: string,
    private readonly timeout: number,
    private readonly fetch: typeof globalThis.fetch | undefined,
  ) {
    super();
  }

  override async isBreached(password: string): Promise<boolean> {
    // SHA-1 only names the bucket; it protects nothing here.
    const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
    const text = await fetchText(new URL(hash.slice(0, PREFIX_LENGTH), this.url), {
      timeout: this.timeout,
      maxBytes: MAX_BYTES,
      headers: { 'add-padding': 'true', accept: 'text/plain', 'user-agent': 'nest-authkit' },
      fetch: this.fetch,
    });
    const entries = text.trim().split(/\r?\n/).map(entryOf);
    // Padding has the count 0.
    return entries.some(({ suffix, count }) => suffix === hash.slice(PREFIX_LENGTH) && count > 0);
  }
}

function entryOf(line: string): { suffix: string; count: number } {
  const [, suffix, count] = ENTRY.exec(line) ?? [];
  if (suffix === undefined) throw new Error('the answer is not a list of hash suffixes');
  return { suffix, count: Number(count) };
}
