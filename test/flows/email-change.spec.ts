import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';
import { DATABASES } from '../support/databases.js';
import { expectProblem } from '../support/attack.js';
import { mailedTo, mailedToken } from '../support/mailed.js';

const OLD = 'ada@example.com';
const NEW = 'ada@example.org';

describeOn('a change of the e-mail address', { databases: DATABASES }, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeEach(async () => {
    t = await createTestApp(place);
    ada = await t.signUp(OLD);
    await t.auth.setEmailVerified(ada.id, true, { keepPassword: true });
  });
  afterEach(() => t.close());

  const ask = (newEmail: string, token = ada.accessToken) =>
    t.client.post('/auth/email/change', { newEmail }, { token });
  const confirm = (token: string) => t.client.post('/auth/email/change/confirm', { token });
  const cancel = (token: string) => t.client.post('/auth/email/change/cancel', { token });
  const emailOf = async () => (await t.client.get('/auth/me', { token: ada.accessToken })).body.user;

  it('changes nothing before the link at the new address is used, then everything at once', async () => {
    const asked = await ask(' Ada@Example.ORG ');
    expect([asked.status, asked.body]).toEqual([202, {}]);
    expect(await emailOf()).toMatchObject({ email: OLD, emailVerified: true });
    expect((await mailedTo(t, OLD))[0]).toContain(NEW);
    const token = await mailedToken(t, NEW, 'confirm-email');
    expect((await confirm(token)).status).toBe(204);
    expect(await emailOf()).toMatchObject({ email: NEW, emailVerified: true });
    await expect(t.auth.login(OLD, PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect((await t.auth.login(NEW, PASSWORD)).user.id).toBe(ada.id);
    expect(await mailedTo(t, OLD)).toHaveLength(2);
    expectProblem(await confirm(token), 410, 'link_invalid');
    expect(t.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['email.change_requested', 'email.changed']),
    );
    expect(t.events.find(({ type }) => type === 'email.changed')).toMatchObject({
      subject: ada.id,
      actor: { kind: 'user', id: ada.id },
      details: { email: NEW },
    });
  });

  it('is stopped by the link in the notice, which then is used up', async () => {
    await ask(NEW);
    const token = await mailedToken(t, OLD, 'cancel-email');
    expect((await cancel(token)).status).toBe(204);
    expectProblem(await cancel(token), 410, 'link_invalid');
    expectProblem(await confirm(await mailedToken(t, NEW, 'confirm-email')), 410, 'link_invalid');
    expect(await emailOf()).toMatchObject({ email: OLD });
    expect(t.events.some(({ type }) => type === 'email.change_cancelled')).toBe(true);
  });

  it('cannot be stopped any more once it is done', async () => {
    await ask(NEW);
    const token = await mailedToken(t, OLD, 'cancel-email');
    await confirm(await mailedToken(t, NEW, 'confirm-email'));
    expectProblem(await cancel(token), 410, 'link_invalid');
    expect(await emailOf()).toMatchObject({ email: NEW });
  });

  it('needs a recent authentication', async () => {
    t.clock.advance('14m');
    expect((await ask(NEW)).status).toBe(202);
    t.clock.advance('2m');
    const { accessToken } = await t.auth.refresh(ada.refreshToken);
    expectProblemWithAge(await ask(NEW, accessToken));
    expect(await mailedTo(t, NEW)).toHaveLength(1);
  });

  it('is for proven addresses only', async () => {
    await t.auth.setEmailVerified(ada.id, false);
    expectProblem(await ask(NEW), 403, 'email_not_verified');
    expect(await mailedTo(t, NEW)).toEqual([]);
  });

  it.each(['', 'no address', 'a@b', 'x@example.com,y@example.com', OLD, 'ADA@example.com'])(
    'to %p is refused as not valid',
    async (newEmail) => {
      expectProblem(await ask(newEmail), 422, 'validation_failed');
      expect(await t.mails()).toEqual([]);
    },
  );

  it('is over after an hour', async () => {
    await ask(NEW);
    const token = await mailedToken(t, NEW, 'confirm-email');
    t.clock.advance('1h');
    expectProblem(await confirm(token), 410, 'link_invalid');
  });

  it('is over when the password changes, and waits while the user is deactivated', async () => {
    await ask(NEW);
    const token = await mailedToken(t, NEW, 'confirm-email');
    await t.auth.setActive(ada.id, false);
    expectProblem(await confirm(token), 410, 'link_invalid');
    await t.auth.setActive(ada.id, true);
    await t.auth.setPassword(ada.id, 'another lantern in the harbour');
    expectProblem(await confirm(token), 410, 'link_invalid');
    expect((await t.auth.findUser(OLD))?.id).toBe(ada.id);
  });

  it('finds the address taken when somebody registered it meanwhile, and the link stays good', async () => {
    await ask(NEW);
    const token = await mailedToken(t, NEW, 'confirm-email');
    const other = await t.signUp(NEW);
    expectProblem(await confirm(token), 409, 'email_taken');
    expect(await emailOf()).toMatchObject({ email: OLD });
    expect(await mailedTo(t, OLD)).toHaveLength(place.database === 'memory' ? 2 : 1);
    if (place.database === 'memory') return; // it undoes nothing
    await t.auth.deleteUser(other.id);
    expect((await confirm(token)).status).toBe(204);
    expect(await emailOf()).toMatchObject({ email: NEW });
  });

  it('refuses a foreign, a malformed and a missing token', async () => {
    await ask(NEW);
    const cancelToken = await mailedToken(t, OLD, 'cancel-email');
    for (const token of [cancelToken, `nao_${'x'.repeat(43)}`, 'x', ada.accessToken]) {
      expectProblem(await confirm(token), 410, 'link_invalid');
    }
    expectProblem(await cancel(await mailedToken(t, NEW, 'confirm-email')), 410, 'link_invalid');
    for (const path of ['confirm', 'cancel']) {
      expectProblem(await t.client.post(`/auth/email/change/${path}`, {}), 422, 'validation_failed');
    }
    expect(await emailOf()).toMatchObject({ email: OLD });
  });
});

function expectProblemWithAge(reply: { status: number; body: any }): void {
  expect(reply).toMatchObject({ status: 403, body: { code: 'reauthentication_required', max_age: 900 } });
}

describeOn('a change of the username', { databases: DATABASES }, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeEach(async () => {
    t = await createTestApp(place);
    ada = await t.signUp(OLD);
  });
  afterEach(() => t.close());

  const change = (username: unknown) =>
    t.client.post('/auth/username/change', { username }, { token: ada.accessToken });

  it('gives one, says so by mail, and lets the user log in by it', async () => {
    for (const name of [' Ada.L ', 'lovelace']) {
      const reply = await change(name);
      expect([reply.status, reply.body.user.username]).toEqual([200, name.trim().toLowerCase()]);
      expect((await mailedTo(t, OLD))[0]).toContain(name.trim().toLowerCase());
    }
    expect((await t.auth.login('lovelace', PASSWORD)).user.id).toBe(ada.id);
    await expect(t.auth.login('ada.l', PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(t.events.filter(({ type }) => type === 'username.changed')).toMatchObject([
      { subject: ada.id, details: { username: 'ada.l' } },
      { subject: ada.id, details: { username: 'lovelace' } },
    ]);
  });

  it('to the present one changes nothing and mails nothing', async () => {
    await change('ada');
    expect((await change('ADA')).status).toBe(200);
    expect(await mailedTo(t, OLD)).toHaveLength(1);
  });

  it('to a taken one is refused, and mails nothing', async () => {
    await t.auth.register({ email: 'other@example.com', password: PASSWORD, username: 'grace' });
    const before = (await t.mails()).length;
    expectProblem(await change('Grace'), 409, 'username_taken');
    if (place.database !== 'memory') expect(await t.mails()).toHaveLength(before);
    expect((await t.auth.findUser('grace'))?.email).toBe('other@example.com');
  });

  it.each(['admin', 'Admin', 'аdmin', 'admin\u200b', 'root', 'me', '..', 'a/b', 'ada@example.com', '', null, 7, ['a']])(
    'USER-01 to %p is refused',
    async (username) => {
      expectProblem(await change(username), 422, 'validation_failed');
      expect(await t.mails()).toEqual([]);
    },
  );

  it('needs a recent authentication', async () => {
    t.clock.advance('16m');
    const { accessToken } = await t.auth.refresh(ada.refreshToken);
    const reply = await t.client.post('/auth/username/change', { username: 'ada' }, { token: accessToken });
    expectProblemWithAge(reply);
  });
});
