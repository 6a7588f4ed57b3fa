/** A mail ready to be sent: one recipient, no attachments. Addresses and subject hold no control characters. */
export interface OutgoingMail {
  /** The same at every attempt; fit for a Message-ID, and for a provider's idempotency key. */
  readonly id: string;
  /** The option `mail.from`: an address, or `Name <address>`. */
  readonly from: string;
  /** One bare address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Hands a mail to whoever delivers it. Write one for an HTTP provider and give it as `mail.transport`. */
export abstract class Mailer {
  /**
   * Resolves once somebody else answers for the mail. Throws to have it tried again later, and {@link MailRejectedError}
   * when that would be in vain.
   */
  abstract send(mail: OutgoingMail): Promise<void>;
}

/** The mail will never be accepted: no such mailbox, or refused for what it is. */
export class MailRejectedError extends Error {
  /** @param code a short word for the operator, such as `550`; no address, no content */
  constructor(readonly code: string) {
    super(`the mail was rejected (${code})`);
    this.name = 'MailRejectedError';
  }
}
