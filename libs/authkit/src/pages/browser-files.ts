/* eslint-disable max-lines */
// Made by `npm run pages` from libs/authkit/browser/. Edit there.

export type BrowserFileName = 'authkit.js' | 'authkit.css' | 'authkit.svg';

/** What the pages load: the text, and what names its version. */
export const BROWSER_FILES: Readonly<Record<BrowserFileName, { text: string; version: string }>> = {
  'authkit.js': {
    version: '5ht1TkZQfQ3mSxIq',
    text: `(() => {
'use strict';

/** The one-time token of the link that led here: out of the address bar before anything else can read or keep it. */
const linkToken = takeToken();

// Another link of the same page changes the fragment alone, which loads nothing by itself.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) location.reload();
});

/** @returns {string | null} */
function takeToken() {
  if (!location.hash.startsWith('#token=')) return null;
  const token = location.hash.slice('#token='.length);
  history.replaceState(null, '', location.pathname + location.search);
  return token === '' ? null : token;
}

/**
 * Where a \`returnTo\` leads: a URL on this origin, or null. Refuses whatever a browser, a proxy or a server may take for
 * another host: \`//evil\`, \`/\\evil\`, and their percent-encoded twins.
 *
 * @param {string | null} value
 * @returns {string | null}
 */
function safeReturn(value) {
  if (value === null || !isLocal(value)) return null;
  try {
    const url = new URL(value, location.origin);
    const isSafe = isLocal(url.pathname) && isLocal(decodeURIComponent(url.pathname));
    return url.origin === location.origin && isSafe ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * One slash at the start, and nothing that is dropped or turned round on the way: controls, backslashes.
 *
 * @param {string} text
 */
function isLocal(text) {
  // eslint-disable-next-line no-control-regex -- they are what is refused
  return /^\\/(?![/\\\\])[^\\\\\\u0000-\\u001f\\u007f]*$/.test(text);
}

/**
 * @typedef {{ field: string, code: string, detail: string }} FieldProblem
 * @typedef {{ code: string, title?: string, errors?: FieldProblem[] }} Problem
 * @typedef {{ status: number, data: any, problem: Problem | null, retryAfter: number }} Reply
 * @typedef {{ api: string, signIn: string, home: string, problems: Record<string, string>, fields: Record<string, string> }} Settings
 */

/** @type {Settings} What the server says in the page; read once the page is there. */
let settings;

const LAST_REFRESH = 'authkit:last-refresh';

/**
 * One call of the API, in cookies. Never throws: what goes wrong is a problem.
 *
 * @param {string} method
 * @param {string} path below the API's
 * @param {object} [body]
 * @returns {Promise<Reply>}
 */
async function send(method, path, body) {
  try {
    const response = await fetch(settings.api + path, {
      method,
      headers: { Accept: 'application/json', ...(body && { 'Content-Type': 'application/json' }) },
      body: body && JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
    const type = response.headers.get('Content-Type') ?? '';
    const data = type.includes('json') ? await response.json() : null;
    const retryAfter = Number(response.headers.get('Retry-After') ?? 0);
    const problem = response.ok ? null : { code: 'fallback', ...data };
    return { status: response.status, data, problem, retryAfter };
  } catch {
    return { status: 0, data: null, problem: { code: 'network' }, retryAfter: 0 };
  }
}

/**
 * A call of somebody who is signed in: refreshes once when the access token has expired, and asks for the password where
 * the API wants it once more. Leads to the sign-in page when the session has ended.
 *
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Reply>}
 */
async function call(method, path, body) {
  const startedAt = Date.now();
  let reply = await send(method, path, body);
  if (hasNoSession(reply) && (await refresh(startedAt))) reply = await send(method, path, body);
  if (hasNoSession(reply)) goToSignIn();
  if (reply.problem?.code === 'reauthentication_required' && (await askForPassword())) {
    reply = await send(method, path, body);
  }
  return reply;
}

/** @param {Reply} reply a wrong password is 401 too */
function hasNoSession({ status, problem }) {
  return status === 401 && problem?.code !== 'invalid_credentials';
}

/**
 * Rotates the cookies, one tab for all: a token that comes back too late ends the session.
 *
 * @param {number} since a tab that has refreshed after this has done it for us
 * @returns {Promise<boolean>}
 */
async function refresh(since) {
  const rotate = async () => {
    if (Number(recall(LAST_REFRESH)) > since) return true;
    const { status } = await send('POST', '/refresh');
    if (status === 200) remember(LAST_REFRESH, String(Date.now()));
    return status === 200;
  };
  // Only pages from https or localhost have locks; the grace of the API serves the others.
  return navigator.locks ? navigator.locks.request('authkit-refresh', rotate) : rotate();
}

function goToSignIn() {
  const url = new URL(settings.signIn, location.href);
  const hash = location.hash.startsWith('#token=') ? '' : location.hash;
  url.searchParams.set('returnTo', location.pathname + location.search + hash);
  location.assign(url);
}

// Storage may be switched off.

/** @param {string} name */
function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Then each tab refreshes for itself.
  }
}

/**
 * The elements of a selector, below \`root\`.
 *
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
function all(selector, root = document) {
  return [...root.querySelectorAll(selector)].filter((element) => element instanceof HTMLElement);
}

/** @param {string} selector @param {ParentNode} [root] */
function one(selector, root = document) {
  return all(selector, root)[0] ?? null;
}

/** @param {HTMLFormElement} form @returns {HTMLInputElement[]} */
function inputsOf(form) {
  return [...form.elements].filter((element) => element instanceof HTMLInputElement).filter(({ name }) => name !== '');
}

/**
 * What the form sends: its fields without the empty ones that need not be filled in.
 *
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
function valuesOf(form) {
  const filled = inputsOf(form).filter(({ value, required }) => required || value !== '');
  return Object.fromEntries(filled.map(({ name, value }) => [name, value]));
}

/** @param {ParentNode} root @param {string} selector @param {string} text */
function say(root, selector, text) {
  const place = one(selector, root);
  if (place) write(place, text);
}

/** Browsers break lines after a hyphen, but not within "e-mail" here. @param {HTMLElement} place @param {string} text */
function write(place, text) {
  const parts = text.split(/\\b(e-mail)\\b/i).map((part, i) => {
    if (i % 2 === 0) return part;
    const word = document.createElement('span');
    word.className = 'unbroken';
    word.textContent = part;
    return word;
  });
  place.replaceChildren(...parts);
}

/** @param {HTMLInputElement} input @param {string} text empty for none */
function mark(input, text) {
  const place = document.getElementById(\`\${input.id}-error\`);
  if (place) {
    write(place, text);
    place.hidden = text === '';
  }
  if (text === '') input.removeAttribute('aria-invalid');
  else input.setAttribute('aria-invalid', 'true');
}

/** @param {HTMLFormElement} form */
function clear(form) {
  for (const input of inputsOf(form)) mark(input, '');
  say(form, '[data-alert]', '');
  say(form, '[data-status]', '');
}

/** Whether everything that is needed is filled in; says so where it is not. @param {HTMLFormElement} form */
function isComplete(form) {
  const missing = inputsOf(form).filter(({ required, value }) => required && value === '');
  for (const input of missing) mark(input, settings.fields.required);
  missing[0]?.focus();
  return missing.length === 0;
}

/** @param {Reply} reply @returns {string} */
function textOf({ problem, retryAfter }) {
  const text = (problem && settings.problems[problem.code]) ?? problem?.title ?? settings.problems.fallback;
  return text.replace('{minutes}', String(Math.max(1, Math.ceil(retryAfter / 60))));
}

/** @param {FieldProblem} problem */
function fieldText({ code }) {
  return settings.fields[code] ?? settings.problems[code] ?? settings.fields.fallback;
}

/**
 * What is wrong with which field, where the API says it of the call as a whole.
 *
 * @param {HTMLFormElement} form
 * @param {string} code
 * @returns {FieldProblem[]}
 */
function problemsOfFields(form, code) {
  // Of a sign-in nobody learns which of the two is wrong.
  const isSignIn = inputsOf(form).some(({ name }) => name === 'identifier');
  const known = {
    email_taken: ['email', 'newEmail'],
    username_taken: ['username'],
    invalid_credentials: isSignIn ? [] : ['currentPassword', 'password'],
  };
  const named = code === 'invalid_credentials' ? 'wrong_password' : code;
  return (known[code] ?? []).map((field) => ({ field, code: named, detail: '' }));
}

/**
 * Says what went wrong: beside the fields it is about, else above the form.
 *
 * @param {HTMLFormElement} form
 * @param {Reply} reply
 */
function showProblem(form, reply) {
  const problem = reply.problem ?? { code: 'fallback' };
  const named = problem.errors ?? problemsOfFields(form, problem.code);
  const marked = named.flatMap((error) => {
    const input = inputsOf(form).find(({ name }) => name === error.field);
    if (input) mark(input, fieldText(error));
    return input ? [input] : [];
  });
  if (marked.length > 0) return marked[0].focus();
  say(form, '[data-alert]', textOf(reply));
  const again = inputsOf(form).find(({ type, hidden }) => type === 'password' && !hidden);
  if (problem.code === 'invalid_credentials') again?.select();
}

/** Keeps a form, or a button, from doing its work twice. @param {HTMLElement} element @param {() => Promise<void>} work */
async function busy(element, work) {
  if (element.getAttribute('aria-busy') === 'true') return;
  element.setAttribute('aria-busy', 'true');
  try {
    await work();
  } finally {
    element.removeAttribute('aria-busy');
  }
}

/** Puts the outcome in the place of the forms, and tells readers of the screen. @param {string} id */
function showOutcome(id) {
  for (const forms of all('[data-forms]')) forms.hidden = true;
  const place = document.getElementById(id);
  if (!place) return;
  place.hidden = false;
  one('h1', place)?.focus();
}

/** A button beside each password shows it. */
function setUpReveals() {
  for (const button of all('[data-reveal]')) {
    button.addEventListener('click', () => {
      const input = document.getElementById(button.dataset.reveal ?? '');
      if (!(input instanceof HTMLInputElement)) return;
      const show = input.type === 'password';
      input.type = show ? 'text' : 'password';
      button.setAttribute('aria-pressed', String(show));
    });
  }
}

/** The page of the account. @param {HTMLElement} page */
async function setUpAccount(page) {
  /** @type {Record<string, string>} */
  const texts = JSON.parse(page.dataset.texts ?? '{}');
  const times = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' });

  /** @param {Reply} reply @param {string} [done] */
  const tell = (reply, done = '') => {
    say(page, ':scope > [data-alert]', reply.problem ? textOf(reply) : '');
    say(page, ':scope > [data-status]', reply.problem ? '' : done);
    return !reply.problem;
  };

  /** @param {string} text @param {string} time */
  const at = (text, time) => text.replace('{time}', times.format(new Date(time)));

  /**
   * Fills a list with rows; each has a name, lines below it, and a button.
   *
   * @template {{ id: string }} T
   * @param {string} name
   * @param {T[]} items
   * @param {(item: T) => { name: string, detail: string, current?: boolean, act?: [label: string, full: string, () => Promise<void>] }} describe
   */
  const fill = (name, items, describe) => {
    const template = page.querySelector('template[data-row]');
    const list = one(\`[data-list="\${name}"]\`, page);
    if (!list || !(template instanceof HTMLTemplateElement)) return;
    list.replaceChildren(
      ...items.map((item) => {
        const { name: title, detail, current = false, act } = describe(item);
        const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
        say(row, '[data-name]', title);
        say(row, '[data-detail]', detail);
        if (!current) one('[data-current]', row)?.remove();
        const button = one('button', row);
        if (!act) button?.remove();
        else if (button) {
          button.textContent = act[0];
          button.setAttribute('aria-label', act[1].replace('{name}', title));
          button.addEventListener('click', () => void busy(button, act[2]));
        }
        return row;
      }),
    );
  };

  /** Where the row with the focus is gone, the list's title has it. @param {string} id */
  const focusTitle = (id) => document.getElementById(id)?.focus();

  const showSessions = async () => {
    const reply = await call('GET', '/sessions');
    if (!tell(reply)) return;
    const items = [...reply.data.items].sort((a, b) => Number(b.current) - Number(a.current));
    fill('sessions', items, ({ id, current, device, ip, createdAt, lastUsedAt }) => ({
      name: device ?? texts.unknownDevice,
      detail: \`\${ip ? \`\${ip} · \` : ''}\${at(texts.lastUsed, lastUsedAt)}\\n\${at(texts.since, createdAt)}\`,
      current,
      act: current
        ? undefined
        : [
            texts.revoke,
            texts.revokeOne,
            async () => {
              const done = await call('DELETE', \`/sessions/\${id}\`);
              await showSessions();
              if (tell(done, texts.revoked)) focusTitle('sessions-title');
            },
          ],
    }));
    const others = one('[data-do="sign-out-others"]', page);
    if (others) others.hidden = items.length < 2;
  };

  const showDevices = async () => {
    const reply = await call('GET', '/devices');
    /** @type {any[]} */
    const items = reply.data?.items ?? [];
    const section = one('[data-devices]', page);
    if (section) section.hidden = reply.status !== 200 || items.length === 0;
    if (reply.status !== 200) return;
    fill('devices', items, ({ id, name, ip, current, lastSeenAt }) => ({
      name: name ?? texts.unknownDevice,
      detail: \`\${ip ? \`\${ip} · \` : ''}\${at(texts.lastUsed, lastSeenAt)}\`,
      current,
      act: [
        texts.forget,
        texts.forgetOne,
        async () => {
          const done = await call('DELETE', \`/devices/\${id}\`);
          await showDevices();
          if (tell(done, texts.forgotten)) focusTitle('devices-title');
        },
      ],
    }));
  };

  /** @type {Record<string, () => Promise<void>>} */
  const actions = {
    'sign-out': async () => {
      if (tell(await send('POST', '/logout'))) location.assign(settings.signIn);
    },
    'sign-out-others': async () => {
      const done = await call('DELETE', '/sessions');
      await showSessions();
      if (tell(done, texts.othersRevoked)) focusTitle('sessions-title');
    },
    export: async () => {
      const reply = await call('GET', '/me/export');
      if (!tell(reply, texts.exported)) return;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([JSON.stringify(reply.data, null, 2)], { type: 'application/json' }));
      link.download = 'account.json';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    },
    delete: async () => {
      if (await confirmIn('delete')) tell(await call('DELETE', '/me'), texts.deleted);
    },
  };
  for (const button of all('[data-do]', page)) {
    button.addEventListener('click', () => void busy(button, actions[button.dataset.do ?? '']));
  }

  const me = await call('GET', '/me');
  if (tell(me)) {
    const { user } = me.data;
    say(page, '[data-email]', user.email ?? user.username ?? '');
    for (const element of all('[data-user]', page)) element.hidden = false;
    for (const element of all('[data-unproven]', page)) element.hidden = user.emailVerified !== false;
    showOwn(user);
    await Promise.all([showSessions(), showDevices()]);
  }
  page.removeAttribute('aria-busy');
  if (location.hash === '#password') document.getElementById('currentPassword')?.focus();
}

/**
 * Fills in what is the user's own, so that a form comes back to it: password managers want to know whose password it is.
 *
 * @param {{ email?: string, username?: string | null }} user
 */
function showOwn({ email, username }) {
  for (const input of document.querySelectorAll('[data-own="email"]')) input.setAttribute('value', email ?? '');
  const name = document.querySelector('[data-account] #username');
  if (name) name.setAttribute('value', username ?? '');
}

/** Asks in a dialog; whether the answer is yes. @param {string} id @returns {Promise<boolean>} */
function confirmIn(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return Promise.resolve(true);
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** Asks for the password once more and proves it to the API; whether that has worked. @returns {Promise<boolean>} */
function askForPassword() {
  const dialog = document.getElementById('step-up');
  const form = dialog?.querySelector('form');
  if (!(dialog instanceof HTMLDialogElement) || !form) return Promise.resolve(false);
  const submit = async () => {
    clear(form);
    if (!isComplete(form)) return;
    const reply = await call('POST', '/reauthenticate', valuesOf(form));
    if (reply.problem) showProblem(form, reply);
    else dialog.close('yes');
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    void busy(form, submit);
  };
  clear(form);
  form.reset();
  return confirmIn('step-up');
}

/**
 * What pages do after a call that worked, where it is more than to say so.
 *
 * @type {Record<string, (reply: Reply, values: Record<string, string>) => Promise<boolean> | boolean>}
 */
const AFTER = {
  'POST /login': () => {
    goOn();
    return true;
  },
  'POST /register': async ({ status }, { email, password }) => {
    if (status !== 201) return false; // A mail says more.
    const { problem } = await send('POST', '/login', { identifier: email, password, transport: 'cookie' });
    if (problem) location.assign(settings.signIn);
    else goOn();
    return true;
  },
  'POST /username/change': ({ data }) => {
    showOwn(data.user);
    return false;
  },
};

/** To where the sign-in was asked for, else to the home page. */
function goOn() {
  location.replace(safeReturn(new URLSearchParams(location.search).get('returnTo')) ?? settings.home);
}

/** Sends a form of the page when it is submitted. @param {HTMLFormElement} form */
function setUpForm(form) {
  const what = form.dataset.send ?? '';
  const [method, path] = what.split(' ');
  const needsToken = form.dataset.withToken !== undefined;
  const isSignedIn = one('[data-account]') !== null;

  const submit = async () => {
    clear(form);
    if (needsToken && linkToken === null) return;
    if (!isComplete(form)) return;
    const values = valuesOf(form);
    const body = { ...values, ...(needsToken && { token: linkToken }) };
    if (what === 'POST /login') Object.assign(body, { transport: 'cookie' });
    const reply = isSignedIn ? await call(method, path, body) : await send(method, path, body);
    if (reply.problem) return failed(form, reply);
    if (await AFTER[what]?.(reply, values)) return;
    form.reset();
    say(form, '[data-status]', form.dataset.thanks ?? '');
    if (form.dataset.then) showOutcome(form.dataset.then);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void busy(form, submit);
  });

  if (needsToken && linkToken === null) failed(form, noLink);
}

/** @type {Reply} */
const noLink = { status: 410, data: null, problem: { code: 'no_link' }, retryAfter: 0 };

/** @param {HTMLFormElement} form @param {Reply} reply */
function failed(form, reply) {
  showProblem(form, reply);
  if (reply.status === 410) {
    // Nothing more can come of it: what helps then takes the place of the button.
    for (const element of [...all('.field, [type="submit"]', form), ...all('[data-intro]')]) element.hidden = true;
  }
  const isOfLink = form.dataset.withToken !== undefined && [409, 410].includes(reply.status);
  if (isOfLink) for (const element of all('[data-way-on]')) element.hidden = false;
  if (reply.problem?.code === 'email_not_verified') offerLink(form);
}

/** Another link to prove the address, for somebody whose password was right. @param {HTMLFormElement} form */
function offerLink(form) {
  const resend = document.getElementById('resend');
  if (!(resend instanceof HTMLFormElement)) return;
  const { identifier } = valuesOf(form);
  const input = inputsOf(resend).find(({ name }) => name === 'email');
  if (input && identifier.includes('@')) input.value = identifier;
  resend.hidden = false;
}

/** Links to the kit's own pages keep where the visitor wants to go. */
function keepReturnTo() {
  const wanted = new URLSearchParams(location.search).get('returnTo');
  if (safeReturn(wanted) === null) return;
  for (const link of document.querySelectorAll('main a')) {
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin) continue;
    const url = new URL(link.href);
    url.searchParams.set('returnTo', wanted ?? '');
    link.href = url.href;
  }
}

document.addEventListener('DOMContentLoaded', () => {
  const main = one('[data-authkit]');
  if (!main) return;
  settings = JSON.parse(main.dataset.authkit ?? '{}');
  for (const dialog of all('dialog')) {
    const close = () => dialog instanceof HTMLDialogElement && dialog.close('');
    for (const button of all('[data-cancel]', dialog)) button.addEventListener('click', close);
  }
  for (const form of document.querySelectorAll('form[data-send]')) {
    if (form instanceof HTMLFormElement) setUpForm(form);
  }
  setUpReveals();
  keepReturnTo();
  const account = one('[data-account]');
  if (account) void setUpAccount(account);
});
})();
`,
  },
  'authkit.css': {
    version: 'Q5oOtR0VRhwjPx88',
    text: `/* Colours, type and space; a stylesheet of the app's own may set these anew. */
:root {
  color-scheme: light dark;
  --authkit-font: system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
  --authkit-radius: 10px;
  --authkit-back: #f4f5f7;
  --authkit-card: #ffffff;
  --authkit-text: #16191f;
  --authkit-quiet: #5a6270;
  --authkit-line: #dfe2e8;
  --authkit-border: #868e9c;
  --authkit-accent: #2f54d6;
  --authkit-accent-over: #2443b4;
  --authkit-on-accent: #ffffff;
  --authkit-danger: #b3202f;
  --authkit-danger-back: #fdecee;
  --authkit-success: #156a3d;
  --authkit-success-back: #e7f6ed;
  --authkit-shadow: 0 1px 2px rgb(16 24 40 / 6%), 0 12px 32px rgb(16 24 40 / 8%);
}

@media (prefers-color-scheme: dark) {
  :root {
    --authkit-back: #0e1116;
    --authkit-card: #171b22;
    --authkit-text: #eceff4;
    --authkit-quiet: #a2abb9;
    --authkit-line: #2b313c;
    --authkit-border: #6a7484;
    --authkit-accent: #8ba6ff;
    --authkit-accent-over: #a9bdff;
    --authkit-on-accent: #0c1330;
    --authkit-danger: #ff8f99;
    --authkit-danger-back: #3a181d;
    --authkit-success: #7fd6a3;
    --authkit-success-back: #12301f;
    --authkit-shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 12px 32px rgb(0 0 0 / 30%);
  }
}

*,
*::before,
*::after {
  box-sizing: border-box;
}

[hidden] {
  display: none !important;
}

html {
  -webkit-text-size-adjust: 100%;
  text-size-adjust: 100%;
}

body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: grid;
  align-items: center;
  justify-items: center;
  padding: 32px 16px;
  background: var(--authkit-back);
  color: var(--authkit-text);
  font: 16px/1.5 var(--authkit-font);
}

.card {
  width: 100%;
  max-width: 416px;
  padding: 40px;
  background: var(--authkit-card);
  border: 1px solid var(--authkit-line);
  border-radius: calc(var(--authkit-radius) * 1.6);
  box-shadow: var(--authkit-shadow);
}

.card[data-page='sessions'] {
  max-width: 680px;
  align-self: start;
}

.brand {
  margin: 0 0 20px;
  color: var(--authkit-accent);
  font-weight: 650;
  letter-spacing: 0.01em;
  overflow-wrap: anywhere;
}

h1 {
  margin: 0 0 8px;
  font-size: 1.625rem;
  line-height: 1.25;
  font-weight: 680;
  letter-spacing: -0.015em;
  text-wrap: balance;
}

h2 {
  margin: 0 0 12px;
  font-size: 1.0625rem;
  line-height: 1.35;
  font-weight: 650;
}

h1:focus,
h2:focus {
  outline: none;
}

p {
  margin: 0 0 12px;
}

.intro,
.quiet,
.hint {
  color: var(--authkit-quiet);
}

.quiet,
.hint {
  margin: 0;
  font-size: 0.875rem;
}

form,
.outcome {
  display: grid;
  gap: 20px;
  margin-top: 24px;
}

form > .intro,
.outcome > * {
  margin: 0;
}

.outcome {
  gap: 12px;
  margin-top: 0;
}

.outcome::before {
  content: '\\2713' / '';
  display: grid;
  place-items: center;
  width: 48px;
  height: 48px;
  margin-bottom: 8px;
  border-radius: 50%;
  color: var(--authkit-success);
  font-size: 1.5rem;
  font-weight: 700;
  background: var(--authkit-success-back);
}

.outcome .button {
  margin-top: 12px;
}

.field {
  display: grid;
  gap: 6px;
}

label {
  font-size: 0.9375rem;
  font-weight: 560;
}

.optional {
  color: var(--authkit-quiet);
  font-weight: 400;
}

.input {
  position: relative;
}

input {
  width: 100%;
  min-height: 46px;
  padding: 10px 14px;
  border: 1px solid var(--authkit-border);
  border-radius: var(--authkit-radius);
  background: var(--authkit-card);
  color: inherit;
  font: inherit;
}

.input:has(.reveal) input {
  padding-right: 96px;
}

input[aria-invalid='true'] {
  border-color: var(--authkit-danger);
  box-shadow: 0 0 0 1px var(--authkit-danger);
}

.error {
  margin: 0;
  color: var(--authkit-danger);
  font-size: 0.875rem;
}

.reveal {
  position: absolute;
  inset: 5px 5px 5px auto;
  padding: 0 12px;
  border: 0;
  border-radius: calc(var(--authkit-radius) - 3px);
  background: none;
  color: var(--authkit-accent);
  font: inherit;
  font-size: 0.875rem;
  font-weight: 560;
  cursor: pointer;
}

.reveal[aria-pressed='true'] {
  text-decoration: underline;
  text-underline-offset: 3px;
}

.primary,
.secondary,
.danger,
.button,
.small {
  min-height: 46px;
  padding: 10px 18px;
  border: 1px solid transparent;
  border-radius: var(--authkit-radius);
  background: var(--authkit-accent);
  color: var(--authkit-on-accent);
  font: inherit;
  font-weight: 600;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}

.primary:hover,
.button:hover {
  background: var(--authkit-accent-over);
}

.secondary,
.small,
.danger {
  background: transparent;
  border-color: var(--authkit-border);
  color: inherit;
}

.secondary:hover,
.small:hover {
  background: var(--authkit-back);
}

.danger {
  border-color: var(--authkit-danger);
  color: var(--authkit-danger);
}

.danger:hover {
  background: var(--authkit-danger-back);
}

.small {
  min-height: 38px;
  padding: 6px 14px;
  font-size: 0.875rem;
}

[aria-busy='true'] > button[type='submit'],
button[aria-busy='true'] {
  opacity: 0.6;
  cursor: progress;
}

a {
  color: var(--authkit-accent);
  text-underline-offset: 3px;
}

.button {
  color: var(--authkit-on-accent);
}

.button.secondary {
  color: inherit;
}

:focus-visible {
  outline: 3px solid var(--authkit-accent);
  outline-offset: 2px;
}

input:focus-visible {
  outline-offset: 0;
}

.notice {
  padding: 12px 14px;
  border-radius: var(--authkit-radius);
  background: var(--authkit-danger-back);
  color: var(--authkit-danger);
  font-size: 0.9375rem;
}

.notice.success {
  background: var(--authkit-success-back);
  color: var(--authkit-success);
}

/* Still there for readers of the screen, which tell what is put into it. */
.notice:empty {
  position: absolute;
  padding: 0;
}

.links {
  display: grid;
  gap: 8px;
  margin-top: 28px;
  padding-top: 20px;
  border-top: 1px solid var(--authkit-line);
  color: var(--authkit-quiet);
  font-size: 0.9375rem;
}

.links p {
  margin: 0;
}

[data-way-on] {
  margin-top: 24px;
}

[data-account] > section {
  margin-top: 32px;
  padding-top: 24px;
  border-top: 1px solid var(--authkit-line);
}

[data-account] > .notice {
  margin-top: 20px;
}

[data-account] section form {
  margin-top: 0;
  max-width: 400px;
}

[data-account] section button {
  justify-self: start;
}

.row {
  display: flex;
  gap: 16px;
  align-items: flex-start;
  justify-content: space-between;
}

.row h1 {
  margin-bottom: 2px;
}

.row > div,
.list li > div {
  min-width: 0;
}

[data-unproven] {
  margin-bottom: 24px;
}

/* Browsers break lines after a hyphen. */
.unbroken {
  white-space: nowrap;
}

[data-email] {
  overflow-wrap: anywhere;
}

[data-detail] {
  white-space: pre-line;
}

.row > button {
  flex: none;
}

.list {
  display: grid;
  margin: 0 0 16px;
  padding: 0;
  list-style: none;
}

.list li {
  display: flex;
  gap: 16px;
  align-items: center;
  justify-content: space-between;
  padding: 14px 0;
}

.list li + li {
  border-top: 1px solid var(--authkit-line);
}

.list .small {
  flex: none;
}

.name {
  margin: 0 0 2px;
  font-weight: 560;
  overflow-wrap: anywhere;
}

.badge {
  display: inline-block;
  padding: 1px 9px;
  border-radius: 99px;
  background: var(--authkit-success-back);
  color: var(--authkit-success);
  font-size: 0.8125rem;
  font-weight: 560;
  white-space: nowrap;
}

.buttons {
  display: flex;
  flex-wrap: wrap;
  gap: 12px;
}

dialog {
  width: min(416px, calc(100vw - 32px));
  padding: 28px;
  border: 1px solid var(--authkit-line);
  border-radius: calc(var(--authkit-radius) * 1.6);
  background: var(--authkit-card);
  color: var(--authkit-text);
  box-shadow: var(--authkit-shadow);
}

dialog::backdrop {
  background: rgb(10 12 16 / 55%);
}

dialog form {
  margin-top: 0;
}

dialog h2 {
  margin: 0;
  font-size: 1.25rem;
}

@media (max-width: 480px) {
  body {
    align-items: start;
    padding: 0;
    background: var(--authkit-card);
  }

  .card {
    padding: 32px 20px;
    border: 0;
    border-radius: 0;
    box-shadow: none;
  }

  .list li {
    align-items: flex-start;
  }
}

@media (forced-colors: active) {
  .primary,
  .button {
    border-color: ButtonText;
  }
}
`,
  },
  'authkit.svg': {
    version: 'XYupsSSvVm8zu1gS',
    text: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  <rect width="32" height="32" rx="8" fill="#2f54d6" />
  <path d="M11 14v-3a5 5 0 0 1 10 0v3" fill="none" stroke="#fff" stroke-width="2.5" />
  <rect x="8.5" y="14" width="15" height="11" rx="2.5" fill="#fff" />
</svg>
`,
  },
};
