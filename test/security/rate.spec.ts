import type { AuthKitOptions, KnownDevice } from 'nest-authkit';
import { redisAttempts } from 'nest-authkit/redis';
import { AttemptLimiter } from '../../libs/authkit/src/login/attempt-limiter.js';
import { LoginService } from '../../libs/authkit/src/login/login.service.js';
import { expectProblem } from '../support/attack.js';
import type { Reply } from '../support/client.js';
import { CountingHasher } from '../support/counting.hasher.js';
import { DATABASES, missingFor, temporaryFile } from '../support/databases.js';
import { describeIf } from '../support/describe-if.js';
import { connectRedis } from '../support/redis.js';
import { createTestApp, describeOn, PASSWORD, type TestApp, type TestAppOptions } from '../support/test-app.js';

const MINUTE = 60_000;
const NOBODY = 'nobody@example.com';

type Headers = Record<string, string>;

const open: TestApp[] = [];
afterEach(async () => {
  for (const t of open.splice(0).reverse()) await t.close();
});

/** An app with the limits on, and a hasher that counts. */
async function start(place: TestAppOptions, authkit: Partial<AuthKitOptions> = {}) {
  const hasher = new CountingHasher();
  const t = await createTestApp({
    ...place,
    authkit: { rateLimits: {}, ...authkit, passwords: { hasher, workers: 0 } },
  });
  open.push(t);
  const login = (identifier: string, password = 'wrong', headers: Headers = {}) =>
    t.client.post('/auth/login', { identifier, password }, { headers });
  const user = (more: object = {}) => t.kit.user({ email: 'ada@example.com', password: PASSWORD, ...more });
  /** Wrong logins one after the other; their statuses. */
  const guess = async (identifier: string, times: number, headers?: (i: number) => Headers) => {
    const statuses: number[] = [];
    for (let i = 0; i < times; i += 1) statuses.push((await login(identifier, 'wrong', headers?.(i))).status);
    return statuses;
  };
  const limiter = t.app.get(AttemptLimiter, { strict: false });
  const { app, auth, client, clock, events, kit } = t;
  return { t, app, auth, client, clock, events, kit, hasher, login, user, guess, limiter };
}

/** From an address of its own for each, so that only the account's limit counts. */
const BEHIND_PROXY = { trustedProxies: ['127.0.0.1'] };
const from = (ip: string): Headers => ({ 'x-forwarded-for': ip });
const elsewhere = (i: number): Headers => from(`198.51.${100 + (i >> 8)}.${i & 255}`);

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

function expectLimited(reply: Reply, seconds?: number): void {
  expectProblem(reply, 429, 'rate_limited');
  expect(reply.headers['retry-after']).toMatch(/^[1-9]\d*$/);
  if (seconds !== undefined) expect(reply.headers['retry-after']).toBe(String(seconds));
}

/** A body without what differs from request to request. */
const bodyOf = ({ body }: Reply) => ({ ...(body as object), requestId: '' });

describeOn('rate limits', { databases: DATABASES }, (place) => {
  it('RATE-01 forwarding headers of a client without a proxy change nothing', async () => {
    const s = await start(place);
    await s.user();
    const names = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'cf-connecting-ip', 'true-client-ip'];
    const headers = (i: number) =>
      Object.fromEntries(names.map((name) => [name, name === 'forwarded' ? `for=203.0.113.${i}` : `203.0.113.${i}`]));
    expect(await s.guess('ada@example.com', 11, headers)).toEqual([...times(10, 401), 429]);
    // The same address is 40 away from its own limit; accounts without failures show it.
    for (let i = 0; i < 40; i += 1) expect((await s.login(`user${i}@example.com`, 'x', headers(i))).status).toBe(401);
    expectLimited(await s.login('fresh@example.com', 'x', headers(99)), 900);
    expect(s.hasher.calls).toBe(1 + 50);
  });

  it('RATE-01 waits double from a second to 15 minutes, and a quiet window ends them', async () => {
    const s = await start(place, BEHIND_PROXY);
    const { id } = await s.user();
    await s.guess('ada@example.com', 10);
    const waits: number[] = [];
    for (let i = 0; i < 13; i += 1) {
      const refused = await s.login('ada@example.com', PASSWORD, elsewhere(i));
      expectLimited(refused);
      const wait = Number(refused.headers['retry-after']);
      waits.push(wait);
      s.clock.advance(wait * 1000 - 1);
      expectLimited(await s.login('ada@example.com', 'wrong', elsewhere(i)), 1);
      s.clock.advance(1);
      expect((await s.login('ada@example.com', 'wrong', elsewhere(i))).status).toBe(401);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    // The last wait, and then a window.
    s.clock.advance(30 * MINUTE);
    expect(await s.guess('ada@example.com', 11, elsewhere)).toEqual([...times(10, 401), 429]);
    const throttled = s.events.filter(({ type }) => type === 'login.throttled');
    expect(throttled.map(({ subject, details }) => [subject, details])).toEqual([
      [id, { by: 'account' }],
      [id, { by: 'account' }],
    ]);
  });

  it('RATE-01 e-mail and username of one account share its limit, OAuth’s route and the password change too', async () => {
    const s = await start(place);
    const ada = await s.user({ username: 'ada' });
    const { headers } = await s.kit.actingAs(ada);
    await s.guess('ADA@example.com ', 4);
    await s.guess('Ada', 3);
    const change = () =>
      s.client.post('/auth/password/change', { currentPassword: 'wrong', newPassword: `${PASSWORD}!` }, { headers });
    expect((await change()).status).toBe(401);
    const token = () => s.client.form('/auth/token', { grant_type: 'password', username: 'ada', password: 'wrong' });
    expect((await token()).status).toBe(400);
    expect((await token()).status).toBe(400);
    const calls = s.hasher.calls;
    expectLimited(await s.login('ada@example.com', PASSWORD), 1);
    expectLimited(await change(), 1);
    const refused = await token();
    expect({ status: refused.status, error: refused.body.error, code: refused.body.code }).toEqual({
      status: 429,
      error: 'temporarily_unavailable',
      code: 'rate_limited',
    });
    expect(refused.headers['retry-after']).toBe('1');
    const again = await s.client.post('/auth/reauthenticate', { password: PASSWORD }, { headers });
    expectLimited(again, 1);
    expect(s.hasher.calls).toBe(calls);
    // PWD-10: the session that guessed is still there.
    expect((await s.client.get('/auth/me', { headers })).status).toBe(200);
  });

  it('RATE-03 one IPv6 network is one client, an IPv4-mapped address its IPv4 one, however written', async () => {
    const s = await start(place, BEHIND_PROXY);
    const forms = [
      ['2001:db8:1:2::1', '2001:DB8:1:2:0:0:0:9', '2001:0db8:0001:0002:ffff:ffff:ffff:ffff'],
      ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:cb00:7109'],
    ];
    for (const [n, same] of forms.entries()) {
      for (let i = 0; i < 50; i += 1) {
        const reply = await s.login(`user${n}-${i}@example.com`, 'x', from(same[i % same.length]));
        expect(reply.status).toBe(401);
      }
      for (const ip of same) expectLimited(await s.login(NOBODY, 'x', from(ip)), 900);
    }
    for (const ip of ['2001:db8:1:3::1', '203.0.113.10']) {
      expect((await s.login(NOBODY, 'x', from(ip))).status).toBe(401);
    }
  });

  it('RATE-04 a success in between lifts neither the victim’s limit nor the address’s', async () => {
    const s = await start(place);
    await s.user();
    await s.user({ email: 'eve@example.com' });
    const statuses: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      statuses.push(...(await s.guess('ada@example.com', 4)));
      expect((await s.login('eve@example.com', PASSWORD)).status).toBe(200);
    }
    expect(statuses).toEqual([...times(10, 401), 429, 429]);
    for (let i = 0; i < 40; i += 1) {
      expect((await s.login(`user${i}@example.com`)).status).toBe(401);
      if (i % 10 === 0) expect((await s.login('eve@example.com', PASSWORD)).status).toBe(200);
    }
    expectLimited(await s.login('eve@example.com', PASSWORD), 900);
    const byIp = s.events.filter(
      ({ type, details }) => type === 'login.throttled' && 'by' in details && details.by === 'ip',
    );
    expect(byIp).toHaveLength(1);
  });

  it('RATE-04 a success forgets the account’s failures, also from elsewhere', async () => {
    const s = await start(place, BEHIND_PROXY);
    await s.user();
    for (let round = 0; round < 3; round += 1) {
      expect(await s.guess('ada@example.com', 9, elsewhere)).toEqual(times(9, 401));
      expect((await s.login('ada@example.com', PASSWORD, from('203.0.113.1'))).status).toBe(200);
    }
  });

  it('RATE-04 the right password of an inactive account counts as a failure', async () => {
    const s = await start(place);
    await s.user({ active: false });
    const replies: number[] = [];
    for (let i = 0; i < 11; i += 1) replies.push((await s.login('ada@example.com', PASSWORD)).status);
    expect(replies).toEqual([...times(10, 401), 429]);
  });

  it('RATE-06 guesses from 200 addresses meet the account’s limit, and the owner’s device signs in', async () => {
    const s = await start(place, BEHIND_PROXY);
    const { id } = await s.user();
    const statuses = await s.guess('ada@example.com', 200, elsewhere);
    expect(statuses).toEqual([...times(10, 401), ...times(190, 429)]);
    expectLimited(await s.login('ada@example.com', PASSWORD, from('203.0.113.1')));
    const logins = s.t.app.get(LoginService, { strict: false });
    const at = (device: KnownDevice) => logins.withPassword('ada@example.com', PASSWORD, 'bearer', { device });
    expect((await at({ userId: id, id: 'd1' })).session.userId).toBe(id);
    // It has not made the others' failures forgotten, and another user's device is none.
    expectLimited(await s.login('ada@example.com', PASSWORD, from('203.0.113.1')));
    await expect(at({ userId: 'somebody', id: 'd1' })).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('RATE-09 every refusal is the same for an account, an unknown address, an unknown username and no name at all', async () => {
    const s = await start(place, BEHIND_PROXY);
    await s.user();
    const refusals: Reply[] = [];
    for (const [i, name] of ['ada@example.com', NOBODY, 'nobody', 'not a name'].entries()) {
      expect(await s.guess(name, 10, () => elsewhere(i))).toEqual(times(10, 401));
      const refused = await s.login(name, PASSWORD, elsewhere(i));
      expectLimited(refused, 1);
      refusals.push(refused);
    }
    const names = ({ headers }: Reply) => Object.keys(headers).sort();
    for (const refused of refusals) {
      expect(bodyOf(refused)).toEqual(bodyOf(refusals[0]));
      expect(names(refused)).toEqual(names(refusals[0]));
    }
  });

  it('RATE-09 100 failures in a row disable the password of any name, until it is unlocked or set anew', async () => {
    const s = await start(place, BEHIND_PROXY);
    const { id } = await s.user();
    let i = 0;
    const exhaust = async (name: string) => {
      for (let n = 0; n < 100; n += 1, i += 1) {
        expect((await s.login(name, 'wrong', elsewhere(i % 400))).status).toBe(401);
        s.clock.advance(15 * MINUTE);
      }
      // As long as one likes.
      s.clock.advance(400 * 24 * 60 * MINUTE);
    };
    const login = () => s.login('ada@example.com', PASSWORD, from('203.0.113.1'));
    const isDisabled = async () => expectLimited(await login(), 900);
    await exhaust('ada@example.com');
    await isDisabled();
    await exhaust(NOBODY);
    expectLimited(await s.login(NOBODY, PASSWORD, from('203.0.113.1')), 900);

    await s.auth.unlock(id);
    expect((await login()).status).toBe(200);
    await exhaust('ada@example.com');
    await isDisabled();
    await s.auth.setPassword(id, PASSWORD);
    expect((await login()).status).toBe(200);
    await s.auth.unlock(id);
    await expect(s.auth.unlock('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
      code: 'user_not_found',
    });

    const told = s.events.filter(({ type }) => ['login.disabled', 'account.unlocked'].includes(type));
    expect(told.map(({ type, subject }) => [type, subject])).toEqual([
      ['login.disabled', id],
      ['account.unlocked', id],
      ['login.disabled', id],
      ['account.unlocked', id],
    ]);
    expect(told[0].details).toEqual({ failures: 100 });
  });

  it('a known device has a limit of its own, and is unknown after 100 failures in a row', async () => {
    const s = await start(place);
    const { id } = await s.user();
    const logins = s.t.app.get(LoginService, { strict: false });
    const device: KnownDevice = { userId: id, id: 'd1' };
    const at = (password: string, one = device) =>
      logins.withPassword('ada@example.com', password, 'bearer', { device: one });
    for (let round = 0; round < 10; round += 1) {
      for (let i = 0; i < 10; i += 1) await expect(at('wrong')).rejects.toMatchObject({ code: 'invalid_credentials' });
      if (round < 9) await expect(at(PASSWORD)).rejects.toMatchObject({ code: 'rate_limited' });
      s.clock.advance(15 * MINUTE);
    }
    const told = () => s.events.filter(({ type }) => type === 'device.disabled' || type === 'login.disabled');
    expect(told()).toMatchObject([
      { type: 'device.disabled', subject: id, details: { deviceId: 'd1', failures: 100 } },
    ]);
    // The account has no failures; the device now makes some there.
    for (let i = 0; i < 10; i += 1) await expect(at('wrong')).rejects.toMatchObject({ code: 'invalid_credentials' });
    await expect(at(PASSWORD)).rejects.toMatchObject({ code: 'rate_limited' });
    expect((await at(PASSWORD, { userId: id, id: 'd2' })).session.userId).toBe(id);
  });

  it('20 registrations an hour from one address, counted before the hash', async () => {
    const s = await start(place, BEHIND_PROXY);
    const register = (i: number, ip: string) =>
      s.client.post('/auth/register', { email: `user${i}@example.com`, password: PASSWORD }, { headers: from(ip) });
    for (let i = 0; i < 20; i += 1) expect((await register(i, '203.0.113.1')).status).toBe(201);
    expectLimited(await register(20, '203.0.113.1'), 3600);
    expect(s.hasher.calls).toBe(20);
    expect((await register(21, '203.0.113.2')).status).toBe(201);
    s.clock.advance(60 * MINUTE);
    expect((await register(20, '203.0.113.1')).status).toBe(201);
    expect(s.events.filter(({ type }) => type === 'request.throttled')).toMatchObject([
      { details: { kind: 'register' } },
    ]);
  });

  it('3 mails of a kind in 30 minutes to one mailbox', async () => {
    const s = await start(place);
    const ask = (kind: 'forgot' | 'resend', email: string) => s.limiter.consumeMail(kind, email);
    for (let i = 0; i < 3; i += 1) await ask('forgot', NOBODY);
    await expect(ask('forgot', NOBODY)).rejects.toMatchObject({
      code: 'rate_limited',
      headers: { 'Retry-After': '1800' },
    });
    await ask('resend', NOBODY);
    await ask('forgot', 'other@example.com');
    s.clock.advance(30 * MINUTE);
    await ask('forgot', NOBODY);
  });

  it('20 mails in 30 minutes for one address, whomever they go to; what a mailbox refuses is not counted', async () => {
    const s = await start(place, BEHIND_PROXY);
    const calls = ['/auth/password/forgot', '/auth/email/verify/resend'];
    const ask = (i: number, ip: string, mailbox = `user${i}@example.com`) =>
      s.client.post(calls[i % 2], { email: mailbox }, { headers: from(ip) });
    for (let i = 0; i < 6; i += 1) expect((await ask(i, '203.0.113.1', NOBODY)).status).toBe(202);
    for (let i = 0; i < 5; i += 1) expectLimited(await ask(i, '203.0.113.1', NOBODY), 1800);
    for (let i = 0; i < 14; i += 1) expect((await ask(i, '203.0.113.1')).status).toBe(202);
    const refused = await ask(14, '203.0.113.1');
    expectLimited(refused, 1800);
    expectLimited(await ask(15, '203.0.113.1'), 1800);
    expect(bodyOf(refused)).toEqual(bodyOf(await ask(0, '203.0.113.2', NOBODY)));
    expect((await ask(14, '203.0.113.2')).status).toBe(202);
    s.clock.advance(30 * MINUTE);
    expect((await ask(14, '203.0.113.1')).status).toBe(202);
    const told = s.events.filter(({ type }) => type === 'request.throttled');
    expect(told.map(({ details }) => details)).toMatchObject([
      { kind: 'forgot' },
      { kind: 'resend' },
      { kind: 'resend' },
    ]);
  });

  it('the store holds no name and no address', async () => {
    const s = await start(place);
    const { id } = await s.user();
    await s.login('ada@example.com');
    await s.login(NOBODY);
    await s.limiter.consumeMail('forgot', NOBODY);
    const { schema } = s.t.source.options as { schema?: string };
    const rows = await s.t.source.query(`SELECT * FROM ${schema ? `"${schema}".` : ''}auth_attempts`);
    expect(rows.length).toBeGreaterThanOrEqual(6);
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`example|nobody|127\\.0|${id}`));
  });

  it('DOS-04 a refused login costs no hash', async () => {
    const s = await start(place);
    await s.user();
    await s.guess('ada@example.com', 10);
    const calls = s.hasher.calls;
    const replies = await Promise.all(times(100, null).map(() => s.login('ada@example.com', PASSWORD)));
    for (const reply of replies) expectLimited(reply, 1);
    expect(s.hasher.calls).toBe(calls);
    // Refused guesses are no failures of the address.
    expect((await s.login(NOBODY)).status).toBe(401);
  });

  it('RATE-13 while the store of attempts is away nobody signs in, and afterwards the limits still hold', async () => {
    const s = await start(place);
    await s.user();
    await s.guess('ada@example.com', 9);
    const rename = async (from: string, to: string) => {
      const { schema } = s.t.source.options as { schema?: string };
      await s.t.source.query(`ALTER TABLE ${schema ? `"${schema}".` : ''}${from} RENAME TO ${to}`);
    };
    await rename('auth_attempts', 'away');
    const calls = s.hasher.calls;
    expectProblem(await s.login('ada@example.com', PASSWORD), 503, 'unavailable');
    expectProblem(await s.login(NOBODY), 503, 'unavailable');
    const body = { email: 'new@example.com', password: PASSWORD };
    expectProblem(await s.client.post('/auth/register', body), 503, 'unavailable');
    expect(s.hasher.calls).toBe(calls);
    await rename('away', 'auth_attempts');
    expect(await s.guess('ada@example.com', 2)).toEqual([401, 429]);
  });
});

/** Two nodes, and 500 guesses at once. */
async function flood(nodes: readonly [Awaited<ReturnType<typeof start>>, Awaited<ReturnType<typeof start>>]) {
  await nodes[0].user();
  const before = nodes.map(({ hasher }) => hasher.calls);
  const guesses = Array.from({ length: 500 }, (_, i) => nodes[i % 2].login('ada@example.com', `guess ${i}`));
  const replies = await Promise.all(guesses);
  const hashed = nodes.reduce((sum, { hasher }, i) => sum + hasher.calls - before[i], 0);
  expect(hashed).toBeGreaterThanOrEqual(10);
  expect(hashed).toBeLessThanOrEqual(10 + nodes.length);
  expect(replies.filter(({ status }) => status === 401)).toHaveLength(hashed);
  for (const reply of replies.filter(({ status }) => status !== 401)) expectLimited(reply);
}

// The addresses' limit is out of the way, so that the account's alone decides.
const WIDE = { rateLimits: { ip: { limit: 1000 } } };

describeOn('rate limits of two nodes', { databases: DATABASES }, (place) => {
  it('RATE-05 500 guesses at once are judged as often as the limit says, on all nodes together', async () => {
    const file = place.database === 'sqlite' ? temporaryFile() : undefined;
    const one = await start({ ...place, file }, WIDE);
    await flood([one, await start({ ...place, file, beside: one.t }, WIDE)]);
  });
});

describeIf(missingFor('redis'), 'rate limits of two nodes with Redis', () => {
  let redis: Awaited<ReturnType<typeof connectRedis>>;
  beforeEach(async () => {
    redis = await connectRedis('node-redis');
  });
  afterEach(() => redis.close());

  const options = () => ({ ...WIDE, storage: { attempts: redisAttempts(redis) } });

  it('RATE-05 500 guesses at once are judged as often as the limit says, on all nodes together', async () => {
    const one = await start({ database: 'postgres' }, options());
    await flood([one, await start({ database: 'postgres', beside: one.t }, options())]);
  });

  it('RATE-13 while Redis is away nobody signs in', async () => {
    const s = await start({ database: 'sqlite' }, options());
    await s.user();
    expect((await s.login('ada@example.com', PASSWORD)).status).toBe(200);
    const calls = s.hasher.calls;
    await redis.close();
    expectProblem(await s.login('ada@example.com', PASSWORD), 503, 'unavailable');
    expect(s.hasher.calls).toBe(calls);
    redis = await connectRedis('node-redis');
  });
});
