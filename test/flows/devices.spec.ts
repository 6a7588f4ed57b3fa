import { KnownDevices } from '../../libs/authkit/src/devices/known-devices.js';
import { expectProblem } from '../support/attack.js';
import { cookieHeader, type Reply } from '../support/client.js';
import { ALL_DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

const ORIGIN = { origin: 'http://localhost:3000' };
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/604.1';
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

interface Device {
  id: string;
  current: boolean;
  name: string | null;
}

describeOn('known devices', { databases: ['memory', ...ALL_DATABASES] }, (place) => {
  let t: TestApp;
  let users = 0;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());

  /** A user who has never signed in. */
  const newUser = async () => {
    const user = await t.kit.user({ email: `device${(users += 1)}@example.com`, password: PASSWORD });
    return { id: user.id, email: user.email };
  };
  const login = (user: { email: string }, headers: Record<string, string> = {}) =>
    t.client.post('/auth/login', { identifier: user.email, password: PASSWORD }, { headers });
  const byCookie = (user: { email: string }, cookie?: string) =>
    t.client.post(
      '/auth/login',
      { identifier: user.email, password: PASSWORD, transport: 'cookie' },
      { headers: ORIGIN, cookie },
    );
  const on = (reply: Reply) => ({ 'x-authkit-device': reply.body.device_token as string });
  const listed = async (token: string, headers: Record<string, string> = {}) =>
    (await t.client.get('/auth/devices', { token, headers })).body.items as Device[];
  const told = () => t.events.filter(({ type }) => type === 'login.succeeded').map(({ details }) => details);
  const mailsTo = async ({ email }: { email: string }) => (await t.mails()).filter(({ to }) => to === email);
  const tokenIn = (text: string) => /#token=(\S+)/.exec(text)![1];
  const notMe = (token: string) => t.client.post('/auth/devices/not-me', { token });

  it('are known again by what the bearer reply gave, and seen last then', async () => {
    const user = await newUser();
    const first = await login(user, { 'user-agent': IPHONE });
    expect(first.body.device_token).toMatch(/^nad_[A-Za-z0-9_-]+$/);
    expect(first.cookies).toEqual([]);
    t.clock.advance(2 * MINUTE);
    t.events.length = 0;
    const again = await login(user, { ...on(first), 'user-agent': IPHONE });
    expect(again.body.device_token).toBe(first.body.device_token);
    const [device, ...others] = await listed(again.body.access_token, on(first));
    expect(others).toEqual([]);
    expect(device).toEqual({
      id: expect.any(String),
      current: true,
      name: 'Safari on iPhone',
      ip: '127.0.0.1',
      createdAt: new Date(t.clock.now() - 2 * MINUTE).toISOString(),
      lastSeenAt: new Date(t.clock.now()).toISOString(),
    });
    expect(told()).toEqual([{ amr: ['pwd'], device: { id: device.id, isNew: false } }]);
    expect((await listed(again.body.access_token))[0].current).toBe(false);
    expect(await mailsTo(user)).toEqual([]);
    // A refresh is no login.
    const refreshed = await t.client.post('/auth/refresh', { refreshToken: again.body.refresh_token });
    expect([refreshed.status, refreshed.body.device_token]).toEqual([200, undefined]);
  });

  it('are known again by a cookie that outlives logout', async () => {
    const user = await newUser();
    const first = await byCookie(user);
    const cookie = first.cookies.find((one) => one.startsWith('authkit_device='))!;
    expect(cookie).toMatch(/; Max-Age=34560000; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(first.text).not.toContain('nad_');
    const all = cookieHeader(first.cookies);
    const out = await t.client.post('/auth/logout', undefined, { cookie: all, headers: ORIGIN });
    expect(out.cookies.join()).not.toContain('authkit_device');
    t.events.length = 0;
    const again = await byCookie(user, cookieHeader([cookie]));
    expect(again.status).toBe(200);
    expect(told()).toMatchObject([{ device: { isNew: false } }]);
  });

  it('belong to the OAuth2 form too, by header alone', async () => {
    const user = await newUser();
    const form = { grant_type: 'password', username: user.email, password: PASSWORD };
    const first = await t.client.form('/auth/token', form);
    expect([first.status, first.cookies]).toEqual([200, []]);
    t.events.length = 0;
    await t.client.form('/auth/token', form, { headers: on(first) });
    await t.client.form('/auth/token', form, { cookie: `authkit_device=${first.body.device_token as string}` });
    expect(told()).toMatchObject([{ device: { isNew: false } }, { device: { isNew: true } }]);
  });

  it('are no matter of a host that signs a user in on its own word', async () => {
    const user = await newUser();
    t.events.length = 0;
    await t.auth.issueFor(user.id);
    await t.auth.login(user.email, PASSWORD);
    expect(told()).toMatchObject([{ device: null }, { device: null }]);
    // But whoever has signed in somehow is told of the first device.
    await login(user);
    expect(await mailsTo(user)).toHaveLength(1);
  });

  it('SESS-09 are listed and forgotten by their user only', async () => {
    const [ada, bob] = [await newUser(), await newUser()];
    const [one, two, his] = [await login(ada), await login(ada), await login(bob)];
    const token = two.body.access_token as string;
    const mine = await listed(token, on(two));
    expect(mine).toHaveLength(2);
    const [foreign] = await listed(his.body.access_token, on(his));
    const forget = (id: string) => t.client.delete(`/auth/devices/${id}`, { token });
    for (const id of [foreign.id, '01890a5d-ac96-774b-bcce-b302099a8057', 'x', "' OR 1=1 --"].map(encodeURIComponent)) {
      expectProblem(await forget(id), 404, 'device_not_found');
    }
    expect(await listed(his.body.access_token)).toHaveLength(1);
    const other = mine.find(({ current }) => !current)!;
    t.events.length = 0;
    expect((await forget(other.id)).status).toBe(204);
    expect(t.events).toMatchObject([{ type: 'device.revoked', subject: ada.id, details: { device: other.id } }]);
    expectProblem(await forget(other.id), 404, 'device_not_found');
    expect((await listed(token, on(two))).map(({ current }) => current)).toEqual([true]);
    // The device is forgotten, the session on it goes on.
    expect((await t.client.get('/auth/me', { token: one.body.access_token })).status).toBe(200);
    for (const path of ['/auth/devices', `/auth/devices/${other.id}`]) {
      expectProblem(await t.client.call(path.endsWith('s') ? 'GET' : 'DELETE', path), 401, 'authentication_required');
    }
  });

  it('SESS-09 are not made by another’s token, a forged, a revoked or a planted one', async () => {
    const [ada, bob] = [await newUser(), await newUser()];
    const [hers, his] = [await login(ada), await login(bob)];
    const isNew = async (headers: Record<string, string>, cookie?: string) => {
      t.events.length = 0;
      const reply = await t.client.post(
        '/auth/login',
        { identifier: ada.email, password: PASSWORD },
        { headers: { ...ORIGIN, ...headers }, cookie },
      );
      expect(reply.status).toBe(200);
      return (told()[0] as { device: { isNew: boolean } }).device.isNew;
    };
    const genuine = hers.body.device_token as string;
    expect(await isNew(on(hers))).toBe(false);
    expect(await isNew(on(his))).toBe(true);
    const bytes = Buffer.from(genuine.slice(4), 'base64url');
    for (const at of [0, 31, 32, 60, 68, 69, bytes.length - 1]) {
      const forged = Buffer.from(bytes);
      forged[at] ^= 1;
      expect(await isNew({ 'x-authkit-device': `nad_${forged.toString('base64url')}` })).toBe(true);
    }
    for (const text of ['nad_', `${genuine}=`, genuine.slice(4), `${genuine}, ${genuine}`, 'x'.repeat(5_000)]) {
      expect(await isNew({ 'x-authkit-device': text })).toBe(true);
    }
    // A planted cookie before it does not make the device a stranger; the header, if there, decides alone.
    expect(await isNew({}, `authkit_device=planted; authkit_device=${genuine}`)).toBe(false);
    expect(await isNew({ 'x-authkit-device': 'x' }, `authkit_device=${genuine}`)).toBe(true);
    const token = hers.body.access_token as string;
    const { id } = (await listed(token, on(hers))).find(({ current }) => current)!;
    await t.client.delete(`/auth/devices/${id}`, { token });
    expect(await isNew(on(hers))).toBe(true);
  });

  it('RATE-06 are looked up for whoever limits guesses, by request and user', async () => {
    const [ada, bob] = [await newUser(), await newUser()];
    const first = await login(ada);
    const devices = t.app.get(KnownDevices, { strict: false });
    const request = { headers: on(first) };
    const found = await devices.of(request, ada.id);
    expect(found).toMatchObject({ id: (await listed(first.body.access_token))[0].id, userId: ada.id });
    expect(await devices.of(request, bob.id)).toBeNull();
    expect(await devices.of({ headers: {} }, ada.id)).toBeNull();
    await devices.forgetAll(ada.id);
    expect(await devices.of(request, ada.id)).toBeNull();
  });

  it('are at most 50, and those seen longest ago go', async () => {
    const user = await newUser();
    const first = await login(user);
    const store = t.app.get(KnownDevices, { strict: false })['devices'];
    for (let n = 0; n < 49; n += 1) {
      const at = t.clock.now() + n;
      const device = { userId: user.id, sessionId: user.id, userAgent: null, ip: null, revokedAt: null };
      await store.insert({
        ...device,
        id: `01890a5d-ac96-774b-bcce-${String(users * 100 + n).padStart(12, '0')}`,
        createdAt: at,
        lastSeenAt: at + 1,
      });
    }
    t.clock.advance(MINUTE);
    const last = await login(user);
    const devices = await listed(last.body.access_token, on(last));
    expect(devices).toHaveLength(50);
    expect(devices[0].current).toBe(true);
    t.events.length = 0;
    await login(user, on(first));
    expect(told()).toMatchObject([{ device: { isNew: true } }]);
  });

  it('are forgotten when the user is deactivated', async () => {
    const user = await newUser();
    const first = await login(user);
    await t.auth.setActive(user.id, false);
    await t.auth.setActive(user.id, true);
    t.events.length = 0;
    await login(user, on(first));
    expect(told()).toMatchObject([{ device: { isNew: true } }]);
  });

  it('are forgotten by a password reset', async () => {
    const user = await newUser();
    const first = await login(user);
    await t.client.post('/auth/password/forgot', { email: user.email });
    const reset = async () => (await mailsTo(user)).find(({ text }) => text.includes('/auth/pages/reset#token='));
    while (!(await reset())) await new Promise((resolve) => setImmediate(resolve));
    const body = { token: tokenIn((await reset())!.text), newPassword: 'quiet meadow compass 77' };
    expect((await t.client.post('/auth/password/reset', body)).status).toBe(204);
    const devices = t.app.get(KnownDevices, { strict: false });
    expect(await devices.of({ headers: on(first) }, user.id)).toBeNull();
  });

  it('are not left behind by a login that a reset overtakes', async () => {
    const user = await newUser();
    const devices = t.app.get(KnownDevices, { strict: false });
    const { insert } = devices['devices'];
    devices['devices'].insert = async function (device) {
      // As a reset does: all sessions end, then all devices are forgotten; and only then comes the login's.
      await t.auth.revokeAll(user.id);
      await devices.forgetAll(user.id);
      return insert.call(this, device);
    };
    const raced = await login(user);
    devices['devices'].insert = insert;
    expect(await devices.of({ headers: on(raced) }, user.id)).toBeNull();
    expect((await t.client.get('/auth/me', { token: raced.body.access_token })).status).toBe(401);
  });

  describe('a notice', () => {
    const onNewDevice = async (): Promise<{
      user: SignedUp | { id: string; email: string };
      own: Reply;
      other: Reply;
    }> => {
      const user = await newUser();
      const own = await login(user);
      return { user, own, other: await login(user) };
    };

    it('goes to a user who has signed in before, on a new device only', async () => {
      const { user, own } = await onNewDevice();
      await login(user, on(own));
      const mails = await mailsTo(user);
      expect(mails).toHaveLength(1);
      expect(mails[0].text).toContain('http://localhost:3000/auth/pages/not-me#token=nao_');
      const wrong = await t.client.post('/auth/login', { identifier: user.email, password: 'wrong password' });
      expect([wrong.status, (await mailsTo(user)).length]).toEqual([401, 1]);
    });

    it('ends by its link every session and device, and starts a reset; once', async () => {
      const { user, own, other } = await onNewDevice();
      const again = await login(user, on(other));
      const [mail] = await mailsTo(user);
      const link = tokenIn(mail.text);
      // To look changes nothing.
      expect((await t.client.get('/auth/devices/not-me')).status).toBeGreaterThanOrEqual(400);
      expect((await t.client.get('/auth/me', { token: other.body.access_token })).status).toBe(200);

      t.events.length = 0;
      expect((await notMe(link)).status).toBe(204);
      expect(t.events.map(({ type, details }) => [type, details])).toContainEqual([
        'session.revoked',
        { reason: 'disowned', scope: 'all' },
      ]);
      expect((await t.client.get('/auth/me', { token: other.body.access_token })).status).toBe(401);
      const refresh = await t.client.post('/auth/refresh', { refreshToken: other.body.refresh_token });
      expectProblem(refresh, 401, 'token_revoked');
      // Whoever knows the password may have signed in again on the same device, or been there before.
      expect((await t.client.get('/auth/me', { token: again.body.access_token })).status).toBe(401);
      expect((await t.client.get('/auth/me', { token: own.body.access_token })).status).toBe(401);
      t.events.length = 0;
      await login(user, on(other));
      expect(told()).toMatchObject([{ device: { isNew: true } }]);

      const mails = await mailsTo(user);
      expect(mails.filter(({ text }) => text.includes('/auth/pages/reset#token='))).toHaveLength(1);
      expectProblem(await notMe(link), 410, 'link_invalid');
      expect(await mailsTo(user)).toHaveLength(mails.length);
    });

    it('works for one of fifty who use its link at once', async () => {
      const { user } = await onNewDevice();
      const link = tokenIn((await mailsTo(user))[0].text);
      const replies = await Promise.all(Array.from({ length: 50 }, () => notMe(link)));
      expect(replies.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(49).fill(410)]);
      const resets = (await mailsTo(user)).filter(({ text }) => text.includes('/auth/pages/reset#token='));
      expect(resets).toHaveLength(1);
    });

    it('has a link of its own for each session', async () => {
      const { user, other } = await onNewDevice();
      const third = await login(user);
      const [later, earlier] = (await mailsTo(user)).map(({ text }) => tokenIn(text));
      expect((await notMe(earlier)).status).toBe(204);
      const alive = async (reply: Reply) => (await t.client.get('/auth/me', { token: reply.body.access_token })).status;
      expect([await alive(other), await alive(third)]).toEqual([401, 401]);
      expect((await notMe(later)).status).toBe(204);
    });

    it('is of no use when it is forged, of another kind or too old', async () => {
      const { user, other } = await onNewDevice();
      const link = tokenIn((await mailsTo(user))[0].text);
      for (const token of ['x', `nao_${'A'.repeat(43)}`, `${link} `, link.toUpperCase(), other.body.refresh_token]) {
        expectProblem(await notMe(token as string), 410, 'link_invalid');
      }
      for (const token of [undefined, 1, 'x'.repeat(257)]) {
        expectProblem(await notMe(token as string), 422, 'validation_failed');
      }
      const evil = { headers: { origin: 'https://evil.example' } };
      expectProblem(await t.client.post('/auth/devices/not-me', { token: link }, evil), 403, 'csrf_rejected');
      t.clock.advance(7 * DAY);
      expectProblem(await notMe(link), 410, 'link_invalid');
    });

    it('is written at most five times a day', async () => {
      const user = await newUser();
      for (let n = 0; n < 8; n += 1) await login(user);
      expect(await mailsTo(user)).toHaveLength(4);
      t.clock.advance(DAY + MINUTE);
      await login(user);
      expect(await mailsTo(user)).toHaveLength(5);
    });
  });
});
