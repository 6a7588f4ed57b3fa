import { Controller, HttpCode, Post, VersioningType } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  bcrypt,
  Mailer,
  OutboxStore,
  Public,
  type AuthKitOptions,
  type AuthUser,
  type OutgoingMail,
} from 'nest-authkit';
import { Outbox } from '../../libs/authkit/src/mail/outbox.js';
import { expectProblem } from '../support/attack.js';
import { DATABASES } from '../support/databases.js';
import { enqueue, LINK, listenToLog, outboxRows } from '../support/outbox.js';
import { createTestApp, describeOn, PASSWORD, type TestApp, type TestAppOptions } from '../support/test-app.js';

const MAILBOX = '/auth/dev/mailbox';
/** The development mailer instead of the one of the tests. */
const DEVELOPMENT: Partial<AuthKitOptions> = { mail: undefined };
/** With hashes that production accepts. */
const PRODUCTION: Partial<AuthKitOptions> = {
  mail: undefined,
  baseUrl: 'https://app.example.com',
  passwords: { hasher: bcrypt() },
  rateLimits: undefined,
};
const FROM = 'no-reply@example.com';

describeOn('the development mailbox', { databases: ['memory'] }, (place) => {
  let t: TestApp;
  let log: ReturnType<typeof listenToLog>;
  beforeAll(async () => {
    log = listenToLog();
    t = await createTestApp({ ...place, authkit: DEVELOPMENT });
    await enqueue(t, await t.kit.user({ email: 'ada@example.com' }));
    await t.mails();
    t.clock.advance('1s');
    await enqueue(t, await t.kit.user({ email: 'eve@example.com' }), 'password_changed', {});
    await t.mails();
  });
  afterAll(() => t.close());
  afterAll(() => log.stop());
  const ask = (headers: Record<string, string | string[]> = {}) =>
    t.client.get(MAILBOX, { headers: { host: 'localhost:3000', ...headers } });

  it('shows this machine what was sent, newest first, and nothing keeps it', async () => {
    const reply = await ask();
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect((reply.body as object[]).map((mail) => Object.keys(mail))).toEqual([
      ['to', 'subject', 'text', 'html', 'sentAt'],
      ['to', 'subject', 'text', 'html', 'sentAt'],
    ]);
    expect(reply.body).toMatchObject([{ to: 'eve@example.com' }, { to: 'ada@example.com' }]);
    expect(reply.body[1].text).toContain(LINK);
  });

  it('is beside what the log prints', () => {
    expect(log.lines.join('\n')).toContain(LINK);
  });

  it.each<Record<string, string>>([
    {},
    { host: '127.0.0.1' },
    { host: '127.1.2.3:80' },
    { host: '[::1]:3000' },
    { host: 'LOCALHOST' },
  ])('answers a request to this machine: %j', async (headers) => expect((await ask(headers)).status).toBe(200));

  it.each<Record<string, string | string[]>>([
    { host: 'evil.example' },
    { host: 'localhost.evil.example' },
    { host: 'evil.example:3000' },
    { host: '127.0.0.1.evil.example' },
    { host: 'evil@localhost' },
    { host: 'localhost:3000:80' },
    { host: '0.0.0.0' },
    { host: '[::]' },
    { host: '10.0.0.1' },
    { forwarded: 'for=203.0.113.7' },
    { 'x-forwarded-for': '203.0.113.7' },
    { 'x-forwarded-for': '127.0.0.1' },
    { 'x-forwarded-host': 'localhost' },
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-port': '443' },
    { 'x-forwarded-prefix': '/app' },
    { 'x-real-ip': '127.0.0.1' },
    { 'true-client-ip': '127.0.0.1' },
    { 'cf-connecting-ip': '127.0.0.1' },
    { via: '1.1 proxy' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:4000' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('HOST-01 is not there for a request that may come from elsewhere: %j', async (headers) => {
    const reply = await ask(headers);
    expect(reply.status).toBe(404);
    expect(reply.text).not.toMatch(/ada@|eve@|#token/);
  });

  it('is not there for a client on another machine', async () => {
    const { isLoopbackAddress } = await import('../../libs/authkit/src/kernel/loopback.js');
    const addresses = [
      '127.0.0.1',
      '::1',
      '::ffff:127.0.0.1',
      '::ffff:10.0.0.1',
      '10.0.0.1',
      '127.0.0.1.evil',
      '',
      undefined,
    ];
    expect(addresses.map(isLoopbackAddress)).toEqual([true, true, true, false, false, false, false, false]);
  });
});

describeOn('the route of the mailbox', { databases: ['memory'] }, (place) => {
  const statusOf = async (
    authkit: Partial<AuthKitOptions>,
    path = MAILBOX,
    configure?: TestAppOptions['configure'],
  ) => {
    const t = await createTestApp({ ...place, authkit, configure });
    const { status } = await t.client.get(path, { headers: { host: 'localhost' } });
    const posted = await t.client.post(path, {}, { headers: { host: 'localhost' } });
    await t.close();
    expect(posted.status).toBe(404);
    return status;
  };

  it.each<[string, Partial<AuthKitOptions>]>([
    ['the app is reached from elsewhere', PRODUCTION],
    ['mails are sent', {}],
    ['the kit has no routes', { ...DEVELOPMENT, routes: false }],
  ])('does not exist when %s', async (_what, authkit) => expect(await statusOf(authkit)).toBe(404));

  it('does not exist in production', async () => {
    process.env['NODE_ENV'] = 'production';
    try {
      expect(await statusOf({ ...PRODUCTION, baseUrl: 'https://localhost' })).toBe(404);
    } finally {
      process.env['NODE_ENV'] = 'test';
    }
  });

  it('is where the other routes are', async () => {
    expect(await statusOf({ ...DEVELOPMENT, routes: { prefix: 'account' } }, '/account/dev/mailbox')).toBe(200);
    const configure: TestAppOptions['configure'] = (app) => {
      app.setGlobalPrefix('api');
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
    };
    expect(await statusOf(DEVELOPMENT, '/api/v1/auth/dev/mailbox', configure)).toBe(200);
    expect(await statusOf(DEVELOPMENT, MAILBOX, configure)).toBe(404);
  });
});

describe('without mail in production', () => {
  it('nothing is written that could be sent', async () => {
    const t = await createTestApp({ authkit: PRODUCTION });
    await enqueue(t, await t.kit.user());
    expect(await t.app.get(OutboxStore, { strict: false }).findDue(t.clock.now(), 1)).toEqual([]);
    await t.close();
  });
});

/** Throws, or answers nothing until it is told to. */
class BadMailer extends Mailer {
  readonly offered: OutgoingMail[] = [];
  private readonly held: (() => void)[] = [];

  constructor(private readonly hangs: boolean) {
    super();
  }

  override send(mail: OutgoingMail): Promise<void> {
    this.offered.push(mail);
    if (this.hangs) return new Promise((resolve) => this.held.push(resolve));
    throw Object.assign(new Error(`cannot reach ${mail.to}: ${LINK}`), { code: 'ECONNREFUSED' });
  }

  answer(): void {
    this.held.splice(0).forEach((answer) => answer());
  }
}

@Controller('asks')
class AskingController {
  static user: AuthUser;
  constructor(private readonly modules: ModuleRef) {}

  @Public()
  @Post()
  @HttpCode(202)
  async ask(): Promise<object> {
    const outbox = this.modules.get(Outbox, { strict: false });
    await outbox.enqueue(AskingController.user, 'reset_password', { link: LINK, lifetime: 1_800_000 });
    return {};
  }
}

describe.each(DATABASES)('FAIL-04 a mailer (%s)', (database) => {
  const start = (mailer: Mailer) =>
    createTestApp({
      database,
      authkit: { mail: { transport: mailer, from: FROM } },
      controllers: [AskingController],
    });

  it('that throws changes nothing for who asked, tells no secret, and is not asked again at once', async () => {
    const log = listenToLog();
    const mailer = new BadMailer(false);
    const t = await start(mailer);
    AskingController.user = await t.kit.user({ email: 'ada@example.com' });
    expect((await t.client.post('/asks', {})).status).toBe(202);
    for (let i = 0; i < 5; i += 1) await t.mails();
    log.stop();
    expect(mailer.offered).toHaveLength(1);
    const [row] = await outboxRows(t);
    expect(row).toMatchObject({ attempts: 1, last_error: 'ECONNREFUSED' });
    expect(log.lines.filter((line) => line.includes('could not be sent'))).toHaveLength(1);
    expect(JSON.stringify([log.lines, row, t.events])).not.toMatch(/ada@|nao_/);
    await t.close();
  });

  it('that hangs keeps nobody waiting', async () => {
    const mailer = new BadMailer(true);
    const t = await start(mailer);
    AskingController.user = await t.kit.user({ email: 'ada@example.com' });
    for (let i = 0; i < 8; i += 1) expect((await t.client.post('/asks', {})).status).toBe(202);
    expect(mailer.offered.length).toBeLessThanOrEqual(5);
    const sent = t.mails();
    while ((await outboxRows(t)).length > 0) mailer.answer();
    await sent;
    expect(new Set(mailer.offered.map(({ id }) => id)).size).toBe(8);
    expect(mailer.offered).toHaveLength(8);
    await t.close();
  });
});

describe('mail injection', () => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ database: 'sqlite' });
  });
  afterAll(() => t.close());

  it.each([
    'victim@example.com,attacker@example.com',
    'victim@example.com;attacker@example.com',
    'victim@example.com\r\nBcc: attacker@example.com',
    'victim@example.com attacker@example.com',
    'Victim <attacker@example.com>',
    '"a@attacker.example"@example.com',
    'a@[127.0.0.1]',
    'a\u0000@example.com',
    'a@b@example.com',
    'nobody',
    '',
  ])('RST-05 the address %j never reaches a mailer, wherever it came from', async (to) => {
    const before = (await t.mails()).length;
    await enqueue(t, await t.kit.user(), 'change_email', { link: LINK, lifetime: 60_000 }, to);
    expect(await t.mails()).toHaveLength(before);
    const rows = await outboxRows(t);
    expect(rows.at(-1)).toMatchObject({ due_at: null, last_error: 'the address is not one mailbox' });
  });

  it('MAIL-01 nobody registers with more than one address', async () => {
    for (const email of ['a@x.example,b@y.example', 'a@x.example\nb@y.example', '<a@x.example>', ['a@x.example']]) {
      expectProblem(await t.client.post('/auth/register', { email, password: PASSWORD }), 422, 'validation_failed');
    }
  });
});

describe('the language of a mail', () => {
  const languageOf = async (mail: object, user: object, acceptLanguage?: string): Promise<string> => {
    const t = await createTestApp({ authkit: { mail }, controllers: [AskingController] });
    AskingController.user = Object.assign(await t.kit.user({ email: 'ada@example.com' }), user);
    const headers: Record<string, string> = acceptLanguage === undefined ? {} : { 'accept-language': acceptLanguage };
    expect((await t.client.post('/asks', {}, { headers })).status).toBe(202);
    const [{ html }] = await t.mails();
    await t.close();
    return /<html lang="([^"]+)">/.exec(html)![1];
  };

  it.each<[string, object, object, string | undefined, string]>([
    ['the user’s own', {}, { locale: 'fr' }, 'de', 'fr'],
    ['the user’s own with a region', {}, { locale: 'de_AT' }, 'fr', 'de'],
    ['the request’s', {}, {}, 'it, de;q=0.5, fr;q=0.8', 'fr'],
    ['the request’s with a region', {}, {}, 'es-MX', 'es'],
    ['the default for one nobody speaks', {}, { locale: 'tlh' }, 'it', 'en'],
    ['the default for any', {}, {}, '*', 'en'],
    ['the default without a request’s', { defaultLocale: 'es' }, {}, undefined, 'es'],
    ['what the host says', { localeOf: () => 'de' }, { locale: 'fr' }, 'es', 'de'],
    ['the request’s when the host knows none', { localeOf: () => undefined }, { locale: 'fr' }, 'es', 'es'],
    ['no language at all, spelt to break something', {}, { locale: '../../etc' }, ';;q=,,\u00ff', 'en'],
    ['among those of the host', { locales: ['de', 'en'] }, { locale: 'fr' }, 'fr, de', 'de'],
  ])('is %s', async (_what, mail, user, header, expected) => {
    expect(await languageOf(mail, user, header)).toBe(expected);
  });
});
