import type { MailMessages, MailOrigin, MailTemplate } from '../mail-messages.js';

/** What a template is given. */
export interface MailContext<T extends MailTemplate = MailTemplate> {
  readonly template: T;
  readonly data: MailMessages[T];
  readonly origin: MailOrigin;
  readonly appName: string;
  /** The language to write in, one of `mail.locales`. */
  readonly locale: string;
  /** When it was asked for, in words and in UTC; says so. */
  readonly when: string;
  /** What it was asked for on, such as `Firefox on Linux`; null when that is unknown. Never the raw header. */
  readonly device: string | null;
  /** How long its link is good, in words; null for a mail without a lifetime. */
  readonly goodFor: string | null;
  /** An instant (epoch milliseconds) in words and in UTC; says so. */
  readonly time: (at: number) => string;
}

/** A paragraph, or a link that is shown as a button. */
export type MailPart = string | { readonly label: string; readonly url: string };

/** What a mail says, without its form. */
export interface MailText {
  readonly subject: string;
  readonly parts: readonly MailPart[];
}

/** All texts of one language; a missing one fails the type check. */
export interface MailLanguage {
  /** Labels of what every mail ends with. */
  readonly facts: {
    readonly title: string;
    readonly time: string;
    readonly ip: string;
    readonly device: string;
    readonly unknown: string;
  };
  /** Above a link written out. */
  readonly copyLink: string;
  readonly footer: (appName: string) => string;
  readonly mails: { readonly [T in MailTemplate]: (mail: MailContext<T>) => MailText };
}
