import { Inject, Injectable } from '@nestjs/common';
import Negotiator from 'negotiator';
import { RequestContext } from '../kernel/request-context.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { AuthUser } from '../storage/user.store.js';

const TAG = /^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/;

/** Which language a user is written to in. */
@Injectable()
export class MailLocales {
  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  /** The user's own, else the best for the request's Accept-Language, else `mail.defaultLocale`. */
  of(user: AuthUser): string {
    const { localeOf, locales, defaultLocale } = this.options.mail;
    const own = localeOf ? localeOf(user) : (user as { locale?: unknown }).locale;
    return (
      bestOf(locales, typeof own === 'string' && TAG.test(own) ? own.replaceAll('_', '-') : '') ??
      bestOf(locales, RequestContext.current()?.languages ?? '') ??
      defaultLocale
    );
  }
}

/** The first of the languages that the header (RFC 9110, 12.5.4) ranks; `de` serves `de-AT`. */
function bestOf(locales: readonly string[], accepted: string): string | undefined {
  // Whoever takes any language gets the default one.
  if (/^[\s,*]*$/.test(accepted)) return undefined;
  return new Negotiator({ headers: { 'accept-language': accepted } }).languages([...locales])[0];
}
