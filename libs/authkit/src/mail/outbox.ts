import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { newId } from '../kernel/random.js';
import { RequestContext } from '../kernel/request-context.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { OutboxStore } from '../storage/outbox.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import type { AuthUser } from '../storage/user.store.js';
import { MailLocales } from './mail-locale.js';
import type { MailMessages, MailTemplate } from './mail-messages.js';
import { OutboxWorker } from './outbox-worker.js';
import { SealedMails } from './sealed-mail.js';

/** Mails to be sent: each written with the change it tells of, and sent by a worker afterwards. */
@Injectable()
export class Outbox {
  constructor(
    private readonly store: OutboxStore,
    private readonly unit: UnitOfWork,
    private readonly worker: OutboxWorker,
    private readonly sealed: SealedMails,
    private readonly locales: MailLocales,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Writes that a mail is to be sent; belongs into the unit of work of the change. Without a way to send mails it writes
   * nothing.
   *
   * @param to an address other than the user's own
   */
  async enqueue<T extends MailTemplate>(
    user: AuthUser,
    template: T,
    data: MailMessages[T],
    to?: string,
  ): Promise<void> {
    if (this.options.mail.transport.kind === 'none') return;
    const at = this.clock.now();
    const context = RequestContext.current();
    const sealed = this.sealed.seal<T>({
      to: to ?? user.email,
      template,
      data,
      locale: this.locales.of(user),
      origin: { at, ip: context?.ip ?? null, userAgent: context?.userAgent ?? null },
    });
    await this.store.insert({
      id: newId(at),
      userId: user.id,
      template,
      sealed,
      createdAt: at,
      attempts: 0,
      dueAt: at,
      lastError: null,
    });
    this.unit.afterCommit(() => this.worker.wake());
  }
}
