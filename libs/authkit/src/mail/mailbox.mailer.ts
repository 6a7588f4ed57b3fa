import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { Mailer, type OutgoingMail } from './mailer.js';

const CAPACITY = 200;

/** A mail as the mailbox keeps it. */
export interface KeptMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** RFC 3339, UTC. */
  readonly sentAt: string;
}

/** Delivers to a list in memory; for development and tests. */
@Injectable()
export class MailboxMailer extends Mailer {
  private readonly kept: KeptMail[] = [];

  constructor(private readonly clock: Clock) {
    super();
  }

  /** The last 200, newest first. */
  get mails(): readonly KeptMail[] {
    return [...this.kept];
  }

  override send({ to, subject, text, html }: OutgoingMail): Promise<void> {
    this.kept.unshift({ to, subject, text, html, sentAt: new Date(this.clock.now()).toISOString() });
    this.kept.length = Math.min(this.kept.length, CAPACITY);
    return Promise.resolve();
  }
}
