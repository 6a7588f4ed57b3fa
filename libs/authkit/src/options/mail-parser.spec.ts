import { Mailer } from '../mail/mailer.js';
import { SmtpSettings, type MailTransport } from '../mail/mail-transport.js';
import { resolveOptions } from './resolve-options.js';

const PRODUCTION = { baseUrl: 'https://app.example.com', secret: 'Jr7u2kP0xWq9Zt4Vb6Nm1Ls8Hd3Fg5Yc_aE' };
const FROM = 'no-reply@example.com';
const URL_WITH_PASSWORD = 'smtps://user:hunter2@mail.example.com';

class OwnMailer extends Mailer {
  override send = () => Promise.resolve();
}

const inDevelopment = (mail?: unknown) => resolveOptions({ mail: mail as never }, {}).mail;
const inProduction = (mail?: unknown) => resolveOptions({ ...PRODUCTION, mail: mail as never }, {});
const smtpOf = (transport: MailTransport) => (transport.kind === 'smtp' ? transport.settings.reveal() : null);

describe('the option mail', () => {
  it('left out prints mails in development, and sends none in production, with a warning', () => {
    expect(inDevelopment()).toMatchObject({ transport: { kind: 'development' }, from: 'no-reply@localhost' });
    const { mail, warnings } = inProduction();
    expect(mail.transport).toEqual({ kind: 'none' });
    expect(warnings.join()).toMatch(/sends no mail, because mail.transport is not set/);
  });

  it('left out in production refuses to start where addresses must be proven', () => {
    const registration = { requireVerifiedEmail: true };
    expect(() => resolveOptions({ ...PRODUCTION, registration }, {})).toThrow(
      /registration.requireVerifiedEmail: no mail can be sent.*Set mail.transport/,
    );
    expect(() => resolveOptions({ registration }, {})).not.toThrow();
  });

  it('requires TLS in production, unless told otherwise', () => {
    const tls = (mail: { transport: MailTransport }) => smtpOf(mail.transport)?.requireTLS;
    const host = { host: 'relay' };
    expect(tls(inDevelopment({ transport: host, from: FROM }))).toBe(false);
    expect(tls(inProduction({ transport: host, from: FROM }).mail)).toBe(true);
    expect(tls(inProduction({ transport: URL_WITH_PASSWORD, from: FROM }).mail)).toBe(true);
    expect(tls(inProduction({ transport: { ...host, requireTLS: false }, from: FROM }).mail)).toBe(false);
  });

  it('takes a mailer, or a class of one, without freezing it', () => {
    const mailer = new OwnMailer();
    expect(inProduction({ transport: mailer, from: FROM }).mail.transport).toEqual({ kind: 'own', mailer });
    expect(Object.isFrozen(mailer)).toBe(false);
    expect(inDevelopment({ transport: OwnMailer, from: FROM }).transport).toEqual({ kind: 'own', mailer: OwnMailer });
  });

  it('shows the password of the mail server to nobody', () => {
    const { mail } = inProduction({ transport: URL_WITH_PASSWORD, from: FROM });
    expect(JSON.stringify(mail)).not.toContain('hunter2');
    expect(new SmtpSettings({ auth: { user: 'u', pass: 'hunter2' } })).toEqual({});
    expect(() => inProduction({ transport: URL_WITH_PASSWORD.replace('smtps', 'http'), from: FROM })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it.each([
    ['no-reply@example.com', 'no-reply@example.com'],
    ['Shop <no-reply@example.com>', '"Shop" <no-reply@example.com>'],
    ['"The Shop, Ltd." <no-reply@example.com>', '"The Shop, Ltd." <no-reply@example.com>'],
    ['<no-reply@example.com>', 'no-reply@example.com'],
  ])('takes the sender %s', (from, expected) => {
    expect(inDevelopment({ from }).from).toBe(expected);
  });

  it.each<[string, unknown, RegExp]>([
    ['no sender', { transport: URL_WITH_PASSWORD }, /mail\.from: it is missing/],
    ['two senders', { from: 'a@example.com, b@example.com' }, /mail\.from/],
    ['a sender with a line break', { from: 'Shop\r\nBcc: eve@example.com <a@example.com>' }, /mail\.from/],
    ['a sender without a domain', { from: 'Shop <shop>' }, /mail\.from/],
    ['another URL', { transport: 'https://mail.example.com', from: FROM }, /mail\.transport: it is no SMTP URL/],
    ['half a URL', { transport: 'mail.example.com', from: FROM }, /mail\.transport: it is no SMTP URL/],
    ['a list', { transport: [], from: FROM }, /mail\.transport: it is not valid/],
    ['a class that is no mailer', { transport: class {}, from: FROM }, /mail\.transport: it is not valid/],
    ['an unknown field', { host: 'mail' }, /mail\.host: there is no such option/],
    ['a default that is not among the languages', { locales: ['de'] }, /mail\.defaultLocale/],
    ['a language that is none', { locales: ['en', 'x y'] }, /mail\.locales\[1\]/],
    ['a template for no mail', { templates: { hello: () => null } }, /mail\.templates\.hello: there is no such option/],
    ['a template that is no function', { templates: { new_device: 'Hi' } }, /mail\.templates\.new_device/],
    ['a localeOf that is no function', { localeOf: 'de' }, /mail\.localeOf/],
  ])('refuses %s', (_what, mail, message) => {
    expect(() => inDevelopment(mail)).toThrow(message);
  });
});
