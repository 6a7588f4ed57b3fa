import type { Type } from '@nestjs/common';
import type { Mailer } from './mailer.js';

/** What nodemailer's SMTP transport takes; the usual fields are named. */
export interface SmtpOptions {
  host?: string;
  /** @default 465 with secure, else 587 */
  port?: number;
  /** TLS from the first byte; else STARTTLS. */
  secure?: boolean;
  /** Send nothing without TLS. @default true in production */
  requireTLS?: boolean;
  auth?: { user: string; pass: string };
  [option: string]: unknown;
}

/** How mails leave, decided at boot. */
export type MailTransport =
  | { readonly kind: 'smtp'; readonly settings: SmtpSettings }
  | { readonly kind: 'own'; readonly mailer: Mailer | Type<Mailer> }
  /** Printed and kept in memory. */
  | { readonly kind: 'development' }
  | { readonly kind: 'none' };

/** Keeps what holds a password from being frozen, compared or printed with the other options. */
export class SmtpSettings {
  readonly #options: SmtpOptions;

  constructor(options: SmtpOptions) {
    this.#options = options;
  }

  reveal(): SmtpOptions {
    return { ...this.#options };
  }
}
