import type { INestApplication } from '@nestjs/common';
import type { Page } from 'playwright-core';
import { DataSource } from 'typeorm';
import { startDemo } from '../../apps/demo/src/start-demo.js';
import { AfterReply } from '../../libs/authkit/src/kernel/after-reply.js';
import { MailboxMailer } from '../../libs/authkit/src/mail/mailbox.mailer.js';
import { OutboxWorker } from '../../libs/authkit/src/mail/outbox-worker.js';
import { missingBrowser, RealBrowser } from '../support/browser.js';
import { prepareDemo } from '../support/demo-app.js';
import { freePort } from '../support/demo-process.js';
import { describeIf } from '../support/describe-if.js';
import { ADAPTERS, PASSWORD } from '../support/test-app.js';

const NEW_PASSWORD = 'copper meadow ladder 77';
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0';

for (const adapter of ADAPTERS) {
  describeIf(missingBrowser, `the demo in a browser (${adapter})`, () => {
    let demo: Awaited<ReturnType<typeof prepareDemo>>;
    let app: INestApplication;
    let browser: RealBrowser;
    let home: string;
    let page: Page;

    beforeAll(async () => {
      demo = await prepareDemo(adapter, 'sqlite');
      const port = String(await freePort());
      home = `http://localhost:${port}/`;
      const SOCKETS = adapter === 'express' ? 'socket.io' : 'ws';
      app = await startDemo({ ...demo.env, PORT: port, AUTHKIT_BASE_URL: home, SOCKETS }, () => undefined);
      browser = await RealBrowser.launch();
    });
    afterAll(async () => {
      await browser.close();
      await app.close();
      await demo.drop();
    });
    beforeEach(async () => {
      page = await browser.open();
    });
    afterEach(async () => {
      await page.context().close();
      // No policy stops what the pages do, and no script fails.
      expect(browser.complaints).toEqual([]);
    });

    const press = (name: string) => page.getByRole('button', { name, exact: true }).click();
    const heading = (name: string) => page.getByRole('heading', { name }).waitFor();
    const account = () => page.locator('[data-list="sessions"]').getByText('This device').waitFor();

    async function register(email: string): Promise<void> {
      await page.goto(home);
      await page.getByRole('link', { name: 'Create an account' }).click();
      await page.getByLabel('E-mail').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await press('Create account');
      await account();
    }

    async function signIn(email: string, password: string): Promise<void> {
      await page.goto(home);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await page.getByLabel('E-mail or username').fill(email);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await press('Sign in');
    }

    /** Opens a mail's link as a reader would: from the mailbox. */
    async function openMail(email: string, subject: string): Promise<void> {
      await app.get(AfterReply, { strict: false }).settled();
      await app.get(OutboxWorker, { strict: false }).drain();
      await page.goto(home);
      await page.getByRole('link', { name: 'Development mailbox' }).click();
      const mail = page.locator('.mail', { hasText: email }).filter({ hasText: subject }).first();
      await mail.getByRole('link').first().click();
    }

    it('leads to all that it names', async () => {
      await page.goto(home);
      const links = await page.locator('main a').evaluateAll((all) => all.map((one) => one.getAttribute('href')!));
      expect(links).toHaveLength(10);
      const status = async (path: string) => (await page.request.get(new URL(path, home).href)).status();
      const statuses = await Promise.all(links.map(async (path) => [path, await status(path)]));
      expect(statuses.filter(([, code]) => code !== 200)).toEqual([['/notes', 401]]);
    });

    it('registers, verifies the address by the mail, and shows the session', async () => {
      await register('ada@example.com');
      await openMail('ada@example.com', 'Confirm your e-mail address');
      // The token is out of the address.
      await page.waitForURL(`${home}auth/pages/verify`);
      await press('Verify my address');
      await heading('Your address is verified');
      await page.goto(`${home}auth/pages/sessions`);
      await account();
      await page.getByText('ada@example.com').waitFor();
      const me = await page.request.get(`${home}auth/me`);
      expect(((await me.json()) as { user: object }).user).toMatchObject({ emailVerified: true });
    });

    it('a forgotten password is replaced by the mail’s link, and the old one signs in no more', async () => {
      await register('bob@example.com');
      await page.goto(home);
      await page.getByRole('link', { name: 'Forgotten password' }).click();
      await page.getByLabel('E-mail').fill('bob@example.com');
      await press('Send the link');
      await heading('Check your mail');
      await openMail('bob@example.com', 'Choose a new password');
      await page.getByLabel('New password').fill(NEW_PASSWORD);
      await press('Save password');
      await heading('Your password is saved');
      await signIn('bob@example.com', PASSWORD);
      await page.getByText('E-mail, username or password is not right.').waitFor();
      await page.getByLabel('Password', { exact: true }).fill(NEW_PASSWORD);
      await press('Sign in');
      await account();
    });

    it('tells of a sign-in on another device; its link signs that one out and leads to a new password', async () => {
      await register('cora@example.com');
      const owner = page;
      const stranger = await browser.open({ userAgent: FIREFOX });
      page = stranger;
      await signIn('cora@example.com', PASSWORD);
      await account();
      page = owner;
      await openMail('cora@example.com', 'New sign-in');
      await press('This was not me');
      await heading('Thank you for telling us');
      await stranger.reload();
      await stranger.waitForURL(/sign-in\?returnTo=/);
      await stranger.context().close();
      await openMail('cora@example.com', 'Choose a new password');
      await page.getByLabel('New password').waitFor();
    });

    it('changes the e-mail address after asking for the password again; a change can be stopped', async () => {
      await register('dora@example.com');
      await openMail('dora@example.com', 'Confirm your e-mail address');
      await press('Verify my address');
      await heading('Your address is verified');
      const ask = async (email: string) => {
        await app.get(DataSource).query('UPDATE auth_sessions SET authenticated_at = 0');
        await page.goto(`${home}auth/pages/sessions`);
        await account();
        await page.getByLabel('New e-mail address').fill(email);
        await press('Change address');
        const dialog = page.getByRole('dialog', { name: 'Is it still you?' });
        await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
        await press('Go on');
        await page.getByText('We have sent a link to the new address.').waitFor();
      };
      await ask('dora@work.example');
      await openMail('dora@work.example', 'Confirm your new e-mail address');
      await press('Use this address');
      await heading('Your address is changed');
      await ask('dora@evil.example');
      await openMail('dora@work.example', 'is about to change');
      await press('Keep my address');
      await heading('Your address stays as it is');
      await openMail('dora@evil.example', 'Confirm your new e-mail address');
      await press('Use this address');
      await page.getByText('This link is not good any more.').waitFor();
      await signIn('dora@work.example', PASSWORD);
      await account();
    });

    it('deletes an account, and keeps it when the mail’s link is followed in time', async () => {
      await register('eve@example.com');
      await press('Delete my account');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete my account' }).click();
      await page.getByText('Your account will be deleted.').waitFor();
      await openMail('eve@example.com', 'will be deleted');
      await press('Keep my account');
      await heading('Your account stays');
      await signIn('eve@example.com', PASSWORD);
      await account();
    });

    it('chats on a socket that ends with the session', async () => {
      await register('gus@example.com');
      await page.goto(`${home}chat`);
      await page.getByText('Connected as').waitFor();
      await press('Join');
      await page.getByText('You are in lobby.').waitFor();
      await page.getByLabel('Message').fill('<b>hello</b>');
      await press('Send');
      await page.locator('.mail', { hasText: ': <b>hello</b>' }).waitFor();
      const out = await page.request.post(`${home}auth/logout`, { headers: { origin: new URL(home).origin } });
      expect(out.status()).toBe(204);
      await page.getByText('The session has ended.').waitFor();
    });

    it('shows what is in a mail as text, and links of this app only', async () => {
      const link = `${home}auth/pages/verify#token=nao_x`;
      const text = `<img src=x onerror=alert(1)> https://evil.example/a javascript:alert(1) ${link}`;
      await app.get(MailboxMailer, { strict: false }).send({
        id: 'one',
        from: 'no-reply@localhost',
        to: 'fay@example.com',
        subject: '<script>alert(1)</script>',
        text,
        html: '<p>x</p>',
      });
      await page.goto(`${home}mailbox`);
      const mail = page.locator('.mail', { hasText: 'fay@example.com' });
      expect(await mail.locator('.text').innerText()).toBe(text);
      expect(await mail.getByRole('heading').innerText()).toBe('<script>alert(1)</script>');
      expect(await mail.locator('a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))).toEqual([link]);
    });

    it('shows no mails to those who come through a proxy', async () => {
      page = await browser.open({ extraHTTPHeaders: { 'x-forwarded-for': '203.0.113.9' } });
      await page.goto(`${home}mailbox`);
      await page.getByText('The mailbox does not answer.').waitFor();
      expect(await page.locator('.mail').count()).toBe(0);
    });
  });
}
