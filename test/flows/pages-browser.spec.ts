import { Controller, Delete, Get, HttpCode, Post, Req } from '@nestjs/common';
import { AuthKitError, Public, RequestContext } from 'nest-authkit';
import type { Page } from 'playwright-core';
import { missingBrowser, RealBrowser } from '../support/browser.js';
import { describeIf } from '../support/describe-if.js';
import { mailsTo } from '../support/mails.js';
import { ADAPTERS, createTestApp, PASSWORD, type TestApp } from '../support/test-app.js';

const EMAIL = 'ada@example.com';
const NEW_PASSWORD = 'copper meadow ladder 77';

for (const adapter of ADAPTERS) {
  describeIf(missingBrowser, `the pages in a browser (${adapter})`, () => {
    let t: TestApp;
    let browser: RealBrowser;
    let page: Page;
    const url = (path: string) => `http://localhost:${t.client.port}/auth/pages/${path}`;
    const alert = () => page.locator('[data-alert]:visible').first().innerText();
    const signIn = async (to = 'sign-in', password = PASSWORD) => {
      await page.goto(url(to));
      await page.getByLabel('E-mail or username').fill(EMAIL);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Sign in' }).click();
    };

    beforeAll(async () => {
      t = await createTestApp({ adapter, realClock: true, controllers: [StandIns] });
      await t.signUp(EMAIL);
      browser = await RealBrowser.launch();
    });
    afterAll(async () => {
      await browser.close();
      await t.close();
    });
    beforeEach(async () => {
      StandIns.calls = [];
      page = await browser.open();
    });
    afterEach(async () => {
      await page.context().close();
      // The policy of the pages stops nothing that they do, and no script fails.
      expect(browser.complaints).toEqual([]);
    });

    it('a wrong password is told in the page’s language, and the right one signs in', async () => {
      await signIn('sign-in', 'not this one');
      await page.getByText('E-mail, username or password is not right.').waitFor();
      expect(await page.evaluate('document.activeElement.id')).toBe('password');
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForURL(url('sessions'));
      await page.getByText(EMAIL).waitFor();
      // The tokens are where no script sees them.
      expect(await page.evaluate('[document.cookie, JSON.stringify(localStorage)]')).toEqual(['', '{}']);
    });

    it('speaks German to a German, errors too', async () => {
      page = await browser.open({ locale: 'de-AT' });
      await page.goto(url('sign-in'));
      await page.getByRole('button', { name: 'Anmelden' }).click();
      expect(await page.locator('#identifier-error').innerText()).toBe('Bitte füllen Sie das aus.');
      expect(await page.evaluate('document.documentElement.lang')).toBe('de');
    });

    it('registers and is signed in; what is wrong is said beside its field', async () => {
      await page.goto(url('register'));
      await page.getByLabel('E-mail').fill(EMAIL);
      await page.getByLabel('Full name').fill('Grace Hopper');
      await page.getByLabel('Password', { exact: true }).fill('short');
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('This password is too short.').waitFor();
      expect(await page.locator('#password').getAttribute('aria-invalid')).toBe('true');
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.getByText('There is an account with this address already.').waitFor();
      await page.getByLabel('E-mail').fill(`grace-${adapter}@example.com`);
      await page.getByRole('button', { name: 'Create account' }).click();
      await page.waitForURL(url('sessions'));
      await page.getByText(`grace-${adapter}@example.com`).waitFor();
    });

    it('works by keyboard alone, and what has the focus is seen', async () => {
      await page.goto(url('sign-in'));
      await page.keyboard.press('Tab');
      await page.keyboard.type(EMAIL);
      await page.keyboard.press('Tab');
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press('Tab');
      const focus = () =>
        page.evaluate(`((at) => [at.textContent.trim(), getComputedStyle(at).outlineStyle, getComputedStyle(at).outlineWidth])(
          document.activeElement)`);
      expect(await focus()).toEqual(['Show', 'solid', '3px']);
      await page.keyboard.press('Space');
      expect(await page.locator('#password').getAttribute('type')).toBe('text');
      await page.keyboard.press('Tab');
      expect(await focus()).toEqual(['Sign in', 'solid', '3px']);
      await page.keyboard.press('Enter');
      await page.waitForURL(url('sessions'));
    });

    it('lists sessions, ends one, ends the others, signs out', async () => {
      for (let i = 0; i < 2; i++) await t.auth.login(EMAIL, PASSWORD);
      await signIn();
      const rows = page.locator('[data-list="sessions"] li');
      await page.locator('[data-list="sessions"]').getByText('This device').waitFor();
      const before = await rows.count();
      expect(before).toBeGreaterThan(2);
      await rows.nth(1).getByRole('button').click();
      await page.getByText('That device is signed out.').waitFor();
      expect(await rows.count()).toBe(before - 1);
      await page.getByRole('button', { name: 'Sign out all other devices' }).click();
      await page.getByText('All other devices are signed out.').waitFor();
      expect(await rows.count()).toBe(1);
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.waitForURL(url('sign-in'));
      await page.goto(url('sessions'));
      await page.waitForURL(/sign-in\?returnTo=/);
    });

    it('comes back after the sign-in to where it was asked for', async () => {
      await page.goto(url('sessions#password'));
      await page.waitForURL(/sign-in\?returnTo=%2Fauth%2Fpages%2Fsessions%23password$/);
      await page.getByLabel('E-mail or username').fill(EMAIL);
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.waitForURL(url('sessions#password'));
      await page.locator('[data-list="sessions"]').getByText('This device').waitFor();
      expect(await page.evaluate('document.activeElement.id')).toBe('currentPassword');
    });

    it('refreshes once when the access token has expired, two tabs at once too', async () => {
      await signIn();
      await page.locator('[data-list="sessions"]').getByText('This device').waitFor();
      const access = (await page.context().cookies()).find(({ name }) => name === 'authkit_at')!;
      const cookie = { ...access, value: `${access.value.slice(0, -4)}AAAA` };
      await page.context().addCookies([cookie]);
      const refreshes: string[] = [];
      page.context().on('request', (request) => {
        if (request.url().endsWith('/auth/refresh')) refreshes.push(request.method());
      });
      const other = await page.context().newPage();
      await Promise.all([page.reload(), other.goto(url('sessions'))]);
      await Promise.all(
        [page, other].map((tab) => tab.locator('[data-list="sessions"]').getByText('This device').waitFor()),
      );
      expect(refreshes.length).toBeGreaterThan(0);
      expect(refreshes.length).toBeLessThan(3);
    });

    it('changes the password, and says which is wrong', async () => {
      await signIn();
      await page.locator('[data-list="sessions"]').getByText('This device').waitFor();
      await page.getByLabel('Current password').fill('not this one');
      await page.getByLabel('New password').fill(NEW_PASSWORD);
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByText('This is not your password.').waitFor();
      await page.getByLabel('Current password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByText('Your password is changed').waitFor();
      // Back, for the other tests.
      await page.getByLabel('Current password').fill(NEW_PASSWORD);
      await page.getByLabel('New password').fill(PASSWORD);
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.locator('[data-status]:has-text("Your password is changed")').waitFor();
    });

    it('changes the username, and sends the link again that proves the address', async () => {
      await signIn();
      await page.locator('[data-list="sessions"]').getByText('This device').waitFor();
      await page.getByRole('button', { name: 'Send the link again' }).click();
      await page.getByText('A new link is on its way.').waitFor();
      expect((await mailsTo(t, EMAIL)).map(({ template }) => template)).toContain('verify_email');
      await page.getByLabel('Your username').fill('a b');
      await page.getByRole('button', { name: 'Change username' }).click();
      await page.getByText('This username is not possible').waitFor();
      await page.getByLabel('Your username').fill('ada');
      await page.getByRole('button', { name: 'Change username' }).click();
      await page.getByText('Your username is changed.').waitFor();
      expect(await page.getByLabel('Your username').inputValue()).toBe('ada');
      expect((await t.auth.findUser('ada'))?.email).toBe(EMAIL);
      await t.auth.setEmailVerified((await t.auth.findUser(EMAIL))!.id, true, { keepPassword: true });
      await page.reload();
      await page.locator('[data-list="sessions"]').getByText('This device').waitFor();
      expect(await page.getByRole('button', { name: 'Send the link again' }).isVisible()).toBe(false);
      await t.auth.setEmailVerified((await t.auth.findUser(EMAIL))!.id, false);
    });

    it.each([
      ['light', 'rgb(255, 255, 255)'],
      ['dark', 'rgb(23, 27, 34)'],
    ] as const)('is %s for those who like it so', async (colorScheme, colour) => {
      page = await browser.open({ colorScheme });
      await page.goto(url('sign-in'));
      expect(await page.evaluate("getComputedStyle(document.querySelector('main')).backgroundColor")).toBe(colour);
    });

    it('fits on a small screen', async () => {
      page = await browser.open({ viewport: { width: 320, height: 640 } });
      await signIn();
      await page.locator('[data-list="sessions"]').getByText('This device').waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    });

    it.each([
      ['verify', 'Verify my address', 'Your address is verified', '/auth/email/verify'],
      ['confirm-email', 'Use this address', 'Your address is changed', '/auth/email/change/confirm'],
      ['cancel-email', 'Keep my address', 'Your address stays as it is', '/auth/email/change/cancel'],
      ['not-me', 'This was not me', 'Thank you for telling us', '/auth/devices/not-me'],
      ['cancel-deletion', 'Keep my account', 'Your account stays', '/auth/me/deletion/cancel'],
    ])('%s does nothing until its button is pressed, and its token is out of the address at once', async (...row) => {
      const [name, button, done, call] = row;
      await stand(page);
      await page.goto(url(`${name}#token=good`));
      expect(page.url()).toBe(url(name));
      expect(StandIns.calls).toEqual([]);
      await page.getByRole('button', { name: button }).click();
      await page.getByRole('heading', { name: done }).waitFor();
      expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
      expect(StandIns.calls).toEqual([`POST ${call} {"token":"good"}`]);
    });

    it('a dead link says so, and offers what helps', async () => {
      await stand(page);
      await page.goto(url('verify#token=dead'));
      await page.getByRole('button', { name: 'Verify my address' }).click();
      expect(await alert()).toContain('This link is not good any more.');
      expect(await page.getByRole('button', { name: 'Verify my address' }).isVisible()).toBe(false);
      await page.getByLabel('E-mail').fill(EMAIL);
      await page.getByRole('button', { name: 'Send a new link' }).click();
      await page.getByText('a new link is on its way').waitFor();
      expect(StandIns.calls.at(-1)).toBe(`POST /auth/email/verify/resend {"email":"${EMAIL}"}`);
      // A second link in the same tab changes the fragment alone.
      await page.goto(url('verify#token=good'));
      await page.getByRole('button', { name: 'Verify my address' }).click();
      await page.getByRole('heading', { name: 'Your address is verified' }).waitFor();
    });

    it.each([
      ['confirm-email', 'Use this address', 'Go to your account', 'sessions'],
      ['cancel-email', 'Keep my address', 'Choose a new password', 'forgot'],
      ['not-me', 'This was not me', 'Choose a new password', 'forgot'],
      ['cancel-deletion', 'Keep my account', 'Go to your account', 'sessions'],
    ])('%s shows a way on when its link is dead', async (name, button, wayOn, to) => {
      await stand(page);
      await page.goto(url(`${name}#token=dead`));
      expect(await page.getByRole('link', { name: wayOn }).isVisible()).toBe(false);
      await page.getByRole('button', { name: button }).click();
      expect(await alert()).toContain('This link is not good any more.');
      expect(await page.getByRole('link', { name: wayOn }).getAttribute('href')).toBe(`/auth/pages/${to}`);
      expect(await page.getByRole('link', { name: wayOn }).isVisible()).toBe(true);
    });

    it('a link without its token says so at once', async () => {
      await page.goto(url('reset'));
      expect(await alert()).toBe('The link is not complete. Open it again from your mail.');
      await page.getByRole('link', { name: 'Ask for a new link' }).click();
      await page.waitForURL(url('forgot'));
    });

    it('forgot and reset say what has been done', async () => {
      await stand(page);
      await page.goto(url('forgot'));
      await page.getByLabel('E-mail').fill(EMAIL);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
      await page.goto(url('reset#token=good'));
      await page.getByLabel('New password').fill(NEW_PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Your password is saved' }).waitFor();
      expect(StandIns.calls).toEqual([
        `POST /auth/password/forgot {"email":"${EMAIL}"}`,
        `POST /auth/password/reset {"newPassword":"${NEW_PASSWORD}","token":"good"}`,
      ]);
    });

    it('asks for the password once more where the API wants it, and goes on', async () => {
      await stand(page);
      await signIn();
      await page.locator('[data-list="sessions"]').getByText('This device').waitFor();
      StandIns.calls = [];
      await page.getByLabel('New e-mail address').fill('new@example.com');
      await page.getByRole('button', { name: 'Change address' }).click();
      const dialog = page.getByRole('dialog', { name: 'Is it still you?' });
      await dialog.getByLabel('Password', { exact: true }).fill('wrong');
      await page.keyboard.press('Enter');
      await dialog.getByText('This is not your password.').waitFor();
      await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByText('We have sent a link to the new address.').waitFor();
      expect(StandIns.calls.filter((call) => !call.startsWith('GET'))).toEqual([
        'POST /auth/email/change {"newEmail":"new@example.com"}',
        'POST /auth/reauthenticate {"password":"wrong"}',
        `POST /auth/reauthenticate {"password":"${PASSWORD}"}`,
        'POST /auth/email/change {"newEmail":"new@example.com"}',
      ]);
    });

    it.each(['//evil.example', '/\\evil.example', 'https://evil.example/'])(
      'REDIR-01 returnTo %j leads to the default page',
      async (returnTo) => {
        await signIn(`sign-in?returnTo=${encodeURIComponent(returnTo)}`);
        await page.waitForURL((at) => !at.pathname.endsWith('sign-in'));
        expect(page.url()).toBe(url('sessions'));
      },
    );
  });
}

/** Lets the calls that the tests below answer themselves reach the stand-ins instead of the API. */
async function stand(page: Page): Promise<void> {
  const calls = /\/auth\/((email\/|password\/(forgot|reset)|devices|me\/deletion|reauthenticate).*)$/;
  await page.route(calls, (route) =>
    route.continue({ url: route.request().url().replace('/auth/', '/stand-in/auth/') }),
  );
}

/** Answers as the contract has it: `good` tokens work, all others are dead; changes want a password once more. */
@Controller('stand-in/auth')
class StandIns {
  static calls: string[] = [];
  private fresh = false;

  @Get('devices')
  @Public()
  devices() {
    return { items: [] };
  }

  @Delete('devices/:id')
  @Public()
  forget() {}

  @Post([
    'email/verify',
    'email/change/confirm',
    'email/change/cancel',
    'devices/not-me',
    'me/deletion/cancel',
    'password/reset',
  ])
  @HttpCode(204)
  @Public()
  consume(@Req() request: { body: { token: string } }) {
    if (this.note(request).token !== 'good') throw new AuthKitError('link_invalid');
  }

  @Post(['email/verify/resend', 'password/forgot'])
  @HttpCode(202)
  @Public()
  accept(@Req() request: { body: object }) {
    this.note(request);
    return {};
  }

  @Post('email/change')
  @HttpCode(202)
  @Public()
  change(@Req() request: { body: object }) {
    this.note(request);
    if (!this.fresh)
      throw Object.assign(new AuthKitError('insufficient_scope'), { response: { code: 'reauthentication_required' } });
    this.fresh = false;
    return {};
  }

  @Post('reauthenticate')
  @HttpCode(204)
  @Public()
  reauthenticate(@Req() request: { body: { password: string } }) {
    if (this.note(request).password !== PASSWORD) throw new AuthKitError('invalid_credentials');
    this.fresh = true;
  }

  private note<T extends object>({ body }: { body: T }): T {
    const { method, path } = RequestContext.current()!;
    StandIns.calls.push(`${method} ${path.replace('/stand-in', '')} ${JSON.stringify(body)}`);
    return body;
  }
}
