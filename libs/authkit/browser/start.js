// @ts-check

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
