import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { resolveOptions, type ResolvedOptions } from '../options/resolve-options.js';
import { MAIL_TEMPLATES, type MailIntent, type MailMessages, type MailTemplate } from './mail-messages.js';
import type { MailTemplates } from './mail-templates.js';
import { MailRenderer } from './mail-renderer.js';

const EVIL = `<script>alert(1)</script>"'&`;
const link = (name: string) => `https://app.example.com/auth/pages/${name}#token=nao_${name}`;

/** Data of every mail, with what users choose as bad as it can be. */
const DATA: MailMessages = {
  verify_email: { link: link('verify'), lifetime: 86_400_000, disownLink: link('disown') },
  already_registered: {},
  reset_password: { link: link('reset'), lifetime: 1_800_000 },
  set_password: { link: link('set'), lifetime: 86_400_000 },
  password_changed: {},
  change_email: { link: link('change'), lifetime: 3_600_000 },
  email_change_requested: { newEmail: `${EVIL}@example.com`, cancelLink: link('cancel') },
  email_changed: { newEmail: `${EVIL}@example.com` },
  username_changed: { username: EVIL },
  new_device: { notMeLink: link('not-me'), lifetime: 604_800_000 },
  session_stolen: {},
  login_disabled: { link: link('disabled'), lifetime: 1_800_000 },
  deletion_requested: { deletionAt: Date.UTC(2027, 0, 31, 12), cancelLink: link('keep') },
  account_deleted: {},
};
const LOCALES = ['en', 'de', 'fr', 'es'];
const AT = Date.UTC(2026, 10, 25, 1, 28);

const optionsWith = (mail: object, appName = EVIL): ResolvedOptions => resolveOptions({ appName, mail }, {});
const intentOf = <T extends MailTemplate>(template: T, locale = 'en'): MailIntent<T> => ({
  to: 'ada@example.com',
  template,
  data: DATA[template],
  locale,
  origin: { at: AT, ip: '203.0.113.7', userAgent: `${EVIL} Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0 ${EVIL}` },
});
const linksOf = (template: MailTemplate) =>
  Object.values(DATA[template]).filter((one) => String(one).includes('#token='));

describe.each(LOCALES)('mails in %s', (locale) => {
  const renderer = new MailRenderer(optionsWith({}));

  it('a sign-in on a new device is not called something that was asked for', async () => {
    const { text } = await renderer.render('id', intentOf('new_device', locale));
    expect(text).not.toMatch(/asked for|veranlasst|demande|solicitud/i);
  });

  it.each(MAIL_TEMPLATES)(
    '%s has its links twice in HTML and once in text, and says when, from where and on what',
    async (template) => {
      const { subject, text, html } = await renderer.render('id', intentOf(template, locale));
      for (const url of linksOf(template) as string[]) {
        expect(text.split(url)).toHaveLength(2);
        expect(html.split(`href="${url}"`)).toHaveLength(3);
        expect(html).toContain(`>${url}</a>`);
      }
      expect(text.match(/https?:/g) ?? []).toHaveLength(linksOf(template).length);
      for (const part of [text, html]) {
        expect(part).toMatch(/2026.*1:28.* UTC/);
        expect(part).toContain('203.0.113.7');
        expect(part).toMatch(/Firefox.*Linux/);
      }
      expect(subject).toContain(EVIL);
      expect(html).toContain(`<html lang="${locale}">`);
    },
  );

  it.each(MAIL_TEMPLATES)('%s has nothing undefined, no markup of users and nothing remote', async (template) => {
    const { subject, text, html } = await renderer.render('id', intentOf(template, locale));
    for (const part of [subject, text, html]) expect(part).not.toMatch(/undefined|null|NaN|\[object/);
    expect(html).not.toMatch(/<script|<img|<link|<iframe|@import|url\(|src=/i);
    expect(html.replace(/<style>[^]*<\/style>/, '')).not.toContain(EVIL);
    expect(html).toContain('color-scheme');
  });

  it('differ from those of the other languages', async () => {
    for (const other of LOCALES.filter((one) => one !== locale)) {
      for (const template of MAIL_TEMPLATES) {
        const [here, there] = await Promise.all(
          [locale, other].map((one) => renderer.render('id', intentOf(template, one))),
        );
        expect(here.subject).not.toBe(there.subject);
        const lines = here.text.split('\n').filter((line) => line.length > 40 && !line.includes('#token='));
        expect(lines.filter((line) => there.text.includes(line))).toEqual([]);
      }
    }
  });
});

describe('a mail', () => {
  it('says how long its link is good in a unit that people use', async () => {
    const renderer = new MailRenderer(optionsWith({}, 'Shop'));
    const texts = await Promise.all(
      (['reset_password', 'verify_email', 'new_device', 'change_email'] as const).map((template) =>
        renderer.render('id', intentOf(template)),
      ),
    );
    const words = texts.map(({ text }) => /good (?:once, )?for ([^.]*)\./.exec(text)?.[1]);
    expect(words).toEqual(['30 minutes', '24 hours', '7 days', '1 hour']);
  });

  it('of a request whose origin is unknown says so', async () => {
    const intent = { ...intentOf('password_changed'), origin: { at: AT, ip: null, userAgent: null } };
    const { text } = await new MailRenderer(optionsWith({})).render('id', intent);
    expect(text).toContain('IP address: unknown\nDevice: unknown');
  });
});

describe('a template of the host', () => {
  const renderWith = (templates: MailTemplates, mail: object = {}, locale?: string) =>
    new MailRenderer(optionsWith({ templates, ...mail }, 'Shop')).render('id', intentOf('reset_password', locale));

  it('is used for its mail and gets what it needs', async () => {
    const rendered = await renderWith({
      reset_password: ({ data, appName, when, device, goodFor, locale }) =>
        Promise.resolve({ subject: appName, text: [data.link, when, device, goodFor, locale].join('|'), html: '<p>' }),
    });
    expect(rendered).toMatchObject({ subject: 'Shop', html: '<p>' });
    expect(rendered.text).toBe(`${link('reset')}|November 25, 2026 at 1:28 AM UTC|Firefox on Linux|30 minutes|en`);
  });

  it('may change a part of the standard mail', async () => {
    const standard = await renderWith({});
    const changed = await renderWith({ reset_password: ({ standard: kit }) => ({ ...kit(), subject: 'Hello' }) });
    expect(changed).toEqual({ ...standard, subject: 'Hello' });
  });

  it('in a language of its own falls back to the default language for the rest', async () => {
    const mail = { locales: ['it', 'de'], defaultLocale: 'de' };
    expect((await renderWith({}, mail, 'it')).subject).toBe('Wählen Sie ein neues Passwort für Shop');
    const own = { reset_password: ({ when }: { when: string }) => ({ subject: when, text: '', html: '' }) };
    expect((await renderWith(own, mail, 'it')).subject).toBe('25 novembre 2026 alle ore 01:28 UTC');
  });

  it('cannot break the line of the subject', async () => {
    const rendered = await renderWith({
      reset_password: () => ({ subject: 'a\r\nBcc: eve@example.com\u2028\u0000b', text: '', html: '' }),
    });
    expect(rendered.subject).toBe('a Bcc: eve@example.com b');
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error(link('secret'));
      },
    ],
    ['gives no text', () => ({ subject: 'a' })],
    ['gives nothing', () => undefined],
  ])('that %s fails without telling the link to anybody', async (_what, template) => {
    const lines: unknown[] = [];
    const spy = jest.spyOn(Logger.prototype, 'error').mockImplementation((line) => void lines.push(line));
    const failed = renderWith({ reset_password: template as MailTemplates['reset_password'] });
    await expect(failed).rejects.toMatchObject({ code: 'template_failed' });
    spy.mockRestore();
    expect(lines.join()).toMatch(/^mail\.templates\.reset_password failed: \w*Error/);
    expect(lines.join()).not.toContain('#token');
  });
});
