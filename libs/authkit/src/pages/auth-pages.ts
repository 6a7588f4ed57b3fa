import { Inject, Injectable } from '@nestjs/common';
import { Links } from '../account/links.js';
import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import type { LinkKind } from '../options/link-options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { RESOLVED_OPTIONS, STATIC_OPTIONS } from '../options/tokens.js';
import { accountSections } from './account-page.js';
import { BROWSER_FILES } from './browser-files.js';
import { html, type Html } from './html.js';
import type { PageMessages } from './messages/en.js';
import { messagesOf, type PageLanguage } from './page-language.js';
import type { PageName } from './page-names.js';
import { field, filled, form, link, outcome } from './page-parts.js';
import { PageRenderer } from './page-renderer.js';
import { registerFields } from './register-fields.js';

/** What a page is rendered with. */
export interface PageView {
  readonly name: PageName;
  readonly language: PageLanguage;
  readonly texts: PageMessages;
}

/**
 * The kit's pages. To change some, extend this, override their methods, and name the class in `routes.pages`. Pages are
 * the same for everybody: what is a user's own the script asks of the API.
 */
@Injectable()
export class AuthPages extends PageRenderer {
  constructor(
    @Inject(RESOLVED_OPTIONS) protected readonly options: ResolvedOptions,
    @Inject(STATIC_OPTIONS) protected readonly staticOptions: AuthKitStaticOptions,
    protected readonly links: Links,
  ) {
    super();
  }

  /** The whole document of a page. */
  render(name: PageName, language: PageLanguage): string {
    const view = { name, language, texts: messagesOf(language) };
    switch (name) {
      case 'sign-in':
        return this.document(view, view.texts.signIn.title, this.signIn(view));
      case 'register':
        return this.document(view, view.texts.register.title, this.register(view));
      case 'forgot':
        return this.document(view, view.texts.forgot.title, this.forgot(view));
      case 'reset':
        return this.document(view, view.texts.reset.title, this.reset(view));
      case 'verify':
        return this.document(view, view.texts.verify.title, this.verify(view));
      case 'confirm-email':
        return this.document(view, view.texts.confirmEmail.title, this.confirmEmail(view));
      case 'cancel-email':
        return this.document(view, view.texts.cancelEmail.title, this.cancelEmail(view));
      case 'not-me':
        return this.document(view, view.texts.notMe.title, this.notMe(view));
      case 'cancel-deletion':
        return this.document(view, view.texts.cancelDeletion.title, this.cancelDeletion(view));
      case 'sessions':
        return this.document(view, view.texts.account.title, this.sessions(view));
    }
  }

  /** The frame around every page. */
  protected document(view: PageView, title: string, content: Html): string {
    const { language, texts, name } = view;
    const { stylesheet } = this.options.pages;
    const page = html`<!doctype html>
      <html lang="${language}">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          <title>${title} · ${this.options.appName}</title>
          <link rel="stylesheet" href="${this.file('authkit.css')}" />
          ${stylesheet !== null && html`<link rel="stylesheet" href="${this.local(stylesheet)}" />`}
          <script src="${this.file('authkit.js')}"></script>
        </head>
        <body>
          <main class="card" data-page="${name}" data-authkit="${JSON.stringify(this.settings(view))}">
            ${this.brand()}
            <noscript><p class="notice error">${texts.common.noScript}</p></noscript>
            ${content}
          </main>
        </body>
      </html> `;
    return `${page.toString().trim()}\n`;
  }

  /** The line above every page's title: the app's name. */
  protected brand(): Html {
    return html`<p class="brand">${this.options.appName}</p>`;
  }

  protected signIn({ texts }: PageView): Html {
    const { title, identifier, submit, forgot, newHere, register, resendIntro, resend, resent } = texts.signIn;
    const canRegister = this.options.registration.enabled;
    return html`<div data-forms>
      <h1>${title}</h1>
      ${form({
        send: 'POST /login',
        submit,
        fields: [
          field(texts, { name: 'identifier', label: identifier, autocomplete: 'username' }),
          field(texts, {
            name: 'password',
            label: texts.common.password,
            type: 'password',
            autocomplete: 'current-password',
          }),
        ],
      })}
      ${form({
        send: 'POST /email/verify/resend',
        id: 'resend',
        hidden: true,
        submit: resend,
        look: 'secondary',
        intro: resendIntro,
        thanks: resent,
        fields: [field(texts, { name: 'email', label: texts.common.email, type: 'email', autocomplete: 'email' })],
      })}
      <nav class="links">
        <p>${link(this.own('forgot'), forgot)}</p>
        ${canRegister && html`<p>${newHere} ${link(this.own('register'), register)}</p>`}
      </nav>
    </div>`;
  }

  protected register({ texts }: PageView): Html {
    const { title, submit, haveAccount, signIn, doneTitle, done, closed } = texts.register;
    const footer = html`<nav class="links"><p>${haveAccount} ${link(this.page('signIn'), signIn)}</p></nav>`;
    if (!this.options.registration.enabled)
      return html`<h1>${title}</h1>
        <p>${closed}</p>
        ${footer}`;
    const more = registerFields(this.staticOptions.dto?.register);
    return html`<div data-forms>
        <h1>${title}</h1>
        ${form({
          send: 'POST /register',
          submit,
          then: 'done',
          fields: [
            field(texts, { name: 'email', label: texts.common.email, type: 'email', autocomplete: 'email' }),
            field(texts, { name: 'username', label: texts.common.username, autocomplete: 'nickname', required: false }),
            ...more.map((one) => field(texts, { ...one, autocomplete: one.name === 'fullName' ? 'name' : 'off' })),
            this.newPassword(texts, 'password', texts.common.password),
          ],
        })}
        ${footer}
      </div>
      ${outcome('done', doneTitle, done, this.toSignIn(texts))}`;
  }

  protected forgot({ texts }: PageView): Html {
    const { title, intro, submit, doneTitle, done } = texts.forgot;
    return html`<div data-forms>
        <h1>${title}</h1>
        <p class="intro">${intro}</p>
        ${form({
          send: 'POST /password/forgot',
          submit,
          then: 'done',
          fields: [field(texts, { name: 'email', label: texts.common.email, type: 'email', autocomplete: 'email' })],
        })}
        <nav class="links"><p>${link(this.page('signIn'), texts.common.toSignIn)}</p></nav>
      </div>
      ${outcome('done', doneTitle, done)}`;
  }

  protected reset({ texts }: PageView): Html {
    const { title, intro, submit, doneTitle, done, again } = texts.reset;
    return html`<div data-forms>
        <h1>${title}</h1>
        <p class="intro" data-intro>${intro}</p>
        ${form({
          send: 'POST /password/reset',
          withToken: true,
          submit,
          then: 'done',
          fields: [this.newPassword(texts, 'newPassword', texts.common.newPassword)],
        })}
        <nav class="links" data-dead-link hidden><p>${link(this.own('forgot'), again)}</p></nav>
      </div>
      ${outcome('done', doneTitle, done, this.toSignIn(texts))}`;
  }

  protected verify({ texts }: PageView): Html {
    const { title, intro, submit, doneTitle, done, resendIntro, resend, resent } = texts.verify;
    return html`<div data-forms>
        <h1>${title}</h1>
        <p class="intro" data-intro>${intro}</p>
        ${form({ send: 'POST /email/verify', withToken: true, submit, then: 'done' })}
        <div data-dead-link hidden>
          ${form({
            send: 'POST /email/verify/resend',
            submit: resend,
            look: 'secondary',
            intro: resendIntro,
            thanks: resent,
            fields: [field(texts, { name: 'email', label: texts.common.email, type: 'email', autocomplete: 'email' })],
          })}
        </div>
      </div>
      ${outcome('done', doneTitle, done, this.toSignIn(texts))}`;
  }

  protected confirmEmail({ texts }: PageView): Html {
    return this.oneButton(texts.confirmEmail, 'POST /email/change/confirm', this.toSignIn(texts));
  }

  protected cancelEmail({ texts }: PageView): Html {
    const forgot = link(this.own('forgot'), texts.cancelEmail.forgot, 'button secondary');
    return this.oneButton(texts.cancelEmail, 'POST /email/change/cancel', forgot);
  }

  protected notMe({ texts }: PageView): Html {
    return this.oneButton(texts.notMe, 'POST /devices/not-me');
  }

  protected cancelDeletion({ texts }: PageView): Html {
    return this.oneButton(texts.cancelDeletion, 'POST /me/deletion/cancel', this.toSignIn(texts));
  }

  /** The account: its sessions, password, address and data. */
  protected sessions({ texts }: PageView): Html {
    return accountSections(texts, this.newPassword(texts, 'newPassword', texts.common.newPassword));
  }

  /** A page that does what its link says once its button is pressed: programs that open links press none. */
  protected oneButton(
    texts: Readonly<Record<'title' | 'intro' | 'submit' | 'doneTitle' | 'done', string>>,
    send: string,
    after?: Html | null,
  ): Html {
    return html`<div data-forms>
        <h1>${texts.title}</h1>
        <p class="intro" data-intro>${texts.intro}</p>
        ${form({ send, withToken: true, submit: texts.submit, then: 'done' })}
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
