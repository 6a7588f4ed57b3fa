import type { Type } from '@nestjs/common';
import { AuthKitConfigError } from '../kernel/errors.js';
import { canonicalEmail } from '../account/email-address.js';
import { MAIL_TEMPLATES } from '../mail/mail-messages.js';
import type { MailTemplates } from '../mail/mail-templates.js';
import { SmtpSettings, type MailTransport, type SmtpOptions } from '../mail/mail-transport.js';
import { Mailer } from '../mail/mailer.js';
import type { ResolvedOptions } from './resolved-options.js';
import { refuse, section, text, textList, type Parser } from './option-parsers.js';

type Mail = ResolvedOptions['mail'];
type Given = { [K in keyof Mail]: K extends 'transport' | 'from' ? unknown : Mail[K] };

const SHIPPED = ['en', 'de', 'fr', 'es'];
const REMEDY = "Give an SMTP URL such as 'smtps://user:password@mail.example.com', SMTP options, or a Mailer.";

const given: Parser<Given> = (raw, path) =>
  section<Given>(raw, path, {
    transport: (value) => value,
    from: (value) => value,
    locales: textList(SHIPPED),
    defaultLocale: text('en'),
    localeOf: (value: unknown = null, at) =>
      value === null || typeof value === 'function'
        ? (value as Mail['localeOf'])
        : refuse(at, value, 'Give a function of the user.'),
    templates: ownTemplates,
  });

/** The option `mail`. What production lacks is a warning: an app may do without mails. */
export function parseMail(raw: unknown, production: boolean, appName: string, warnings: string[]): Mail {
  const mail = given(raw, 'mail');
  for (const [i, locale] of mail.locales.entries()) {
    if (!isLocale(locale)) refuse(`mail.locales[${i}]`, locale, "Give a language tag such as 'de' or 'pt-BR'.");
  }
  if (!mail.locales.includes(mail.defaultLocale)) {
    refuse('mail.defaultLocale', mail.defaultLocale, 'Give one of mail.locales.');
  }
  if (mail.transport === undefined) {
    if (mail.from !== undefined) sender(mail.from);
    if (!production) {
      const from = mail.from === undefined ? 'no-reply@localhost' : sender(mail.from);
      return { ...mail, transport: { kind: 'development' }, from };
    }
    warnings.push(
      `${appName} sends no mail, because mail.transport is not set: no new passwords, no proofs of addresses`,
    );
    return { ...mail, transport: { kind: 'none' }, from: '' };
  }
  if (mail.from === undefined) {
    throw new AuthKitConfigError(
      'mail.from',
      'it is missing',
      "Give the sender, such as 'App <no-reply@example.com>'.",
    );
  }
  return { ...mail, transport: transportOf(mail.transport, production), from: sender(mail.from) };
}

function transportOf(raw: unknown, production: boolean): MailTransport {
  if (raw instanceof Mailer || isMailerClass(raw)) return { kind: 'own', mailer: raw };
  // In production no link travels in the clear, unless told so; credentials neither (ASVS 12.3.1).
  const safe = { requireTLS: production };
  if (typeof raw === 'string') {
    // The text is in no error: a password is in it.
    const url = URL.canParse(raw) ? new URL(raw) : null;
    if (!url || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
      throw new AuthKitConfigError('mail.transport', 'it is no SMTP URL', REMEDY);
    }
    return { kind: 'smtp', settings: new SmtpSettings({ ...safe, url: raw }) };
  }
  if (
    typeof raw !== 'object' ||
    raw === null ||
    Array.isArray(raw) ||
    Object.getPrototypeOf(raw) !== Object.prototype
  ) {
    throw new AuthKitConfigError('mail.transport', 'it is not valid', REMEDY);
  }
  return { kind: 'smtp', settings: new SmtpSettings({ ...safe, ...(raw as SmtpOptions) }) };
}

function isMailerClass(raw: unknown): raw is Type<Mailer> {
  return typeof raw === 'function' && raw.prototype instanceof Mailer;
}

/** One address, with or without a name before it. */
function sender(raw: unknown): string {
  const remedy = "Give one address, such as 'no-reply@example.com' or 'App <no-reply@example.com>'.";
  const [, name = '', inBrackets, alone] = /^(?:"?([^<>"\\\p{Cc}]*)"? *<([^<>]+)>|([^<>]+))$/u.exec(String(raw)) ?? [];
  const address = inBrackets ?? alone;
  if (typeof raw !== 'string' || address === undefined || canonicalEmail(address) === null) {
    return refuse('mail.from', raw, remedy);
  }
  return name.trim() === '' ? address.trim() : `"${name.trim()}" <${address.trim()}>`;
}

const ownTemplates: Parser<MailTemplates> = (raw, path) => {
  const shape = Object.fromEntries(
    MAIL_TEMPLATES.map((name) => [
      name,
      (value: unknown, at: string) =>
        value === undefined || typeof value === 'function'
          ? value
          : refuse(at, value, 'Give a function that returns { subject, text, html }.'),
    ]),
  );
  return section(raw, path, shape as Record<keyof MailTemplates, Parser<never>>);
};

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
