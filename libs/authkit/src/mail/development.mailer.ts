import { Logger } from '@nestjs/common';
import type { MailboxMailer } from './mailbox.mailer.js';
import { Mailer, type OutgoingMail } from './mailer.js';

/** Prints mails, links and all, and keeps them for GET /auth/dev/mailbox. Never used in production. */
export class DevelopmentMailer extends Mailer {
  private readonly logger = new Logger('AuthKit mail');

  constructor(private readonly mailbox: MailboxMailer) {
    super();
  }

  override async send(mail: OutgoingMail): Promise<void> {
    this.logger.log(`To: ${mail.to}\nSubject: ${mail.subject}\n\n${mail.text}`);
    await this.mailbox.send(mail);
  }
}
