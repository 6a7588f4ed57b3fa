import { Inject, Injectable, Logger } from '@nestjs/common';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { deviceWords } from './device-words.js';
import type { MailIntent, MailTemplate } from './mail-messages.js';
import type { OutgoingMail } from './mailer.js';
import { de } from './templates/de.js';
import { en } from './templates/en.js';
import { es } from './templates/es.js';
import { fr } from './templates/fr.js';
import { layOut, type RenderedMail } from './templates/layout.js';
import type { MailContext, MailLanguage } from './templates/mail-text.js';

const LANGUAGES: Readonly<Record<string, MailLanguage>> = { en, de, fr, es };

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** A template threw, or gave something else than texts; `code` is told to the operator, the rest may hold the link. */
class MailTemplateError extends Error {
  readonly code = 'template_failed';
}

/** Turns what a mail is about into what it says: by the host's template where there is one, else by the kit's. */
@Injectable()
export class MailRenderer {
  private readonly logger = new Logger('AuthKit');

  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  async render<T extends MailTemplate>(id: string, intent: MailIntent<T>): Promise<OutgoingMail> {
    const { subject, text, html } = await this.rendered(intent);
    // A line break would start another header.
    const line = subject.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
    return { id, from: this.options.mail.from, to: intent.to, subject: line, text, html };
  }

  private async rendered<T extends MailTemplate>(intent: MailIntent<T>): Promise<RenderedMail> {
    const own = this.options.mail.templates[intent.template];
    const standard = () => this.standard(intent);
    if (!own) return standard();
    try {
      const rendered = await own({ ...this.contextOf(intent), standard });
      if ([rendered.subject, rendered.text, rendered.html].every((part) => typeof part === 'string')) return rendered;
      throw new TypeError('a template returns { subject, text, html }, all texts');
    } catch (error) {
      // Without the message: it may hold the link. Where it was thrown helps more, anyhow.
      const { name, stack = '' } = error as Error;
      const frame = /^ +at .*$/m.exec(stack)?.[0] ?? '';
      this.logger.error(`mail.templates.${intent.template} failed: ${name}${frame}`);
      throw new MailTemplateError(`mail.templates.${intent.template} failed`);
    }
  }

  private standard<T extends MailTemplate>(intent: MailIntent<T>): RenderedMail {
    const known = [intent.locale, this.options.mail.defaultLocale].find((one) => Object.hasOwn(LANGUAGES, one));
    const locale = known ?? 'en';
    const context = this.contextOf({ ...intent, locale });
    const language = LANGUAGES[locale];
    return layOut(language.mails[intent.template](context), context, language);
  }

  private contextOf<T extends MailTemplate>({ template, data, origin, locale }: MailIntent<T>): MailContext<T> {
    const time = (at: number) => utcWords(locale, at);
    return {
      ...{ template, data, origin, locale, time },
      appName: this.options.appName,
      when: time(origin.at),
      device: deviceWords(origin.userAgent),
      goodFor: 'lifetime' in data ? durationWords(locale, data.lifetime) : null,
    };
  }
}

function utcWords(locale: string, at: number): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(at)} UTC`;
}

/** In the largest unit that divides it: 90 minutes, 24 hours, 7 days. */
function durationWords(locale: string, ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => ms % length === 0 && ms >= length) ?? UNITS[3];
  // A day is more often thought of as 24 hours.
  const [named, by] = unit === 'day' && ms === size ? UNITS[1] : [unit, size];
  return new Intl.NumberFormat(locale, { style: 'unit', unit: named, unitDisplay: 'long' }).format(Math.round(ms / by));
}
