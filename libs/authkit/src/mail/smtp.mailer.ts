import type { OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import type { SmtpSettings } from './mail-transport.js';
import { Mailer, MailRejectedError, type OutgoingMail } from './mailer.js';

/** Milliseconds. A server that takes longer is taken for down; the mail is tried again. */
const PATIENCE = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 30_000 };
/** What the content may not make the library read: it is text, never a path or a URL. */
const CONTENT = { disableFileAccess: true, disableUrlAccess: true };
/** The steps at which a refusal is about this mail, and not about the connection or the account. */
const ABOUT_THE_MAIL = ['RCPT TO', 'DATA'];

interface SmtpError {
  code?: unknown;
  responseCode?: unknown;
  command?: unknown;
}

/** Sends by SMTP (RFC 5321). */
export class SmtpMailer extends Mailer implements OnApplicationShutdown {
  private readonly transporter: ReturnType<typeof createTransport>;

  constructor(settings: SmtpSettings) {
    super();
    this.transporter = createTransport({ ...PATIENCE, ...settings.reveal(), ...CONTENT });
  }

  override async send({ id, from, to, subject, text, html }: OutgoingMail): Promise<void> {
    const sender = addressOf(from);
    try {
      await this.transporter.sendMail({
        from,
        // As an object, so that nothing in it is parsed as a list.
        to: { name: '', address: to },
        envelope: { from: sender, to: [to] },
        messageId: `<${id}@${sender.slice(sender.lastIndexOf('@') + 1)}>`,
        subject,
        text,
        html,
        // Keeps out-of-office replies away (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      throw isFinal(error as SmtpError) ? new MailRejectedError(String((error as SmtpError).responseCode)) : error;
    }
  }

  onApplicationShutdown(): void {
    this.transporter.close();
  }
}

/** The address in `Name <address>`. */
function addressOf(from: string): string {
  return /<([^<>]+)>$/.exec(from)?.[1] ?? from;
}

function isFinal({ responseCode, command }: SmtpError): boolean {
  return typeof responseCode === 'number' && responseCode >= 500 && ABOUT_THE_MAIL.includes(String(command));
}
