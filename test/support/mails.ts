import type { MailTemplate } from '../../libs/authkit/src/mail/mail-messages.js';
import { AfterReply } from '../../libs/authkit/src/kernel/after-reply.js';
import type { TestApp } from './test-app.js';

/** What a mailbox holds: which mail, and the tokens of its links by the page they lead to. */
export interface ReceivedMail {
  readonly template: MailTemplate;
  readonly to: string;
  readonly text: string;
  readonly tokens: Readonly<Record<string, string>>;
}

/** By what their English subjects say. */
const TEMPLATES: readonly [RegExp, MailTemplate][] = [
  [/^Confirm your e-mail/, 'verify_email'],
  [/^You already have/, 'already_registered'],
  [/^Choose a new password/, 'reset_password'],
  [/^Choose your password/, 'set_password'],
  [/password .* was changed$/, 'password_changed'],
  [/^A session of yours/, 'session_stolen'],
  [/is switched off$/, 'login_disabled'],
  [/^New sign-in to/, 'new_device'],
  [/will be deleted$/, 'deletion_requested'],
  [/was deleted$/, 'account_deleted'],
];

/** All mails to an address, oldest first. */
export async function mailsTo(t: TestApp, address: string): Promise<ReceivedMail[]> {
  return (await allMails(t)).filter(({ to }) => to === address);
}

/** The token of the newest mail with a link to this page. */
export async function tokenFor(t: TestApp, address: string, page: string): Promise<string> {
  const token = (await mailsTo(t, address)).map(({ tokens }) => tokens[page]).findLast((one) => one !== undefined);
  if (token === undefined) throw new Error(`no mail to ${address} has a link to ${page}`);
  return token;
}

/** The last 200 mails, oldest first; those that requests answered so far have caused are among them. */
export async function allMails(t: TestApp): Promise<ReceivedMail[]> {
  await t.app.get(AfterReply, { strict: false }).settled();
  return (await t.mails()).toReversed().map(({ to, subject, text }) => {
    const template = TEMPLATES.find(([pattern]) => pattern.test(subject))?.[1];
    if (!template) throw new Error(`a mail that these tests do not know: ${subject}`);
    return { template, to, text, tokens: tokensIn(text) };
  });
}

function tokensIn(text: string): Record<string, string> {
  const links = text.matchAll(/\/pages\/([a-z-]+)#token=(nao_[\w-]{43})/g);
  return Object.fromEntries([...links].map(([, page, token]) => [page, token]));
}
