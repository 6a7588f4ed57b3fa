import type { TestApp } from './test-app.js';

/** Texts of the mails to an address, newest first. */
export async function mailedTo(t: TestApp, address: string): Promise<string[]> {
  return (await t.mails()).filter(({ to }) => to === address).map(({ text }) => text);
}

/** The token of the newest link to a page of the kit in the mails to an address. */
export async function mailedToken(t: TestApp, address: string, page: string): Promise<string> {
  const link = new RegExp(`/${page}#token=(nao_[\\w-]{43})`);
  const tokens = (await mailedTo(t, address))
    .map((text) => link.exec(text)?.[1])
    .filter((token) => token !== undefined);
  if (tokens.length === 0) throw new Error(`no mail to ${address} has a link to ${page}`);
  return tokens[0]!;
}
