import { AuthPages, html, type Html } from 'nest-authkit';

/** The kit's pages, with a way back to the landing page. */
export class DemoPages extends AuthPages {
  protected override brand(): Html {
    return html`<p class="brand"><a href="/">${this.options.appName}</a></p>`;
  }
}
