import { Mailer, MailRejectedError, OutboxStore, type AuthUser, type OutgoingMail } from 'nest-authkit';
import { Cleanup } from '../../libs/authkit/src/cleanup/cleanup.js';
import { UnitOfWork } from '../../libs/authkit/src/storage/unit-of-work.js';
import { ALL_DATABASES, DATABASES } from '../support/databases.js';
import { MailServer, type Behaviour } from '../support/mail-server.js';
import { enqueue, LINK, listenToLog, outboxRows } from '../support/outbox.js';
import { createTestApp, describeOn, SECRET, type TestApp, type TestAppOptions } from '../support/test-app.js';

const FROM = '"The Shop" <no-reply@shop.example>';

/** Sends nothing until it is told to. */
class HeldMailer extends Mailer {
  readonly held: { mail: OutgoingMail; answer: (error?: Error) => void }[] = [];
  most = 0;
  private told: (() => void)[] = [];

  override send(mail: OutgoingMail): Promise<void> {
    return new Promise((resolve, reject) => {
      const answer = (error?: Error) => {
        this.held.splice(this.held.indexOf(entry), 1);
        if (error) reject(error);
        else resolve();
      };
      const entry = { mail, answer };
      this.held.push(entry);
      this.most = Math.max(this.most, this.held.length);
      this.told.splice(0).forEach((tell) => tell());
    });
  }

  /** Resolves when so many are held at once. */
  async holds(count: number): Promise<void> {
    while (this.held.length < count) await new Promise<void>((resolve) => this.told.push(resolve));
  }
}

describeOn('a mail', { databases: ['memory', ...ALL_DATABASES] }, (place) => {
  let t: TestApp;
  let ada: AuthUser;
  beforeAll(async () => {
    t = await createTestApp(place);
    ada = await t.kit.user({ email: 'ada@example.com' });
  });
  afterAll(() => t.close());

  it('goes to the address of the user, with what it is about', async () => {
    await enqueue(t, ada);
    t.clock.advance(1);
    await enqueue(t, ada, 'password_changed', {});
    const [second, first] = await t.mails();
    expect(second).toMatchObject({ to: 'ada@example.com', subject: 'Your password for app was changed' });
    expect(first).toMatchObject({ to: 'ada@example.com', subject: 'Choose a new password for app' });
    expect(first.text).toContain(LINK);
    expect(first.sentAt).toBe(new Date(t.clock.now()).toISOString());
    const sent = t.events.filter(({ type }) => type === 'mail.sent');
    expect(sent).toHaveLength(2);
    expect(sent[0]).toMatchObject({ subject: ada.id, actor: null, details: { template: 'reset_password' } });
  });

  it('may go to another address than the user’s', async () => {
    await enqueue(t, ada, 'change_email', { link: LINK, lifetime: 60_000 }, 'new@example.com');
    expect((await t.mails())[0].to).toBe('new@example.com');
  });

  it('is not sent when its change is undone', async () => {
    const before = (await t.mails()).length;
    const unit = t.app.get(UnitOfWork, { strict: false });
    const undone = unit.run(async () => {
      await enqueue(t, ada);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    // Memory undoes nothing.
    expect(await t.mails()).toHaveLength(place.database === 'memory' ? before + 1 : before);
  });

  it('to an erased user is not sent', async () => {
    const eve = await t.kit.user({ email: 'eve@example.com' });
    const before = (await t.mails()).length;
    const unit = t.app.get(UnitOfWork, { strict: false });
    await unit.run(async () => {
      await enqueue(t, eve);
      await t.app.get(OutboxStore, { strict: false }).discardOf(eve.id);
    });
    expect(await t.mails()).toHaveLength(before);
  });
});

describe.each(DATABASES)('the outbox (%s)', (database) => {
  let t: TestApp;
  let mailer: HeldMailer;
  let ada: AuthUser;
  const start = async (options: TestAppOptions = {}) => {
    mailer = new HeldMailer();
    t = await createTestApp({ database, ...options, authkit: { mail: { transport: mailer, from: FROM } } });
    ada = await t.kit.user({ email: 'ada@example.com' });
  };
  afterEach(async () => {
    mailer.held.forEach(({ answer }) => answer());
    await t.close();
  });

  it('sends at once what was committed, and nothing before', async () => {
    await start();
    await t.app.get(UnitOfWork, { strict: false }).run(async () => {
      await enqueue(t, ada);
      expect(mailer.held).toHaveLength(0);
    });
    await mailer.holds(1);
    expect(mailer.held[0].mail).toMatchObject({ from: FROM, to: 'ada@example.com' });
  });

  it('keeps address and link encrypted until then', async () => {
    await start();
    await enqueue(t, ada);
    await mailer.holds(1);
    const stored = JSON.stringify(await outboxRows(t));
    expect(stored).toContain(mailer.held[0].mail.id);
    expect(stored).not.toMatch(/ada@|token=|nao_/);
  });

  it('sends five at once, and the next when one is done', async () => {
    await start();
    for (let i = 0; i < 12; i += 1) await enqueue(t, ada);
    await mailer.holds(5);
    const done = t.mails();
    while ((await outboxRows(t)).length > 0) {
      mailer.held.forEach(({ answer }) => answer());
      await Promise.race([done, mailer.holds(1)]);
    }
    await done;
    expect(mailer.most).toBe(5);
  });

  it('finishes what it is sending before the app stops, and leaves the rest for the next start', async () => {
    await start();
    for (let i = 0; i < 7; i += 1) await enqueue(t, ada);
    await mailer.holds(5);
    let stopped = false;
    const stopping = t.mailroom.workers[0].beforeApplicationShutdown().then(() => (stopped = true));
    const [first, ...others] = [...mailer.held];
    others.forEach(({ answer }) => answer());
    // Their rows are gone only after that.
    while ((await outboxRows(t)).length > 3) await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    first.answer();
    await stopping;
    expect(mailer.held).toEqual([]);
    expect((await outboxRows(t)).map(({ attempts }) => attempts)).toEqual([0, 0]);
  });
});

describeOn('over SMTP', { adapters: ['express'], databases: DATABASES }, (place) => {
  let server: MailServer;
  let t: TestApp;
  let ada: AuthUser;
  const start = async (authkit: TestAppOptions['authkit'] = {}) => {
    const mail = { transport: { url: server.url, socketTimeout: 1_500 }, from: FROM };
    t = await createTestApp({ ...place, authkit: { mail, ...authkit } });
    ada = await t.kit.user({ email: 'ada@example.com' });
  };
  const events = () =>
    t.events.filter(({ type }) => type.startsWith('mail.')).map(({ type, details }) => ({ type, ...details }));
  beforeEach(async () => {
    server = await MailServer.start();
    await start();
  });
  afterEach(async () => {
    await t.close();
    await server.stop();
  });

  it('a mail has one sender, one recipient, text and HTML, and its id as Message-ID', async () => {
    await enqueue(t, ada);
    await t.mails();
    const [mail] = server.received;
    expect(mail).toMatchObject({ from: 'no-reply@shop.example', to: ['ada@example.com'] });
    expect(mail.headers).toMatchObject({
      from: ['The Shop <no-reply@shop.example>'],
      to: ['ada@example.com'],
      subject: ['Choose a new password for app'],
      'message-id': [expect.stringMatching(/^<[0-9a-f-]{36}@shop\.example>$/)],
      'auto-submitted': ['auto-generated'],
      'content-type': [expect.stringContaining('multipart/alternative')],
    });
    expect(await outboxRows(t)).toEqual([]);
  });

  it.each<[string, Behaviour]>([
    ['is busy', { at: 'connect', code: 421 }],
    ['does not know the sender', { at: 'sender', code: 550 }],
    ['has a full mailbox', { at: 'recipient', code: 452 }],
    ['greylists', { at: 'recipient', code: 451 }],
    ['cannot take the content now', { at: 'data', code: 451 }],
    ['dies in the middle of a mail', 'die'],
    ['hangs', 'hang'],
  ])('a server that %s gets the same mail again, once', async (_what, behaviour) => {
    server.behaviour = behaviour;
    await enqueue(t, ada);
    await t.mails();
    const [row] = await outboxRows(t);
    expect(row).toMatchObject({ attempts: 1, claim: null, due_at: t.clock.now() + 10_000 });
    expect(row.last_error).toMatch(/^E[A-Z]+( \d{3})?$/);
    expect(server.received).toEqual([]);

    server.behaviour = 'accept';
    t.clock.advance(9_999);
    await t.mails();
    expect(server.received).toEqual([]);
    t.clock.advance(1);
    await t.mails();
    await t.mails();
    expect(server.received.map(({ headers }) => headers['message-id'])).toEqual([[`<${row.id}@shop.example>`]]);
    expect(await outboxRows(t)).toEqual([]);
    expect(events()).toEqual([{ type: 'mail.sent', template: 'reset_password' }]);
  });

  it.each<[string, Behaviour]>([
    ['an unknown recipient', { at: 'recipient', code: 550 }],
    ['what is in the mail', { at: 'data', code: 554 }],
  ])('a server that refuses %s for good is not asked again', async (_what, behaviour) => {
    const log = listenToLog();
    server.behaviour = behaviour;
    await enqueue(t, ada);
    await t.mails();
    t.clock.advance('2d');
    await t.mails();
    log.stop();
    expect(server.offered).toBe(1);
    const [row] = await outboxRows(t);
    expect(row).toMatchObject({ due_at: null, claim: null, attempts: 1, last_error: expect.stringMatching(/^55\d$/) });
    expect(events()).toEqual([{ type: 'mail.failed', template: 'reset_password', reason: 'rejected' }]);
    expect(JSON.stringify([log.lines, row.last_error, t.events])).not.toMatch(/ada@|#token/);
  });

  it('a server that stays down is tried for about a day, more and more seldom; then the mail is given up', async () => {
    await enqueue(t, ada, 'password_changed', {});
    await t.mails();
    await server.stop();
    await enqueue(t, ada, 'password_changed', {});
    const begun = t.clock.now();
    const waits: number[] = [];
    for (;;) {
      await t.mails();
      const [{ due_at: dueAt }] = await outboxRows(t);
      if (dueAt === null) break;
      waits.push((dueAt - t.clock.now()) / 1000);
      t.clock.advance(dueAt - t.clock.now());
    }
    expect(waits).toEqual([10, 60, 300, 1_800, 7_200, 21_600, 54_000]);
    expect((t.clock.now() - begun) / 3_600_000).toBeCloseTo(23.6, 1);
    expect(events().at(-1)).toEqual({ type: 'mail.failed', template: 'password_changed', reason: 'gave_up' });
    expect((await outboxRows(t))[0]).toMatchObject({ attempts: 8, last_error: 'ESOCKET' });
  });

  it('a mail that was given up is kept for two weeks', async () => {
    server.behaviour = { at: 'recipient', code: 550 };
    await enqueue(t, ada);
    await t.mails();
    const cleanup = t.app.get(Cleanup, { strict: false });
    t.clock.advance('14d');
    await cleanup.sweep();
    expect(await outboxRows(t)).toHaveLength(1);
    t.clock.advance(1);
    await cleanup.sweep();
    expect(await outboxRows(t)).toEqual([]);
  });

  it('a mail is not sent any more when its link has expired', async () => {
    server.behaviour = { at: 'recipient', code: 451 };
    await enqueue(t, ada);
    await enqueue(t, ada, 'password_changed', {});
    await t.mails();
    server.behaviour = 'accept';
    t.clock.advance('30m');
    await t.mails();
    expect(server.received.map(({ headers }) => headers['subject'])).toEqual([['Your password for app was changed']]);
    expect(events()).toContainEqual({ type: 'mail.failed', template: 'reset_password', reason: 'link_expired' });
    expect((await outboxRows(t))[0]).toMatchObject({ due_at: null, last_error: 'its link expired' });
  });

  it('a server without encryption gets nothing where encryption is required', async () => {
    await t.close();
    await start({ mail: { transport: { url: server.url, requireTLS: true }, from: FROM } });
    await enqueue(t, ada);
    await t.mails();
    expect(server.offered).toBe(0);
    expect((await outboxRows(t))[0].last_error).toMatch(/^E\w+ \d{3}$/);
  });
});

describe('a secret that was replaced', () => {
  const NEW = 'Wq8Zr2Xv5Tn9Lb1Hs7Yd4Mf3Pc6Gj0Ke-Ua';
  let old: TestApp;
  let server: MailServer;
  beforeEach(async () => {
    server = await MailServer.start();
    server.behaviour = { at: 'connect', code: 421 };
    const mail = { transport: server.url, from: FROM };
    old = await createTestApp({ database: 'postgres', authkit: { mail } });
    await enqueue(old, await old.kit.user({ email: 'ada@example.com' }));
    await old.mails();
    server.behaviour = 'accept';
    old.clock.advance('1m');
  });
  afterEach(async () => {
    await old.close();
    await server.stop();
  });
  const next = (secret: string | string[]) =>
    createTestApp({
      database: 'postgres',
      beside: old,
      authkit: { secret, mail: { transport: server.url, from: FROM } },
    });

  it('and kept as the second one still opens mails', async () => {
    const t = await next([NEW, SECRET]);
    await t.mailroom.workers.at(-1)!.drain();
    expect(server.received).toHaveLength(1);
    await t.close();
  });

  it('and dropped makes a mail unreadable, which is said and not tried again', async () => {
    const t = await next(NEW);
    await t.mailroom.workers.at(-1)!.drain();
    expect(await outboxRows(t)).toMatchObject([
      { due_at: null, last_error: 'no secret that is configured now opens it' },
    ]);
    expect(t.events.at(-1)).toMatchObject({ type: 'mail.failed', details: { reason: 'unreadable' } });
    expect(server.received).toEqual([]);
    await t.close();
  });
});

describe('several nodes', () => {
  it('send each of 200 mails once', async () => {
    const server = await MailServer.start();
    const mail = { transport: server.url, from: FROM };
    const first = await createTestApp({ database: 'postgres', authkit: { mail } });
    const second = await createTestApp({ database: 'postgres', beside: first, authkit: { mail } });
    const users = await Promise.all(
      Array.from({ length: 200 }, (_, n) => first.kit.user({ email: `u${n}@example.com` })),
    );
    await Promise.all(users.map((user, n) => enqueue(n % 2 ? first : second, user)));
    while ((await outboxRows(first)).length > 0) {
      await Promise.all(first.mailroom.workers.map((worker) => worker.drain()));
    }
    const recipients = server.received.flatMap(({ to }) => to).sort();
    expect(recipients).toEqual(users.map(({ email }) => email).sort());
    const sent = [first, second].map((t) => t.events.filter(({ type }) => type === 'mail.sent').length);
    expect(Math.min(...sent)).toBeGreaterThan(0);
    expect(sent[0] + sent[1]).toBe(200);
    await second.close();
    await first.close();
    await server.stop();
  });
});

describe('a mailer of the host', () => {
  it('may be a class that Nest makes', async () => {
    class Counting extends Mailer {
      static readonly mails: OutgoingMail[] = [];
      override send(mail: OutgoingMail): Promise<void> {
        Counting.mails.push(mail);
        return Promise.resolve();
      }
    }
    const t = await createTestApp({ authkit: { mail: { transport: Counting, from: FROM } } });
    await enqueue(t, await t.kit.user({ email: 'ada@example.com' }));
    await t.mails();
    expect(Counting.mails).toMatchObject([{ to: 'ada@example.com', from: FROM, id: expect.any(String) }]);
    await t.close();
  });

  it('says by MailRejectedError that there is no point in trying again', async () => {
    class Refusing extends Mailer {
      override send(): Promise<void> {
        return Promise.reject(new MailRejectedError('suppressed'));
      }
    }
    const t = await createTestApp({ database: 'sqlite', authkit: { mail: { transport: new Refusing(), from: FROM } } });
    await enqueue(t, await t.kit.user({ email: 'ada@example.com' }));
    await t.mails();
    expect(await outboxRows(t)).toMatchObject([{ due_at: null, last_error: 'suppressed' }]);
    await t.close();
  });
});
