import { html, type Html } from './html.js';
import type { PageMessages } from './messages/en.js';
import { field, form } from './page-parts.js';

/** For password managers, and sent to nobody: it has no name. */
const USERNAME = html`<input type="text" autocomplete="username" data-own="email" hidden />`;

/** What the page of the account holds; the script fills the lists. */
export function accountSections(texts: PageMessages, newPassword: Html, canDelete: boolean): Html {
  const { account, common, stepUp } = texts;
  return html`<div data-account data-texts="${JSON.stringify(account)}" aria-busy="true">
      <header class="row">
        <div>
          <h1>${account.title}</h1>
          <p class="quiet" data-user hidden>${account.signedInAs} <strong data-email></strong></p>
        </div>
        <button type="button" class="secondary" data-do="sign-out">${account.signOut}</button>
      </header>
      <div class="notice" role="alert" data-alert></div>
      <div class="notice success" role="status" data-status></div>

      <section aria-labelledby="sessions-title">
        <h2 id="sessions-title" tabindex="-1">${account.sessions}</h2>
        <ul class="list" data-list="sessions"></ul>
        <button type="button" class="secondary" data-do="sign-out-others" hidden>${account.signOutOthers}</button>
      </section>

      <section aria-labelledby="devices-title" data-devices hidden>
        <h2 id="devices-title" tabindex="-1">${account.devices}</h2>
        <p class="quiet">${account.devicesIntro}</p>
        <ul class="list" data-list="devices"></ul>
      </section>

      <section aria-labelledby="password-title">
        <h2 id="password-title" tabindex="-1">${account.password}</h2>
        ${form({
          send: 'POST /password/change',
          id: 'password',
          look: 'secondary',
          submit: account.changePassword,
          thanks: account.passwordChanged,
          fields: [
            USERNAME,
            field(texts, {
              name: 'currentPassword',
              label: common.currentPassword,
              type: 'password',
              autocomplete: 'current-password',
            }),
            newPassword,
          ],
        })}
      </section>

      <section aria-labelledby="email-title">
        <h2 id="email-title">${account.email}</h2>
        <div data-unproven hidden>
          ${form({
            send: 'POST /email/verify/resend',
            look: 'secondary',
            intro: account.unproven,
            submit: account.resend,
            thanks: account.resent,
            fields: [html`<input type="hidden" name="email" data-own="email" />`],
          })}
        </div>
        ${form({
          send: 'POST /email/change',
          look: 'secondary',
          submit: account.changeEmail,
          thanks: account.emailSent,
          fields: [field(texts, { name: 'newEmail', label: account.newEmail, type: 'email', autocomplete: 'email' })],
        })}
      </section>

      <section aria-labelledby="username-title">
        <h2 id="username-title">${common.username}</h2>
        ${form({
          send: 'POST /username/change',
          look: 'secondary',
          submit: account.changeUsername,
          thanks: account.usernameChanged,
          fields: [field(texts, { name: 'username', label: account.newUsername, autocomplete: 'nickname' })],
        })}
      </section>

      <section aria-labelledby="data-title">
        <h2 id="data-title">${account.data}</h2>
        <div class="buttons">
          <button type="button" class="secondary" data-do="export">${account.export}</button>
          ${canDelete && html`<button type="button" class="danger" data-do="delete">${account.delete}</button>`}
        </div>
      </section>

      <template data-row>
        <li>
          <div>
            <p class="name"><span data-name></span> <span class="badge" data-current>${account.current}</span></p>
            <p class="quiet" data-detail></p>
          </div>
          <button type="button" class="small"></button>
        </li>
      </template>
    </div>

    <dialog id="step-up" aria-labelledby="step-up-title">
      <form method="dialog" novalidate>
        <h2 id="step-up-title">${stepUp.title}</h2>
        <p class="intro">${stepUp.intro}</p>
        <div class="notice" role="alert" data-alert></div>
        ${USERNAME}
        ${field(texts, {
          name: 'password',
          within: 'step-up-',
          label: common.password,
          type: 'password',
          autocomplete: 'current-password',
        })}
        <div class="buttons">
          <button type="submit" class="primary">${stepUp.submit}</button>
          <button type="button" class="secondary" data-cancel>${stepUp.cancel}</button>
        </div>
      </form>
    </dialog>

    <dialog id="delete" aria-labelledby="delete-title">
      <form method="dialog">
        <h2 id="delete-title">${account.deleteConfirm}</h2>
        <p class="intro">${account.deleteIntro}</p>
        <div class="buttons">
          <button type="submit" class="danger" value="yes">${account.delete}</button>
          <button type="button" class="secondary" data-cancel>${account.cancel}</button>
        </div>
      </form>
    </dialog>`;
}
