import { Inject, Injectable } from '@nestjs/common';
import { ControllerRoutes } from '../http/controller-routes.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import type { LinkKind, MailLink } from '../options/link-options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import { PAGE, type PageName } from '../pages/page-names.js';

const OWN_PAGES: Readonly<Record<LinkKind, PageName>> = {
  signIn: 'sign-in',
  changePassword: 'sessions',
  resetPassword: 'reset',
  verifyEmail: 'verify',
  confirmEmail: 'confirm-email',
  cancelEmailChange: 'cancel-email',
  notMe: 'not-me',
  cancelDeletion: 'cancel-deletion',
};

/**
 * Where the pages are, the host's or the kit's own: absolute URLs made of options and of the routes as Nest serves them,
 * never of what a request says of itself (Host, X-Forwarded-Host).
 */
@Injectable()
export class Links {
  private readonly paths = new Map<string, string>();

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly routes: ControllerRoutes,
  ) {}

  /**
   * The link of a mail. The token is in the fragment, which browsers send to nobody: not to servers, proxies, logs, nor
   * as a Referer. Throws {@link AuthKitConfigError} when neither the kit nor the host has such a page.
   */
  to(kind: MailLink, token: string): string {
    return `${this.page(kind)}#token=${token}`;
  }

  /** A page's URL. Throws like {@link to}. */
  page(kind: LinkKind): string {
    const url = this.options.links[kind] ?? this.ownPage(OWN_PAGES[kind]);
    if (url !== null) return url;
    throw new AuthKitConfigError(`links.${kind}`, 'it is missing, and the pages of the kit are off', 'Name your page.');
  }

  /** The URL of one of the kit's pages or their files; null when they are off. */
  ownPage(name: string): string | null {
    // At the first use, because prefix and versioning may be set until the app is initialised.
    if (this.paths.size === 0) this.collect();
    const path = this.paths.get(name);
    return path === undefined ? null : this.options.baseUrl + path;
  }

  private collect(): void {
    for (const { decorated, path } of this.routes.list()) {
      const name = Reflect.getMetadata(PAGE, decorated) as string | undefined;
      // Of several versions the first: that of the app's defaults.
      if (name !== undefined && !this.paths.has(name)) this.paths.set(name, path);
    }
  }
}
