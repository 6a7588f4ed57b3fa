import { Inject, Injectable } from '@nestjs/common';
import { Links } from '../account/links.js';
import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import type { LinkKind } from '../options/link-options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS, STATIC_OPTIONS } from '../options/tokens.js';
import { BROWSER_FILES } from './browser-files.js';
import { html, type Html } from './html.js';
import type { PageMessages } from './messages/en.js';
import { documentOf } from './page-document.js';
import type { PageLanguage } from './page-language.js';
import type { PageName } from './page-names.js';
import { field, filled, form, link, outcome } from './page-parts.js';
import { PageRenderer } from './page-renderer.js';

/** What a page is rendered with. */
export interface PageView {
  readonly name: PageName;
  readonly language: PageLanguage;
  readonly texts: PageMessages;
}

/** What all pages of the kit have in common. */
@Injectable()
export abstract class PageFrame extends PageRenderer {
  constructor(
    @Inject(RESOLVED_OPTIONS) protected readonly options: ResolvedOptions,
    @Inject(STATIC_OPTIONS) protected readonly staticOptions: AuthKitStaticOptions,
    protected readonly links: Links,
  ) {
    super();
  }

  /** The frame around every page. */
  protected document(view: PageView, title: string, content: Html): string {
    const { stylesheet } = this.options.pages;
    return documentOf({
      ...view,
      title: `${title} · ${this.options.appName}`,
      stylesheets: [this.file('authkit.css'), ...(stylesheet === null ? [] : [this.local(stylesheet)])],
      script: this.file('authkit.js'),
      icon: this.file('authkit.svg'),
      settings: this.settings(view),
      brand: this.brand(),
      content,
    });
  }

  /** The line above every page's title: the app's name. */
  protected brand(): Html {
    return html`<p class="brand">${this.options.appName}</p>`;
  }

  /**
   * A page that does what its link says once its button is pressed: programs that open links press none.
   *
   * @param after shown when it has worked
   * @param wayOn shown when it has not
   */
  protected oneButton(
    texts: Readonly<Record<'title' | 'intro' | 'submit' | 'doneTitle' | 'done', string>>,
    send: string,
    after?: Html | null,
    wayOn?: Html | null,
  ): Html {
    return html`<div data-forms>
        <h1>${texts.title}</h1>
        <p class="intro" data-intro>${texts.intro}</p>
        ${form({ send, withToken: true, submit: texts.submit, then: 'done' })}
        ${wayOn && html`<nav class="links" data-way-on hidden><p>${wayOn}</p></nav>`}
      </div>
      ${outcome('done', texts.doneTitle, texts.done, after ?? undefined)}`;
  }

  protected newPassword(texts: PageMessages, name: string, label: string): Html {
    const hint = filled(texts.common.passwordHint, { length: this.options.passwords.minLength });
    return field(texts, { name, label, type: 'password', autocomplete: 'new-password', hint });
  }

  protected toSignIn(texts: PageMessages): Html | undefined {
    return link(this.page('signIn'), texts.common.toSignIn, 'button') ?? undefined;
  }

  /** A page of the app, the host's or the kit's, as a link of a page. */
  protected page(kind: LinkKind): string {
    return this.local(this.links.page(kind));
  }

  /** One of the kit's pages, as a link of a page. */
  protected own(name: PageName): string {
    return this.local(this.links.ownPage(name)!);
  }

  private file(name: keyof typeof BROWSER_FILES): string {
    return `${this.local(this.links.ownPage(name)!)}?v=${BROWSER_FILES[name].version}`;
  }

  /** Without the origin where it is the app's own: a page may be open at another, such as a tunnel's. */
  private local(url: string): string {
    const { origin, pathname, search, hash } = new URL(url);
    return origin === new URL(this.options.baseUrl).origin ? pathname + search + hash : url;
  }

  /** What the script must know. */
  private settings({ texts }: PageView): object {
    const { home } = this.options.pages;
    return {
      api: this.own('sign-in').replace(/\/pages\/sign-in$/, ''),
      signIn: this.page('signIn'),
      home: home === null ? this.own('sessions') : this.local(home),
      problems: texts.problems,
      fields: texts.fields,
    };
  }
}
