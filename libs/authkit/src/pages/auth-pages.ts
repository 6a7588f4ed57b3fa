import { Injectable } from '@nestjs/common';
import { accountSections } from './account-page.js';
import { html, type Html } from './html.js';
import { PageFrame, type PageView } from './page-frame.js';
import { messagesOf, type PageLanguage } from './page-language.js';
import type { PageMessages } from './messages/en.js';
import type { PageName } from './page-names.js';
import { emailField, field, form, link, outcome } from './page-parts.js';
import { registerFields } from './register-fields.js';

/**
 * The kit's pages. To change some, extend this, override their methods, and name the class in `routes.pages`. Pages are
 * the same for everybody: what is a user's own the script asks of the API.
 */
@Injectable()
export class AuthPages extends PageFrame {
  render(name: PageName, language: PageLanguage): string {
    const texts = messagesOf(language);
    const view = { name, language, texts };
    switch (name) {
      case 'sign-in':
        return this.document(view, texts.signIn.title, this.signIn(view));
      case 'register':
        return this.document(view, texts.register.title, this.register(view));
      case 'forgot':
        return this.document(view, texts.forgot.title, this.forgot(view));
      case 'reset':
        return this.document(view, texts.reset.title, this.reset(view));
      case 'verify':
        return this.document(view, texts.verify.title, this.verify(view));
      case 'confirm-email':
        return this.document(view, texts.confirmEmail.title, this.confirmEmail(view));
      case 'cancel-email':
        return this.document(view, texts.cancelEmail.title, this.cancelEmail(view));
      case 'not-me':
        return this.document(view, texts.notMe.title, this.notMe(view));
      case 'cancel-deletion':
        return this.document(view, texts.cancelDeletion.title, this.cancelDeletion(view));
      case 'sessions':
        return this.document(view, texts.account.title, this.sessions(view));
    }
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
        fields: [emailField(texts)],
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
            emailField(texts),
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
          fields: [emailField(texts)],
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
        <nav class="links" data-way-on hidden><p>${link(this.own('forgot'), again)}</p></nav>
      </div>
      ${outcome('done', doneTitle, done, this.toSignIn(texts))}`;
  }

  protected verify({ texts }: PageView): Html {
    const { title, intro, submit, doneTitle, done, resendIntro, resend, resent } = texts.verify;
    return html`<div data-forms>
        <h1>${title}</h1>
        <p class="intro" data-intro>${intro}</p>
        ${form({ send: 'POST /email/verify', withToken: true, submit, then: 'done' })}
        <div data-way-on hidden>
          ${form({
            send: 'POST /email/verify/resend',
            submit: resend,
            look: 'secondary',
            intro: resendIntro,
            thanks: resent,
            fields: [emailField(texts)],
          })}
          <nav class="links"><p>${link(this.page('signIn'), texts.common.toSignIn)}</p></nav>
        </div>
      </div>
      ${outcome('done', doneTitle, done, this.toSignIn(texts))}`;
  }

  protected confirmEmail({ texts }: PageView): Html {
    return this.oneButton(
      texts.confirmEmail,
      'POST /email/change/confirm',
      this.toSignIn(texts),
      this.toAccount(texts),
    );
  }

  protected cancelEmail({ texts }: PageView): Html {
    const { forgot } = texts.cancelEmail;
    const after = link(this.own('forgot'), forgot, 'button secondary');
    return this.oneButton(texts.cancelEmail, 'POST /email/change/cancel', after, link(this.own('forgot'), forgot));
  }

  protected notMe({ texts }: PageView): Html {
    const forgot = link(this.own('forgot'), texts.cancelEmail.forgot);
    return this.oneButton(texts.notMe, 'POST /devices/not-me', null, forgot);
  }

  protected cancelDeletion({ texts }: PageView): Html {
    return this.oneButton(
      texts.cancelDeletion,
      'POST /me/deletion/cancel',
      this.toSignIn(texts),
      this.toAccount(texts),
    );
  }

  private toAccount({ common }: PageMessages): Html | null {
    return link(this.own('sessions'), common.toAccount);
  }

  /** The account: its sessions, password, address and data. */
  protected sessions({ texts }: PageView): Html {
    const newPassword = this.newPassword(texts, 'newPassword', texts.common.newPassword);
    return accountSections(texts, newPassword, this.options.account.deletion.enabled);
  }
}
