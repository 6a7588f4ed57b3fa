import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { MailTemplate } from './mail-messages.js';
import type { RenderedMail } from './templates/layout.js';
import type { MailContext } from './templates/mail-text.js';

/** What a template of the host's is given. */
export interface OwnMailContext<T extends MailTemplate = MailTemplate> extends MailContext<T> {
  /** The mail as the kit would write it, to change a part of it. */
  readonly standard: () => RenderedMail;
}

/** Templates of the host's: each gives subject, plain text and HTML. What they put into the HTML they must escape. */
export type MailTemplates = {
  readonly [T in MailTemplate]?: (mail: OwnMailContext<T>) => MaybePromise<RenderedMail>;
};
