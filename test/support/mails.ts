import { AfterReply } from '../../libs/authkit/src/kernel/after-reply.js';
import { KeyRing } from '../../libs/authkit/src/kernel/key-ring.js';
import { unseal } from '../../libs/authkit/src/kernel/sealed.js';
import { OutboxStore, type OutboxMail } from '../../libs/authkit/src/storage/outbox.store.js';
import type { TestApp } from './test-app.js';

/** What a mailbox holds: which mail, and the tokens of its links by the page they lead to. */
export interface ReceivedMail {
  readonly template: string;
  readonly to: string;
  readonly text: string;
  readonly tokens: Readonly<Record<string, string>>;
}

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

/** Every mail there is, oldest first. */
export async function allMails(t: TestApp): Promise<ReceivedMail[]> {
  await t.app.get(AfterReply, { strict: false }).settled();
  const keys = t.app.get(KeyRing, { strict: false }).keys('outbox');
  const store = t.app.get(OutboxStore, { strict: false }) as unknown as { rows?: Map<string, OutboxMail> };
  const rows = store.rows
    ? [...store.rows.values()]
    : await t.source
        .createQueryBuilder()
        .select('o.template', 'template')
        .addSelect('o.sealed', 'sealed')
        .from('auth_outbox', 'o')
        .orderBy('o.id')
        .getRawMany<OutboxMail>();
  return rows.map(({ template, sealed }) => {
    const text = unseal(keys, template, sealed)!;
    return { template, text, to: (JSON.parse(text) as { to: string }).to, tokens: tokensIn(text) };
  });
}

function tokensIn(text: string): Record<string, string> {
  const links = text.matchAll(/\/pages\/([a-z-]+)#token=(nao_[\w-]{43})/g);
  return Object.fromEntries([...links].map(([, page, token]) => [page, token]));
}
