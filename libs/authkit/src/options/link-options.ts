import type { Duration } from '../kernel/duration.js';
import type { LinkPurpose } from '../storage/one-time-token.store.js';
import { duration, refuse, section, type Parser } from './option-parsers.js';

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

/** How long the links in mails are good. */
export interface LinkLifetimes {
  /** To prove the address, and to say that the registration was somebody else's. @default '24h' */
  verifyEmail?: Duration;
  /** To choose a new password. @default '30m' */
  resetPassword?: Duration;
  /** To choose the first password of an account that somebody else has made. @default '24h' */
  setPassword?: Duration;
  /** To confirm a new address. @default '1h' */
  changeEmail?: Duration;
  /** To stop a change of the address, and to say that a login was somebody else's. @default '7d' */
  objection?: Duration;
}

/** Your own pages instead of the kit's. */
export interface LinkOptions {
  /** Where people sign in. @default the kit's page */
  signIn?: string;
  /** Where /.well-known/change-password leads. @default the kit's page of the account */
  changePassword?: string;
  /** Asks for the new password, the first one too: POST /auth/password/reset. @default the kit's page */
  resetPassword?: string;
  /** POST /auth/email/verify. @default the kit's page */
  verifyEmail?: string;
  /** POST /auth/email/change/confirm. @default the kit's page */
  confirmEmail?: string;
  /** POST /auth/email/change/cancel. @default the kit's page */
  cancelEmailChange?: string;
  /** POST /auth/devices/not-me. @default the kit's page */
  notMe?: string;
  /** POST /auth/me/deletion/cancel. @default the kit's page */
  cancelDeletion?: string;
}

/** Looks of the kit's pages. */
export interface PageOptions {
  /** A stylesheet after the kit's own: a path below `baseUrl`, or a URL on its origin or one of `allowedOrigins`. @default none */
  stylesheet?: string;
  /** Where people go after they have signed in, likewise. @default the kit's page of the account */
  home?: string;
}

export interface ResolvedPages {
  /** Absolute URLs of the host's own pages; null where the kit's are meant. */
  readonly links: Readonly<Record<LinkKind, string | null>>;
  /** Absolute URLs. */
  readonly pages: { readonly stylesheet: string | null; readonly home: string | null };
}

const REMEDY =
  "Give a path below baseUrl such as '/reset', or a URL on its origin or one of allowedOrigins; no fragment, which holds the token.";

/** `links` and `pages`, as absolute URLs; null for what is not given. */
export function parseLinks(
  given: { links: unknown; pages: unknown },
  { href }: URL,
  allowedOrigins: readonly string[],
): ResolvedPages {
  const target = linkTarget(href.replace(/\/$/, ''), allowedOrigins);
  const links = Object.fromEntries(LINKS.map((kind) => [kind, target])) as Record<LinkKind, typeof target>;
  return {
    links: section(given.links, 'links', links),
    pages: section(given.pages, 'pages', { stylesheet: target, home: target }),
  };
}

/** An absolute URL out of a path below `baseUrl`, or out of a URL whose origin is allowed. Null when none is given. */
function linkTarget(baseUrl: string, allowedOrigins: readonly string[]): Parser<string | null> {
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

const lifetime = (fallback: string) => duration(fallback, '1m', '30d');

/** Milliseconds by the purpose of a link. */
export function parseLinkLifetimes(raw: unknown): Record<LinkPurpose, number> {
  const given = section(raw, 'linkLifetimes', {
    verifyEmail: lifetime('24h'),
    resetPassword: lifetime('30m'),
    setPassword: lifetime('24h'),
    changeEmail: lifetime('1h'),
    objection: lifetime('7d'),
  });
  return {
    verify_email: given.verifyEmail,
    disown_registration: given.verifyEmail,
    reset_password: given.resetPassword,
    set_password: given.setPassword,
    change_email: given.changeEmail,
    cancel_email_change: given.objection,
    not_me: given.objection,
    cancel_deletion: given.objection,
  };
}
