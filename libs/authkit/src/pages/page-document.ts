import { html, unbroken, type Html } from './html.js';
import type { PageMessages } from './messages/en.js';
import type { PageName } from './page-names.js';

/** What a document is made of. */
export interface PageDocument {
  readonly name: PageName;
  readonly language: string;
  readonly texts: PageMessages;
  readonly title: string;
  readonly stylesheets: readonly string[];
  readonly script: string;
  readonly icon: string;
  /** What the script must know. */
  readonly settings: object;
  readonly brand: Html;
  readonly content: Html;
}

// The script stands in the head, so that it has the token out of the address before anything else is loaded.
export function documentOf(page: PageDocument): string {
  const { name, language, texts, title, stylesheets, script, icon, settings, brand, content } = page;
  const markup = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${stylesheets.map((url) => html`<link rel="stylesheet" href="${url}" />`)}
        <link rel="icon" type="image/svg+xml" href="${icon}" />
        <script src="${script}"></script>
      </head>
      <body>
        <main class="card" data-page="${name}" data-authkit="${JSON.stringify(settings)}">
          ${brand}
          <noscript><p class="notice error">${texts.common.noScript}</p></noscript>
          ${unbroken(content)}
        </main>
      </body>
    </html> `;
  return `${markup.toString().trim()}\n`;
}
