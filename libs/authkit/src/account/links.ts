import { Inject, Injectable } from '@nestjs/common';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';

/** The pages that links in mails lead to. */
export type LinkKind =
  'resetPassword' | 'verifyEmail' | 'confirmEmail' | 'cancelEmailChange' | 'notMe' | 'cancelDeletion';

const PAGES: Record<LinkKind, string> = {
  resetPassword: '/auth/pages/reset',
  verifyEmail: '/auth/pages/verify',
  confirmEmail: '/auth/pages/confirm-email',
  cancelEmailChange: '/auth/pages/cancel-email',
  notMe: '/auth/pages/not-me',
  cancelDeletion: '/auth/pages/cancel-deletion',
};

/** Links for mails. Their base is the option `baseUrl`, never what a request says of itself. */
@Injectable()
export class Links {
  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  /** The token is in the fragment, which browsers send to nobody: not to servers, proxies, logs, nor as a Referer. */
  to(kind: LinkKind, token: string): string {
    return `${this.options.baseUrl}${PAGES[kind]}#token=${token}`;
  }
}
