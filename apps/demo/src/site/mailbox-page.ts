import type { ResolvedOptions } from 'nest-authkit';
import { documentOf } from './page.js';

/** Whether the kit keeps mails at /auth/dev/mailbox instead of sending them. */
export const keepsMails = ({ mail }: ResolvedOptions): boolean => mail.transport.kind === 'development';

/**
 * The page of the development mailbox. There are no mails in it: its script asks the kit for them, which shows them to
 * this machine only.
 *
 * @param origin of the links that may be followed
 */
export const mailboxPage = (origin: string): string =>
  documentOf(
    'Mailbox · Notes',
    `<p class="brand"><a href="/">Notes</a></p>
<header class="row">
<h1>Development mailbox</h1>
<button type="button" class="small" id="reload">Look again</button>
</header>
<p class="intro">Mails are kept here instead of being sent, the newest first.</p>
<p class="notice success" id="state" role="status">Looking for mails …</p>
<ol class="mails" id="mails" data-origin="${origin}"></ol>
<noscript><p class="notice">This page needs JavaScript.</p></noscript>`,
    '/mailbox.js',
  );

/** What the page does. Everything in a mail is shown as text; links lead to this app only. */
export const MAILBOX_SCRIPT = `'use strict';

const list = document.getElementById('mails');
const state = document.getElementById('state');
const times = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });

function element(name, className, ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

/** The text with its links to this app as links. */
function linked(text) {
  return text.split(/(https?:\\/\\/[^\\s<>"]+)/).map((part, i) => {
    if (i % 2 === 0 || !URL.canParse(part) || new URL(part).origin !== list.dataset.origin) return part;
    const link = element('a', '', part);
    link.href = part;
    return link;
  });
}

function shown({ to, subject, text, sentAt }) {
  const time = element('time', '', times.format(new Date(sentAt)));
  time.dateTime = sentAt;
  return element(
    'li',
    'mail',
    element('h2', '', subject),
    element('p', 'quiet', 'To ', element('strong', '', to), ' \\u00b7 ', time),
    element('div', 'text', ...linked(text.trim())),
  );
}

async function load() {
  try {
    const reply = await fetch('/auth/dev/mailbox', { cache: 'no-store' });
    if (!reply.ok) throw new Error('It is shown on the machine of the demo only.');
    const mails = await reply.json();
    list.replaceChildren(...mails.map(shown));
    state.className = 'notice success';
    state.textContent = mails.length === 0 ? 'No mails yet. Create an account to get the first.' : '';
  } catch (error) {
    state.className = 'notice';
    state.textContent = 'The mailbox does not answer. ' + error.message;
  }
}

document.getElementById('reload').addEventListener('click', load);
// Whoever comes back from another tab wants to see what has come meanwhile.
addEventListener('focus', load);
load();
`;
