import { Injectable } from '@nestjs/common';
import { KeyRing } from '../kernel/key-ring.js';
import { seal, unseal } from '../kernel/sealed.js';
import type { MailIntent, MailTemplate } from './mail-messages.js';

const LABEL = 'outbox';

/** Encrypts mails for the outbox, because links that open accounts are in them. */
@Injectable()
export class SealedMails {
  constructor(private readonly ring: KeyRing) {}

  seal<T extends MailTemplate>(intent: MailIntent<T>): string {
    return seal(this.ring.keys(LABEL)[0], intent.template, JSON.stringify(intent));
  }

  /** Null when no secret that is configured now opens it. */
  open(template: string, sealed: string): MailIntent | null {
    const text = unseal(this.ring.keys(LABEL), template, sealed);
    return text === null ? null : (JSON.parse(text) as MailIntent);
  }
}
