// @ts-check

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
    const list = one(`[data-list="${name}"]`, page);
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
      detail: `${ip ? `${ip} · ` : ''}${at(texts.lastUsed, lastUsedAt)}\n${at(texts.since, createdAt)}`,
      current,
      act: current
        ? undefined
        : [
            texts.revoke,
            texts.revokeOne,
            async () => {
              const done = await call('DELETE', `/sessions/${id}`);
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
      detail: `${ip ? `${ip} · ` : ''}${at(texts.lastUsed, lastSeenAt)}`,
      current,
      act: [
        texts.forget,
        texts.forgetOne,
        async () => {
          const done = await call('DELETE', `/devices/${id}`);
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
