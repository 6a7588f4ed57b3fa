import { AuthEvents, UserStore } from 'nest-authkit';
import { expectProblem, stateOf } from '../support/attack.js';
import { cookieHeader, type Reply } from '../support/client.js';
import { ALL_DATABASES, DATABASES } from '../support/databases.js';
import { allMails, mailsTo, tokenFor } from '../support/mails.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const NEW = 'a wholly other phrase 7';
const MINUTE = 60_000;

const forgot = (t: TestApp, email: unknown) => t.client.post('/auth/password/forgot', { email });
const reset = (t: TestApp, token: string, newPassword = NEW) =>
  t.client.post('/auth/password/reset', { token, newPassword });
const login = async (t: TestApp, identifier: string, password: string) =>
  (await t.client.post('/auth/login', { identifier, password })).status;

async function linkFor(t: TestApp, email: string): Promise<string> {
  // Mails of one millisecond have no order.
  t.clock.advance(1);
  await forgot(t, email);
  return tokenFor(t, email, 'reset');
}

function seen({ status, text, headers }: Reply): unknown {
  const { date: _date, ...rest } = headers;
  return { status, text, headers: rest };
}

describeOn('a password reset', { databases: ['memory', ...DATABASES] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());

  it('RST-01 sets the password, ends every session, signs nobody in, tells the user, and works once', async () => {
    const ada = await t.signUp('ada@example.com');
    const other = await t.auth.login(ada.email, PASSWORD);
    const token = await linkFor(t, ada.email);
    const before = (await mailsTo(t, ada.email)).length;
    t.events.length = 0;

    const epoch = async () => (await t.app.get(UserStore).findById(ada.id))!.sessionEpoch!;
    const epochBefore = await epoch();
    const reply = await reset(t, token);
    // It ends logins that are still under way too.
    expect(await epoch()).toBe(epochBefore + 1);
    expect([reply.status, reply.text, reply.cookies]).toEqual([204, '', []]);
    expect([await login(t, ada.email, PASSWORD), await login(t, ada.email, NEW)]).toEqual([401, 200]);
    for (const { accessToken, refreshToken } of [ada, other]) {
      expect((await t.client.get('/probe/principal', { token: accessToken })).body.code).toBe('token_revoked');
      expectProblem(await t.client.post('/auth/refresh', { refreshToken }), 401, 'token_revoked');
    }
    expect((await mailsTo(t, ada.email)).slice(before).map(({ template }) => template)).toEqual(['password_changed']);
    expect(t.events).toContainEqual(
      expect.objectContaining({ type: 'password.changed', subject: ada.id, details: { by: 'reset' } }),
    );
    expect(t.events).toContainEqual(
      expect.objectContaining({
        type: 'session.revoked',
        subject: ada.id,
        details: { reason: 'password_reset', scope: 'all' },
      }),
    );
    for (const password of [NEW, 'yet another phrase 8']) {
      expectProblem(await reset(t, token, password), 410, 'link_invalid');
    }
    expect(await login(t, ada.email, NEW)).toBe(200);
  });

  it('RST-01 with the cookies of a session leaves no session behind', async () => {
    const { email } = await t.signUp('cookie@example.com');
    const body = { identifier: email, password: PASSWORD, transport: 'cookie' };
    const signIn = await t.client.post('/auth/login', body, { headers: { origin: 'http://localhost:3000' } });
    const cookie = cookieHeader(signIn.cookies);
    const token = await linkFor(t, email);
    const call = (origin: string) =>
      t.client.post('/auth/password/reset', { token, newPassword: NEW }, { cookie, headers: { origin } });
    expectProblem(await call('https://evil.example'), 403, 'csrf_rejected');
    const reply = await call('http://localhost:3000');
    expect([reply.status, reply.cookies]).toEqual([204, []]);
    expectProblem(await t.client.get('/auth/me', { cookie }), 401, 'token_revoked');
  });

  it('RST-03 a password that is refused does not use the link up', async () => {
    const { email } = await t.signUp('policy@example.com');
    const token = await linkFor(t, email);
    for (const bad of ['short', 'x'.repeat(1025)]) expectProblem(await reset(t, token, bad), 422);
    expect((await reset(t, token)).status).toBe(204);
  });

  it('RST-04 a newer link ends the one before', async () => {
    const { email } = await t.signUp('newest@example.com');
    const older = await linkFor(t, email);
    const newer = await linkFor(t, email);
    expectProblem(await reset(t, older), 410, 'link_invalid');
    expect((await reset(t, newer)).status).toBe(204);
  });

  it('RST-05 a request that names more than one mailbox, or none, mails nobody', async () => {
    const { email } = await t.signUp('victim@example.com');
    const mails = (await allMails(t)).length;
    const bodies = [
      { email: [email, 'attacker@example.com'] },
      { email: { 0: email } },
      { email: `${email},attacker@example.com` },
      { email: `${email};attacker@example.com` },
      { email: `${email} attacker@example.com` },
      { email: `${email}\r\nBcc: attacker@example.com` },
      { email: `${email}%0d%0aCc: attacker@example.com` },
      { email: `${email}\0` },
      { email: null },
      {},
      { email, to: 'attacker@example.com' },
      { email, user: { email: 'attacker@example.com' } },
    ];
    for (const body of bodies) expectProblem(await t.client.post('/auth/password/forgot', body), [400, 422]);
    const json = `{"email":"${email}","email":"attacker@example.com"}`;
    const typed = { headers: { 'content-type': 'application/json' } };
    expectProblem(await t.client.post('/auth/password/forgot', json, typed), 400);
    const form = `email=${email}&email=attacker@example.com`;
    expectProblem(await t.client.form('/auth/password/forgot', form), 415);
    expect(await allMails(t)).toHaveLength(mails);
  });

  it.each([
    ['host', { host: 'evil.example' }],
    ['x-forwarded-host', { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' }],
    ['forwarded', { forwarded: 'host=evil.example;proto=https' }],
    ['a host with a user', { host: 'localhost:3000@evil.example' }],
    ['a prefix', { 'x-forwarded-prefix': '//evil.example', 'x-forwarded-port': '666' }],
  ])('RST-08 the link leads to baseUrl, whatever %s says', async (_name, headers) => {
    const { email } = await t.signUp(
      `${Object.keys(headers).join('-')}-${String((headers as { host?: string }).host?.length)}@example.com`,
    );
    const reply = await t.client.post('/auth/password/forgot', { email }, { headers });
    expect(reply.status).toBe(202);
    const [{ text }] = await mailsTo(t, email);
    expect(text).toMatch(/http:\/\/localhost:3000\/[\w/-]+#token=nao_/);
    expect(text).not.toContain('evil');
  });

  it('RST-10 every address gets the same reply: known, unknown, inactive, without a password', async () => {
    const known = await t.signUp('known@example.com');
    const inactive = await t.signUp('inactive@example.com');
    await t.auth.setActive(inactive.id, false);
    const social = await t.auth.register({ email: 'social@example.com', password: null });
    const replies = [];
    for (const email of [known.email, 'nobody@example.com', inactive.email, social.email, ' KNOWN@Example.com '])
      replies.push(seen(await forgot(t, email)));
    expect(new Set(replies.map((reply) => JSON.stringify(reply))).size).toBe(1);
    expect(replies[0]).toMatchObject({ status: 202, text: '{}' });
    const count = async (email: string) => (await mailsTo(t, email)).length;
    expect([await count(known.email), await count('nobody@example.com')]).toEqual([2, 0]);
    expect([await count(inactive.email), await count(social.email)]).toEqual([0, 1]);
    expect((await reset(t, await tokenFor(t, social.email, 'reset'))).status).toBe(204);
    expect(await login(t, social.email, NEW)).toBe(200);
  });

  it('RST-10 an account deactivated after the link was mailed stays as it is', async () => {
    const { id, email } = await t.signUp('later@example.com');
    const token = await linkFor(t, email);
    await t.auth.setActive(id, false);
    expectProblem(await reset(t, token), 410, 'link_invalid');
    await t.auth.setActive(id, true);
    expect(await login(t, email, PASSWORD)).toBe(200);
    expect((await reset(t, token)).status).toBe(204);
  });

  it('RST-10 a reset proves the address it was mailed to', async () => {
    const { email } = await t.signUp('unproven@example.com');
    t.events.length = 0;
    expect((await reset(t, await linkFor(t, email))).status).toBe(204);
    expect((await t.auth.findUser(email))?.emailVerified).toBe(true);
    const proof = expect.objectContaining({ type: 'email.verified', details: { email, by: 'reset' } });
    expect(t.events).toContainEqual(proof);
    t.events.length = 0;
    expect((await reset(t, await linkFor(t, email), PASSWORD)).status).toBe(204);
    expect(t.events).not.toContainEqual(proof);
  });

  it('RST-11 the link ends with the password, however that changes', async () => {
    const changes: [string, (user: { id: string; accessToken: string }) => Promise<unknown>][] = [
      ['host', ({ id }) => t.auth.setPassword(id, NEW)],
      [
        'user',
        ({ accessToken: token }) =>
          t.client.post('/auth/password/change', { currentPassword: PASSWORD, newPassword: NEW }, { token }),
      ],
    ];
    for (const [name, change] of changes) {
      const user = await t.signUp(`by-${name}@example.com`);
      const token = await linkFor(t, user.email);
      await change(user);
      expectProblem(await reset(t, token, 'never to be stored 9'), 410, 'link_invalid');
      expect(await login(t, user.email, NEW)).toBe(200);
    }
  });

  it('RST-11 the link is good for 30 minutes and not a millisecond more', async () => {
    const { email } = await t.signUp('expiry@example.com');
    const first = await linkFor(t, email);
    t.clock.advance(30 * MINUTE);
    expectProblem(await reset(t, first), 410, 'link_invalid');
    const second = await linkFor(t, email);
    t.clock.advance(30 * MINUTE - 1);
    expect((await reset(t, second)).status).toBe(204);
  });

  it('RST-02 a token that is malformed, of another kind or never was is a dead link', async () => {
    const { email } = await t.signUp('forged@example.com');
    const real = await linkFor(t, email);
    await t.client.post('/auth/email/verify/resend', { email });
    const flipped = real.slice(0, -1) + (real.endsWith('A') ? 'B' : 'A');
    const others = [await tokenFor(t, email, 'verify'), await tokenFor(t, email, 'not-me')];
    for (const token of [
      '',
      'x',
      `nao_${'A'.repeat(43)}`,
      flipped,
      real.toUpperCase(),
      ` ${real}`,
      `${real}=`,
      ...others,
    ])
      expectProblem(await reset(t, token), 410, 'link_invalid');
    for (const token of [[real], { $ne: '' }, null, 7])
      expectProblem(await t.client.post('/auth/password/reset', { token, newPassword: NEW }), 422);
    for (const token of [real, others[1]])
      expectProblem(await t.client.post('/auth/email/verify', { token }), 410, 'link_invalid');
    expect((await reset(t, real)).status).toBe(204);
  });

  it('RST-12 the token stands in the fragment alone, and in no event, error or reply', async () => {
    const { email } = await t.signUp('leak@example.com');
    t.events.length = 0;
    const reply = await forgot(t, email);
    const token = await tokenFor(t, email, 'reset');
    const [{ text }] = await mailsTo(t, email);
    expect(text).not.toMatch(/\?[^\s"]*nao_/);
    const refused = await reset(t, token, 'short');
    expect(reply.headers['cache-control']).toBe('no-store');
    await reset(t, token);
    const dead = await reset(t, token);
    for (const shown of [reply.text, refused.text, dead.text, JSON.stringify(t.events)])
      expect(shown).not.toContain(token);
  });
});

describeOn('a password reset by 50 at once', { databases: ALL_DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());

  it('RST-02 has one winner, whose password is the one stored', async () => {
    const { email, id } = await t.signUp('race@example.com');
    const token = await linkFor(t, email);
    const passwords = Array.from({ length: 50 }, (_, n) => `the phrase of client ${n}`);
    const replies = await Promise.all(passwords.map((password) => reset(t, token, password)));
    const winners = passwords.filter((_, n) => replies[n].status === 204);
    expect(winners).toHaveLength(1);
    for (const reply of replies) if (reply.status !== 204) expectProblem(reply, 410, 'link_invalid');
    expect(await login(t, email, winners[0])).toBe(200);
    const notices = (await mailsTo(t, email)).filter(({ template }) => template === 'password_changed');
    expect(notices).toHaveLength(1);
    expect(t.events.filter(({ type, subject }) => type === 'password.changed' && subject === id)).toHaveLength(1);
  });

  it('RST-11 and a password change at the same time leave one of the two passwords, and no dead end', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await t.signUp(`both${round}@example.com`);
      const token = await linkFor(t, user.email);
      const change = { currentPassword: PASSWORD, newPassword: 'chosen by the change 1' };
      const [byLink, byChange] = await Promise.all([
        reset(t, token),
        t.client.post('/auth/password/change', change, { token: user.accessToken }),
      ]);
      expect([byLink.status, byChange.status].filter((status) => status === 204)).toHaveLength(1);
      const stored = byLink.status === 204 ? NEW : change.newPassword;
      expect(await login(t, user.email, stored)).toBe(200);
      expect(await login(t, user.email, PASSWORD)).toBe(401);
    }
  });

  it('RST-01 what fails on the way leaves everything as it was, the link too', async () => {
    const { email } = await t.signUp('rollback@example.com');
    const token = await linkFor(t, email);
    const before = await stateOf(t);
    const { tablePath } = t.source.getMetadata('auth_outbox');
    await t.source.query(`ALTER TABLE ${tablePath} RENAME TO auth_outbox_gone`);
    const reply = await reset(t, token);
    await t.source.query(`ALTER TABLE ${tablePath}_gone RENAME TO auth_outbox`);
    expect(reply.status).toBeGreaterThanOrEqual(500);
    expect(await stateOf(t)).toBe(before);
    expect((await reset(t, token)).status).toBe(204);
  });
});

describeOn('links to choose the first password', { databases: DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { registration: { requireVerifiedEmail: true } } });
  });
  afterAll(() => t.close());

  it('are mailed with the account on the host’s word, good for a day, and prove the address', async () => {
    const user = await t.auth.register({ email: 'made@example.com', password: null }, { sendPasswordLink: true });
    const mails = await mailsTo(t, user.email);
    expect(mails.map(({ template }) => template)).toEqual(['set_password']);
    t.clock.advance(24 * 60 * MINUTE - 1);
    expect((await reset(t, mails[0].tokens['reset'])).status).toBe(204);
    expect(await login(t, user.email, NEW)).toBe(200);
  });

  it('end when they expire, when a newer one is sent, and when there is a password', async () => {
    const user = await t.auth.register({ email: 'later@example.com', password: null });
    expect(await mailsTo(t, user.email)).toEqual([]);
    await t.auth.sendPasswordLink(user.id);
    const first = await tokenFor(t, user.email, 'reset');
    t.clock.advance(24 * 60 * MINUTE);
    expectProblem(await reset(t, first), 410, 'link_invalid');
    await t.auth.sendPasswordLink(user.id);
    const second = await tokenFor(t, user.email, 'reset');
    t.clock.advance(1);
    await t.auth.sendPasswordLink(user.id);
    expectProblem(await reset(t, second), 410, 'link_invalid');
    const third = await tokenFor(t, user.email, 'reset');
    await t.auth.setPassword(user.id, PASSWORD);
    expectProblem(await reset(t, third), 410, 'link_invalid');
    await expect(t.auth.sendPasswordLink('00000000-0000-7000-8000-000000000000')).rejects.toMatchObject({
      code: 'user_not_found',
    });
  });
});

describeOn('notices', { databases: ['memory', ...DATABASES] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());
  const templates = async (email: string) => (await mailsTo(t, email)).map(({ template }) => template);

  it('PWD-11 a password change ends the other sessions and earlier links, and is told by mail', async () => {
    const user = await t.signUp('change@example.com');
    const other = await t.auth.login(user.email, PASSWORD);
    const link = await linkFor(t, user.email);
    const body = { currentPassword: PASSWORD, newPassword: NEW };
    const { accessToken: token } = user;
    t.clock.advance(1);
    expect((await t.client.post('/auth/password/change', body, { token })).status).toBe(204);
    expect((await t.client.get('/auth/me', { token })).status).toBe(200);
    expect((await t.client.get('/auth/me', { token: other.accessToken })).status).toBe(401);
    expectProblem(await t.client.post('/auth/refresh', { refreshToken: other.refreshToken }), 401, 'token_revoked');
    expectProblem(await reset(t, link), 410, 'link_invalid');
    expect(await templates(user.email)).toEqual(['reset_password', 'password_changed']);
    t.clock.advance(1);
    await t.auth.setPassword(user.id, PASSWORD);
    expect((await templates(user.email)).at(-1)).toBe('password_changed');
  });

  it('tell of a stolen session once, and of nothing when the token is ahead of its session', async () => {
    const user = await t.signUp('stolen@example.com');
    await t.auth.refresh(user.refreshToken);
    t.clock.advance(MINUTE);
    const replays = Array.from({ length: 5 }, () => t.auth.refresh(user.refreshToken).catch(() => null));
    await Promise.all(replays);
    expect(await templates(user.email)).toEqual(['session_stolen']);
  });

  it('tell of a password that signs in no more at most once a day, with a link', async () => {
    const { id, email } = await t.signUp('locked@example.com');
    const disable = () => t.app.get(AuthEvents).emit('login.disabled', { failures: 100 }, { subject: id });
    await Promise.all(Array.from({ length: 10 }, disable));
    expect(await templates(email)).toEqual(['login_disabled']);
    t.clock.advance(24 * 60 * MINUTE - 1);
    await disable();
    expect(await templates(email)).toEqual(['login_disabled']);
    t.clock.advance(1);
    await disable();
    expect(await templates(email)).toEqual(['login_disabled', 'login_disabled']);
    expect((await reset(t, await tokenFor(t, email, 'reset'))).status).toBe(204);
  });
});
