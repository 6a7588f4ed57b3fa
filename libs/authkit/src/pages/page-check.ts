import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AuthKitConfigError } from '../kernel/errors.js';
import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import { MAIL_LINKS } from '../options/link-options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS, STATIC_OPTIONS } from '../options/tokens.js';

/** Refuses to start without pages for the links of mails. */
@Injectable()
export class PageCheck implements OnModuleInit {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(STATIC_OPTIONS) private readonly staticOptions: AuthKitStaticOptions,
  ) {}

  onModuleInit(): void {
    const { routes } = this.staticOptions;
    if (routes !== false && routes?.pages !== false) return;
    // Without routes only the host itself starts what needs a link; Links.to() still says what is missing.
    const sends = this.options.production && this.options.mail.transport.kind !== 'none';
    if (routes === false && !sends) return;
    const missing = MAIL_LINKS.find((kind) => this.options.links[kind] === null);
    if (missing === undefined) return;
    throw new AuthKitConfigError(
      `links.${missing}`,
      'it is missing, and the pages of the kit are off',
      'Name your own page, or leave routes.pages at its default.',
    );
  }
}
