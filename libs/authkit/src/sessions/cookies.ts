import { Inject, Injectable } from '@nestjs/common';
import { serialize } from 'cookie';
import { AuthKitError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { TokenPair } from './token-pair.js';

/** As long as browsers keep a cookie (RFC 6265bis, 5.5). */
const DEVICE_MAX_AGE = 400 * 86_400;

/**
 * Reads and writes the cookies: access (SameSite as configured), refresh (always Strict), and the one by which a device
 * is known again (always Lax: it must come along when a browser is sent back by another site to sign in). HttpOnly, Path=/.
 */
@Injectable()
export class AuthCookies {
  private readonly access: string;
  private readonly refresh: string;
  private readonly device: string;

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {
    this.access = options.cookies.names.access;
    this.refresh = options.cookies.names.refresh;
    this.device = options.cookies.names.device;
  }

  /** Set-Cookie values for a session's tokens. Both live as long as the session: the token inside has its own end. */
  issue(tokens: TokenPair): string[] {
    return [
      this.write(this.access, tokens.accessToken, tokens.refreshExpiresIn, this.options.cookies.sameSite),
      this.write(this.refresh, tokens.refreshToken, tokens.refreshExpiresIn, 'strict'),
    ];
  }

  /** Set-Cookie value for a device's token. */
  issueDevice(token: string): string {
    return this.write(this.device, token, DEVICE_MAX_AGE, 'lax');
  }

  /** Set-Cookie values that delete access and refresh, with the attributes they were set with. */
  clear(): string[] {
    return [this.write(this.access, '', 0, this.options.cookies.sameSite), this.write(this.refresh, '', 0, 'strict')];
  }

  /** Throws `ambiguous_credentials` (400) when the cookie is there twice: one was planted, and which is unknowable. */
  accessToken(header: string | undefined): string | undefined {
    return this.read(header, this.access);
  }

  /** Like {@link accessToken}. */
  refreshToken(header: string | undefined): string | undefined {
    return this.read(header, this.refresh);
  }

  /** Every value: it lets nobody in, so one that was planted is passed over. */
  deviceTokens(header: string | undefined): string[] {
    return this.options.credentials.cookie ? cookieValues(header, this.device) : [];
  }

  /** Whether any cookie of ours is carried. */
  isPresent(header: string | undefined): boolean {
    return [this.access, this.refresh, this.device].some((name) => cookieValues(header, name).length > 0);
  }

  private read(header: string | undefined, name: string): string | undefined {
    if (!this.options.credentials.cookie) return undefined;
    const values = cookieValues(header, name);
    if (values.length > 1) {
      throw new AuthKitError('ambiguous_credentials', {
        reason: `${name} was sent more than once`,
        clearCookies: true,
      });
    }
    return values[0] || undefined;
  }

  private write(name: string, value: string, maxAge: number, sameSite: 'lax' | 'strict' | 'none'): string {
    const { secure, domain } = this.options.cookies;
    return serialize(name, value, { httpOnly: true, path: '/', secure, sameSite, maxAge, ...(domain && { domain }) });
  }
}

/** Every value of one name. Not a cookie parser: those keep the first of two, and the second is what matters here. */
export function cookieValues(header: string | undefined, name: string): string[] {
  const pairs = header?.split(';') ?? [];
  return pairs
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
}
