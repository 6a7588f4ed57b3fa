import { refuse, type Parser } from './option-parsers.js';

/** The pages that links in mails lead to. */
export const MAIL_LINKS = [
  'resetPassword',
  'verifyEmail',
  'confirmEmail',
  'cancelEmailChange',
  'notMe',
  'cancelDeletion',
] as const;

/** The pages the kit leads people to: those of its mails, and two more. */
export const LINKS = ['signIn', 'changePassword', ...MAIL_LINKS] as const;

export type MailLink = (typeof MAIL_LINKS)[number];
export type LinkKind = (typeof LINKS)[number];

const REMEDY =
  "Give a path below baseUrl such as '/reset', or a URL on its origin or one of allowedOrigins; no fragment, which holds the token.";

/** An absolute URL out of a path below `baseUrl`, or out of a URL whose origin is allowed. Null when none is given. */
export function linkTarget(baseUrl: string, allowedOrigins: readonly string[]): Parser<string | null> {
  const origins = [new URL(baseUrl).origin, ...allowedOrigins];
  return (raw, path) => {
    if (raw === undefined) return null;
    // What URL parsers drop or turn round (controls, spaces, backslashes) would make the text lie about its target.
    if (typeof raw !== 'string' || /[^\x21-\x7e]|[\\#]|^\/\//.test(raw)) return refuse(path, raw, REMEDY);
    const text = raw.startsWith('/') ? baseUrl + raw : raw;
    const url = URL.canParse(text) ? new URL(text) : null;
    const ok = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && origins.includes(url.origin);
    return ok ? url.href : refuse(path, raw, REMEDY);
  };
}
