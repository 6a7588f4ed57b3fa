import type { Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { DevelopmentMailer } from './development.mailer.js';
import { MailboxMailer } from './mailbox.mailer.js';
import { Mailer } from './mailer.js';

/** The mailer that the option `mail.transport` asks for. */
export const MAILER_PROVIDER: Provider = {
  provide: Mailer,
  inject: [RESOLVED_OPTIONS, MailboxMailer, ModuleRef],
  useFactory: async (
    { mail: { transport } }: ResolvedOptions,
    mailbox: MailboxMailer,
    moduleRef: ModuleRef,
  ): Promise<Mailer> => {
    switch (transport.kind) {
      case 'own':
        return transport.mailer instanceof Mailer ? transport.mailer : moduleRef.create(transport.mailer);
      case 'smtp': {
        // Only now: an app that sends no mail by SMTP shall not wait for the library.
        const { SmtpMailer } = await import('./smtp.mailer.js');
        return new SmtpMailer(transport.settings);
      }
      default:
        // With kind none nothing is ever written that could be sent.
        return new DevelopmentMailer(mailbox);
    }
  },
};
