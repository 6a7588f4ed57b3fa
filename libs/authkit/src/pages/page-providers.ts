import type { Provider } from '@nestjs/common';
import { Links } from '../account/links.js';
import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import { AuthPages } from './auth-pages.js';
import { ChangePasswordRoute } from './change-password.route.js';
import { PageCheck } from './page-check.js';
import { PageRenderer } from './page-renderer.js';

/** The links, and what serves the pages if there are any. */
export function pageProviders({ routes }: AuthKitStaticOptions): Provider[] {
  const pages = routes === false || routes?.pages === false ? null : (routes?.pages ?? AuthPages);
  return [Links, PageCheck, ChangePasswordRoute, ...(pages ? [{ provide: PageRenderer, useClass: pages }] : [])];
}
