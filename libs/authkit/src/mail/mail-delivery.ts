import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthEvents, type MailFailure } from '../kernel/events.js';
import { OutboxStore, type ClaimedMail } from '../storage/outbox.store.js';
import { MailRenderer } from './mail-renderer.js';
import type { MailIntent } from './mail-messages.js';
import { Mailer, MailRejectedError } from './mailer.js';
import { SealedMails } from './sealed-mail.js';

/** One mailbox and nothing that a mail server or provider could take for more. */
const ONE_MAILBOX = /^[^\s\p{Cc}<>()[\],;:"\\@]+@[^\s\p{Cc}<>()[\],;:"\\@]+$/u;

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** How long to wait after each attempt; about a day in all. */
const RETRY_AFTER_MS = [10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 15 * HOUR];
/** Milliseconds that a mailer may take. */
const PATIENCE_MS = 30 * SECOND;

/** Tries one mail, and writes down what became of it. */
@Injectable()
export class MailDelivery {
  private readonly logger = new Logger('AuthKit');
  private failing = false;

  constructor(
    private readonly store: OutboxStore,
    private readonly sealed: SealedMails,
    private readonly renderer: MailRenderer,
    private readonly mailer: Mailer,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
  ) {}

  async attempt(mail: ClaimedMail): Promise<void> {
    const intent = this.sealed.open(mail.template, mail.sealed);
    if (!intent) return this.giveUp(mail, 'unreadable', 'no secret that is configured now opens it');
    if (!ONE_MAILBOX.test(intent.to)) return this.giveUp(mail, 'rejected', 'the address is not one mailbox');
    const deadline = deadlineOf(intent);
    if (deadline !== null && deadline <= this.clock.now()) return this.giveUp(mail, 'link_expired', 'its link expired');
    try {
      const rendered = await this.renderer.render(mail.id, intent);
      await inTime(this.mailer.send(rendered));
    } catch (error) {
      return this.failed(mail, error);
    }
    this.failing = false;
    await this.store.markSent(mail);
    await this.events.emit('mail.sent', { template: intent.template }, { subject: mail.userId });
  }

  private async failed(mail: ClaimedMail, error: unknown): Promise<void> {
    const code = codeOf(error);
    if (error instanceof MailRejectedError) return this.giveUp(mail, 'rejected', code);
    const wait = RETRY_AFTER_MS.at(mail.attempts - 1);
    if (wait === undefined) return this.giveUp(mail, 'gave_up', code);
    if (!this.failing) this.logger.warn(`a mail could not be sent (${code}); it will be tried again`);
    this.failing = true;
    await this.store.putBack(mail, this.clock.now() + wait, code);
  }

  private async giveUp(mail: ClaimedMail, reason: MailFailure, lastError: string): Promise<void> {
    await this.store.putBack(mail, null, lastError);
    this.logger.error(`a mail was given up: ${mail.template} (${reason}: ${lastError})`);
    await this.events.emit('mail.failed', { template: mail.template, reason }, { subject: mail.userId });
  }
}

/** When there is no point in sending it any more, in epoch milliseconds; null for never. */
function deadlineOf({ data, origin }: MailIntent): number | null {
  if ('lifetime' in data) return origin.at + data.lifetime;
  return 'deletionAt' in data ? data.deletionAt : null;
}

/** Never an error's message: servers repeat the address in it, and templates the link. */
function codeOf(error: unknown): string {
  const { code, responseCode, name } = (error ?? {}) as Record<string, unknown>;
  const isWord = (word: unknown) =>
    typeof word === 'number' || (typeof word === 'string' && /^[\w.-]{1,60}$/.test(word));
  const words = [code ?? name, responseCode].filter(isWord);
  return words.length > 0 ? words.join(' ') : 'unknown error';
}

class MailTimeoutError extends Error {
  override readonly name = 'MailTimeoutError';
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new MailTimeoutError('the mailer took too long')), PATIENCE_MS);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
