import { Controller, Get } from '@nestjs/common';
import { AuthEvents, VerifiedEmail, type AnyAuthEvent } from 'nest-authkit';
import { expectProblem } from '../support/attack.js';
import { ALL_DATABASES, DATABASES } from '../support/databases.js';
import { allMails, mailsTo, tokenFor } from '../support/mails.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const DAY = 86_400_000;

const register = (t: TestApp, email: string, over: object = {}) =>
  t.client.post('/auth/register', { email, password: PASSWORD, ...over });
const verify = (t: TestApp, token: string) => t.client.post('/auth/email/verify', { token });
const login = async (t: TestApp, email: string, password = PASSWORD) => {
  const { status, body } = await t.client.post('/auth/login', { identifier: email, password });
  return [status, body.code];
};

async function resend(t: TestApp, email: string) {
  // Mails of one millisecond have no order.
  t.clock.advance(1);
  return t.client.post('/auth/email/verify/resend', { email });
}

const proofs = (events: readonly AnyAuthEvent[]) => events.filter(({ type }) => type === 'email.verified');

describeOn('verification of the address', { databases: ['memory', ...DATABASES] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { registration: { requireVerifiedEmail: true } } });
  });
  afterAll(() => t.close());

  it('stands between registration and the first login, which says so after the right password alone', async () => {
    const email = 'ada@example.com';
    const reply = await register(t, email);
    expect([reply.status, reply.text]).toEqual([202, '{}']);
    expect(await login(t, email, 'not the password')).toEqual([401, 'invalid_credentials']);
    expect(await login(t, email)).toEqual([403, 'email_not_verified']);
    const mails = await mailsTo(t, email);
    expect(mails.map(({ template, tokens }) => [template, Object.keys(tokens)])).toEqual([
      ['verify_email', ['verify', 'not-me']],
    ]);
    const done = await verify(t, mails[0].tokens['verify']);
    expect([done.status, done.text, done.cookies]).toEqual([204, '', []]);
    expect(await login(t, email)).toEqual([200, undefined]);
  });

  it('MAIL-08 a link that has worked answers the same again, and changes nothing', async () => {
    const email = 'twice@example.com';
    await register(t, email);
    const token = await tokenFor(t, email, 'verify');
    t.events.length = 0;
    const replies = [await verify(t, token), await verify(t, token)];
    t.clock.advance(2 * DAY);
    replies.push(await verify(t, token));
    expect(replies.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect(proofs(t.events)).toMatchObject([{ details: { email, by: 'link' } }]);
    await t.auth.setEmailVerified((await t.auth.findUser(email))!.id, false);
    expectProblem(await verify(t, token), 410, 'link_invalid');
    expect(await login(t, email)).toEqual([403, 'email_not_verified']);
  });

  it('is good for a day and not a millisecond more', async () => {
    await register(t, 'late@example.com');
    await register(t, 'intime@example.com');
    t.clock.advance(DAY - 1);
    expect((await verify(t, await tokenFor(t, 'intime@example.com', 'verify'))).status).toBe(204);
    t.clock.advance(1);
    expectProblem(await verify(t, await tokenFor(t, 'late@example.com', 'verify')), 410, 'link_invalid');
  });

  it('can be had again: the newer link works, the older does not, and every address gets the same reply', async () => {
    const email = 'again@example.com';
    await register(t, email);
    const older = await tokenFor(t, email, 'verify');
    await t.auth.register({ email: 'proven@example.com', password: PASSWORD }, { emailVerified: true });
    const off = await t.auth.register({ email: 'off@example.com', password: PASSWORD });
    await t.auth.setActive(off.id, false);
    const before = (await allMails(t)).length;

    const replies = [];
    for (const one of [email, 'proven@example.com', 'nobody@example.com', off.email, ` ${email.toUpperCase()}`])
      replies.push(await resend(t, one));
    const seen = replies.map(({ status, text, headers: { date: _date, ...headers } }) =>
      JSON.stringify({ status, text, headers }),
    );
    expect(new Set(seen).size).toBe(1);
    expect([replies[0].status, replies[0].text]).toEqual([202, '{}']);
    expect(await allMails(t)).toHaveLength(before + 2);
    expectProblem(await verify(t, older), 410, 'link_invalid');
    expect((await verify(t, await tokenFor(t, email, 'verify'))).status).toBe(204);
    await resend(t, email);
    expect(await allMails(t)).toHaveLength(before + 2);
    for (const bad of ['a', `${email},x@example.com`]) expectProblem(await resend(t, bad), 422, 'validation_failed');
  });

  it('takes no other token, and none that is forged', async () => {
    const email = 'forged@example.com';
    await register(t, email);
    const real = await tokenFor(t, email, 'verify');
    const notMe = await tokenFor(t, email, 'not-me');
    for (const token of ['', 'x', `nao_${'A'.repeat(43)}`, real.toLowerCase(), `${real} `, notMe])
      expectProblem(await verify(t, token), 410, 'link_invalid');
    for (const token of [[real], {}, null]) {
      expectProblem(await t.client.post('/auth/email/verify', { token }), 422, 'validation_failed');
    }
    const fromElsewhere = { headers: { origin: 'https://evil.example' } };
    expectProblem(await t.client.post('/auth/email/verify', { token: real }, fromElsewhere), 403, 'csrf_rejected');
    expect((await verify(t, real)).status).toBe(204);
  });

  it('is ended by the host’s word and needs none', async () => {
    const user = await t.auth.register({ email: 'host@example.com', password: PASSWORD }, { emailVerified: true });
    await t.auth.sendVerificationLink(user.id);
    expect(await mailsTo(t, user.email)).toEqual([]);
    await t.auth.setEmailVerified(user.id, false);
    await t.auth.sendVerificationLink(user.id);
    expect((await verify(t, await tokenFor(t, user.email, 'verify'))).status).toBe(204);
    expect(await login(t, user.email)).toEqual([200, undefined]);
  });
});

describeOn('verification by 50 at once', { databases: ALL_DATABASES }, (place) => {
  it('MAIL-08 answers all alike, proves the address once and tells it once', async () => {
    const t = await createTestApp(place);
    await register(t, 'race@example.com');
    const token = await tokenFor(t, 'race@example.com', 'verify');
    const replies = await Promise.all(Array.from({ length: 50 }, () => verify(t, token)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([204]));
    expect(proofs(t.events)).toHaveLength(1);
    await t.close();
  });
});

describeOn('verification that nobody needs', {}, (place) => {
  it('is mailed with the registration all the same, and shown where the user is', async () => {
    const t = await createTestApp(place);
    const reply = await register(t, 'free@example.com');
    expect([reply.status, reply.body.user.emailVerified]).toEqual([201, false]);
    const { accessToken: token } = await t.auth.login('free@example.com', PASSWORD);
    expect((await verify(t, await tokenFor(t, 'free@example.com', 'verify'))).status).toBe(204);
    expect((await t.client.get('/auth/me', { token })).body.user.emailVerified).toBe(true);
    await t.close();
  });

  it('is not mailed when the option says so, nor to accounts without a password', async () => {
    const t = await createTestApp({ ...place, authkit: { registration: { verifyEmail: false } } });
    await register(t, 'quiet@example.com');
    await t.auth.register({ email: 'social@example.com', password: null });
    expect(await allMails(t)).toEqual([]);
    expect((await resend(t, 'quiet@example.com')).status).toBe(202);
    expect((await verify(t, await tokenFor(t, 'quiet@example.com', 'verify'))).status).toBe(204);
    await t.close();
  });
});

@Controller('members')
class MembersController {
  @Get()
  @VerifiedEmail()
  list() {
    return { ok: true };
  }
}

describeOn('@VerifiedEmail()', { databases: ['memory', ...DATABASES] }, (place) => {
  it.each(['cached', 'always', 'never'] as const)(
    'lets in whoever has proven the address, from the next call on, with check %p',
    async (check) => {
      const t = await createTestApp({ ...place, authkit: { session: { check } }, controllers: [MembersController] });
      const user = await t.signUp('ada@example.com');
      const call = () => t.client.get('/members', { token: user.accessToken });
      expectProblem(await call(), 403, 'email_not_verified');
      expectProblem(await t.client.get('/members'), 401, 'authentication_required');
      expect(t.events).toContainEqual(
        expect.objectContaining({
          type: 'authorization.denied',
          details: expect.objectContaining({ path: '/members' }),
        }),
      );
      expect((await t.client.get('/probe/principal', { token: user.accessToken })).status).toBe(200);
      await resend(t, user.email);
      expect((await verify(t, await tokenFor(t, user.email, 'verify'))).status).toBe(204);
      expect((await call()).status).toBe(200);
      await t.auth.setEmailVerified(user.id, false);
      expectProblem(await call(), 403, 'email_not_verified');
      await t.close();
    },
  );

  it('takes no statement while the session is cached', async () => {
    if (place.database === 'memory') return;
    const t = await createTestApp({ ...place, controllers: [MembersController] });
    const { accessToken: token } = await t.kit.actingAs('new user', { transport: 'bearer' });
    expect((await t.client.get('/members', { token })).status).toBe(200);
    const statements: string[] = [];
    t.source.logger.logQuery = (query: string) => {
      if (!/clock_timestamp|UTC_TIMESTAMP|UNION ALL/.test(query)) statements.push(query);
    };
    expect((await t.client.get('/members', { token })).status).toBe(200);
    expect(statements).toEqual([]);
    await t.close();
  });
});

describeOn('a mail that cannot be written', { adapters: ['express'], databases: DATABASES }, (place) => {
  it('takes the registration back with it, so that it can be tried again', async () => {
    const t = await createTestApp(place);
    const { tablePath } = t.source.getMetadata('auth_outbox');
    await t.source.query(`ALTER TABLE ${tablePath} RENAME TO auth_outbox_gone`);
    expect((await register(t, 'later@example.com')).status).toBeGreaterThanOrEqual(500);
    expect(await t.auth.findUser('later@example.com')).toBeNull();
    const events: string[] = [];
    t.app.get(AuthEvents).subscribe({ onAuthEvent: ({ type }) => void events.push(type) });
    await t.source.query(`ALTER TABLE ${tablePath}_gone RENAME TO auth_outbox`);
    expect((await register(t, 'later@example.com')).status).toBe(201);
    expect(events).toContain('user.registered');
    await t.close();
  });
});
