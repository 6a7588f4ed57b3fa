import { Controller, Inject, Injectable, NotFoundException, UseGuards, type CanActivate } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RESOLVED_OPTIONS, type ResolvedOptions } from 'nest-authkit';
import { keepsMails, MAILBOX_SCRIPT, mailboxPage } from './site/mailbox-page.js';
import { PublicFile, PublicPage } from './site/page.js';

/** A mailbox is only where the kit has one. A guard, because it comes before the headers of a page. */
@Injectable()
class MailboxGuard implements CanActivate {
  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  canActivate(): boolean {
    if (!keepsMails(this.options)) throw new NotFoundException();
    return true;
  }
}

@ApiTags('home')
@UseGuards(MailboxGuard)
@Controller()
export class MailboxController {
  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  @PublicPage('mailbox', 'The development mailbox, for reading; 404 where mails are sent')
  page(): string {
    return mailboxPage(new URL(this.options.baseUrl).origin);
  }

  @PublicFile('mailbox.js', 'text/javascript; charset=utf-8')
  script(): string {
    return MAILBOX_SCRIPT;
  }
}
