import type { PageLanguage } from './page-language.js';
import type { PageName } from './page-names.js';

/** Makes the kit's pages. Extend `AuthPages` to change some, or this to make all of them yourself. */
export abstract class PageRenderer {
  /**
   * The whole document, the same for everybody: it may be shown to whoever asks, and a token is only in the fragment of
   * its address. Scripts and styles inside of it do not run: see the Content-Security-Policy in docs/guides/pages.md.
   */
  abstract render(name: PageName, language: PageLanguage): string;
}
