import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { KeyRing } from '../kernel/key-ring.js';
import { newId } from '../kernel/random.js';
import { RequestContext } from '../kernel/request-context.js';
import { seal } from '../kernel/sealed.js';
import { OutboxStore } from '../storage/outbox.store.js';
import type { AuthUser } from '../storage/user.store.js';
import type { MailIntent, MailMessages, MailTemplate } from './mail-messages.js';

/** Mails to be sent: each written with the change it tells of, and sent by a worker afterwards. */
@Injectable()
export class Outbox {
  constructor(
    private readonly store: OutboxStore,
    private readonly ring: KeyRing,
    private readonly clock: Clock,
  ) {}

  /**
   * Writes that a mail is to be sent; belongs into the unit of work of the change.
   *
   * @param to an address other than the user's own
   */
  async enqueue<T extends MailTemplate>(
    user: AuthUser,
    template: T,
    data: MailMessages[T],
    to?: string,
  ): Promise<void> {
    const at = this.clock.now();
    const context = RequestContext.current();
    const intent: MailIntent<T> = {
      to: to ?? user.email,
      template,
      data,
      languages: context?.languages ?? '',
      origin: { at, ip: context?.ip ?? null, userAgent: context?.userAgent ?? null },
    };
    const sealed = seal(this.ring.keys('outbox')[0], template, JSON.stringify(intent));
    await this.store.insert({
      id: newId(at),
      userId: user.id,
      template,
      sealed,
      createdAt: at,
      attempts: 0,
      dueAt: at,
    });
  }
}
