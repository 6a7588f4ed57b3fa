import type { AuthKitOptions, HookContext } from 'nest-authkit';
import { Cleanup } from '../../libs/authkit/src/cleanup/cleanup.js';
import { AttemptStore } from '../../libs/authkit/src/storage/attempt.store.js';
import { expectProblem, fieldsOf } from '../support/attack.js';
import { CountingHasher } from '../support/counting.hasher.js';
import { temporaryFile } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, SECRET, type TestApp, type TestAppOptions } from '../support/test-app.js';

const NAME = 'ada@example.com';

const open: TestApp[] = [];
afterEach(async () => {
  for (const t of open.splice(0).reverse()) await t.close();
});

async function start(place: TestAppOptions, authkit: Partial<AuthKitOptions>) {
  const t = await createTestApp({ ...place, authkit: { rateLimits: {}, ...authkit } });
  open.push(t);
  if (!place.beside) await t.kit.user({ email: NAME, password: PASSWORD });
  const login = (password: string, more: object = {}, headers: Record<string, string> = {}) =>
    t.client.post('/auth/login', { identifier: NAME, password, ...more }, { headers });
  const register = (email: string, more: object = {}) =>
    t.client.post('/auth/register', { email, password: PASSWORD, ...more });
  const { app, auth, client, clock, events } = t;
  return { t, app, auth, client, clock, events, login, register };
}

describeOn('a captcha', {}, (place) => {
  const asked: [string, HookContext][] = [];
  beforeEach(() => void (asked.length = 0));
  const verify = (token: string, context: HookContext) => {
    asked.push([token, context]);
    if (token === 'boom') throw new Error('the provider is away');
    return Promise.resolve(token === 'human');
  };

  it('is asked for at login after three failures, before the hash, and not again after a success', async () => {
    const hasher = new CountingHasher();
    const s = await start(place, { captcha: { verify }, passwords: { hasher, workers: 0 } });
    for (let i = 0; i < 3; i += 1) expect((await s.login('wrong')).status).toBe(401);
    const calls = hasher.calls;
    expectProblem(await s.login(PASSWORD), 403, 'captcha_required');
    expectProblem(await s.login(PASSWORD, { captchaToken: '' }), 403, 'captcha_required');
    expect(asked).toEqual([]);
    expectProblem(await s.login(PASSWORD, { captchaToken: 'robot' }), 403, 'captcha_required');
    expectProblem(await s.login(PASSWORD, { captchaToken: 'boom' }), 503, 'unavailable');
    const token = (fields: Record<string, string>) =>
      s.client.form('/auth/token', { grant_type: 'password', username: NAME, password: PASSWORD, ...fields });
    expect((await token({})).body).toMatchObject({ error: 'invalid_grant', code: 'captcha_required' });
    expect(hasher.calls).toBe(calls);
    expect((await token({ captchaToken: 'human' })).status).toBe(200);
    expect(asked.at(-1)).toEqual(['human', { action: 'login', ip: '127.0.0.1', userAgent: null }]);
    // Also this address' three failures are behind another's window.
    s.clock.advance('15m');
    expect((await s.login('wrong')).status).toBe(401);
    expect((await s.login(PASSWORD)).status).toBe(200);
  });

  it('is not asked for where a session is proven', async () => {
    const s = await start(place, { captcha: { verify, afterFailures: 0, atRegistration: false } });
    const { headers } = await s.t.kit.actingAs((await s.auth.findUser(NAME))!);
    expectProblem(await s.client.post('/auth/reauthenticate', { password: 'wrong' }, { headers }), 401);
    expect((await s.client.post('/auth/reauthenticate', { password: PASSWORD }, { headers })).status).toBe(204);
    const change = { currentPassword: PASSWORD, newPassword: `${PASSWORD}!` };
    expect((await s.client.post('/auth/password/change', change, { headers })).status).toBe(204);
  });

  it('is asked for after three failures from an address, whoever they were at', async () => {
    const s = await start(place, { captcha: { verify } });
    for (const name of ['a', 'b', 'c']) {
      const body = { identifier: `${name}@example.com`, password: 'wrong' };
      expect((await s.client.post('/auth/login', body)).status).toBe(401);
    }
    expectProblem(await s.login(PASSWORD), 403, 'captcha_required');
    expect((await s.login(PASSWORD, { captchaToken: 'human' })).status).toBe(200);
  });

  it('is asked for at registration, unless that is switched off', async () => {
    const s = await start(place, { captcha: { verify } });
    expectProblem(await s.register('new@example.com'), 403, 'captcha_required');
    expectProblem(await s.register('new@example.com', { captchaToken: 'robot' }), 403, 'captcha_required');
    expectProblem(await s.register('new@example.com', { captchaToken: 'boom' }), 503, 'unavailable');
    expect((await s.register('new@example.com', { captchaToken: 'human' })).status).toBe(201);
    expect(asked.at(-1)![1]).toMatchObject({ action: 'register', ip: '127.0.0.1' });

    const free = await start(place, { captcha: { verify, atRegistration: false } });
    expect((await free.register('new@example.com')).status).toBe(201);
  });

  it('is asked for at every login where no failures are waited for, limits or not', async () => {
    const s = await start(place, { captcha: { verify, afterFailures: 0 }, rateLimits: false });
    expectProblem(await s.login(PASSWORD), 403, 'captcha_required');
    expect((await s.login(PASSWORD, { captchaToken: 'human' })).status).toBe(200);
  });
});

// A store whose answers take their time, so that the guesses overtake each other.
describeOn('a captcha', { adapters: ['express'], databases: ['postgres'] }, (place) => {
  it('is asked for of guesses made at the same time too, which then do not count', async () => {
    const hasher = new CountingHasher();
    // The account's own limit is out of the way.
    const rateLimits = { account: { limit: 20 } };
    const s = await start(place, {
      captcha: { verify: (token) => token === 'human' },
      rateLimits,
      passwords: { hasher, workers: 0 },
    });
    const calls = hasher.calls;
    const replies = await Promise.all(Array.from({ length: 10 }, () => s.login('wrong')));
    expect(hasher.calls - calls).toBe(3);
    expect(replies.map(({ body }) => body.code).sort()).toEqual([
      ...Array.from({ length: 7 }, () => 'captcha_required'),
      ...Array.from({ length: 3 }, () => 'invalid_credentials'),
    ]);
    expect((await s.login(PASSWORD, { captchaToken: 'human' })).status).toBe(200);
    // Of the address' failures three are left: seven were given back.
    s.clock.advance('1s');
    expectProblem(await s.login(PASSWORD), 403, 'captcha_required');
  });
});

describeOn('an e-mail policy', {}, (place) => {
  it('refuses an address by a code of its own, and a policy that fails lets nobody in', async () => {
    const seen: [string, HookContext][] = [];
    const emailPolicy = (email: string, context: HookContext) => {
      seen.push([email, context]);
      if (email.startsWith('boom')) throw new Error('the list is away');
      if (email.startsWith('odd')) return 'No, thanks!';
      return email.endsWith('@mail.example') ? 'disposable_email' : true;
    };
    const s = await start(place, { registration: { emailPolicy } });
    const refused = await s.register('X@Mail.example');
    expectProblem(refused, 422, 'validation_failed');
    expect(refused.body.errors).toMatchObject([{ field: 'email', code: 'disposable_email' }]);
    expect(seen).toEqual([['x@mail.example', { action: 'register', ip: '127.0.0.1', userAgent: null }]]);
    const odd = await s.register('odd@example.com');
    expect(fieldsOf(odd)).toEqual(['email']);
    expect(odd.body.errors[0].code).toBe('email_refused');
    expectProblem(await s.register('boom@example.com'), 503, 'unavailable');
    expect((await s.register('fine@example.com')).status).toBe(201);
    await expect(s.auth.register({ email: 'y@mail.example', password: PASSWORD })).rejects.toMatchObject({
      code: 'validation_failed',
    });
  });
});

describeOn('trusted proxies', {}, (place) => {
  it('say who the client is, in sessions and events', async () => {
    const s = await start(place, { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] });
    const headers = { 'x-forwarded-for': '6.6.6.6, 2001:DB8:0:0::1, 10.1.2.3', forwarded: 'for=7.7.7.7' };
    const { body } = await s.login(PASSWORD, {}, headers);
    expect(s.events.find(({ type }) => type === 'login.succeeded')!.ip).toBe('2001:db8::1');
    const { body: list } = await s.client.get('/auth/sessions', { token: body.access_token as string });
    expect(list.items[0].ip).toBe('2001:db8::1');
  });

  it('that are not named say nothing', async () => {
    const s = await start(place, { trustedProxies: ['10.0.0.0/8'] });
    await s.login(PASSWORD, {}, { 'x-forwarded-for': '203.0.113.9' });
    expect(s.events.find(({ type }) => type === 'login.succeeded')!.ip).toBe('127.0.0.1');
  });
});

describeOn('counters', { adapters: ['express'] }, (place) => {
  it('of a guess that could not be judged are taken back', async () => {
    const hasher = new CountingHasher();
    const s = await start(place, { passwords: { hasher, workers: 0 } });
    hasher.verify = () => Promise.reject(new Error('no threads left'));
    for (let i = 0; i < 60; i += 1) expect((await s.login(PASSWORD)).status).toBe(503);
    hasher.verify = () => Promise.resolve(false);
    for (let i = 0; i < 10; i += 1) expect((await s.login('wrong')).status).toBe(401);
    expectProblem(await s.login('wrong'), 429, 'rate_limited');
    // Nor does it use up the one guess that a wait ends with.
    s.clock.advance('1s');
    hasher.verify = () => Promise.reject(new Error('no threads left'));
    for (let i = 0; i < 5; i += 1) expect((await s.login(PASSWORD)).status).toBe(503);
    hasher.verify = () => Promise.resolve(true);
    expect((await s.login(PASSWORD)).status).toBe(200);
  });

  it('that disable a password outlive the secret they were made under', async () => {
    const on: TestAppOptions = { database: 'sqlite', file: temporaryFile() };
    const rateLimits = { account: { limit: 10, disableAfter: 10 } };
    const before = await start(on, { rateLimits });
    for (let i = 0; i < 10; i += 1) expect((await before.login('wrong')).status).toBe(401);
    const secret = ['pL3nV8cX1zQ6wE9rT2yU7iO4aS0dF5gH-jK', SECRET];
    const after = await start({ ...on, beside: before.t }, { rateLimits, secret });
    expectProblem(await after.login(PASSWORD), 429, 'rate_limited');
    await after.auth.unlock((await after.auth.findUser(NAME))!.id);
    expect(after.events.filter(({ type }) => type === 'account.unlocked')).toHaveLength(1);
    expect((await after.login(PASSWORD)).status).toBe(200);
  });

  it('that have ended are swept, and a store that fails then stops nothing', async () => {
    const s = await start(place, {});
    await s.login('wrong');
    const cleanup = s.app.get(Cleanup, { strict: false });
    const store = s.app.get(AttemptStore, { strict: false });
    s.clock.advance('400d');
    await cleanup.sweep();
    expect(await store.sweep(10)).toBe(0);
    store.sweep = () => Promise.reject(new Error('away'));
    await cleanup.sweep();
    expect((await s.login(PASSWORD)).status).toBe(200);
  });
});
