import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AuthKitModule, AuthKitError, SecondFactor, type AuthUser } from 'nest-authkit';
import {
  createTestAuth,
  fastPasswords,
  FixedClock,
  memoryStorage,
  OutboxWorker,
  withFixedClock,
} from 'nest-authkit/testing';
import request from 'supertest';
import { AfterReply } from '../../libs/authkit/src/kernel/after-reply.js';
import { Client } from '../support/client.js';
import { ProbeController } from '../support/probe.controller.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const TRANSPORTS = ['bearer', 'cookie'] as const;

describeOn('createTestAuth', { databases: ['memory', 'sqlite'] }, (place) => {
  let t: TestApp;
  beforeAll(async () => (t = await createTestApp(place)));
  afterAll(() => t.close());

  it.each(TRANSPORTS)('acts as a new user, by %s, in a session like any other', async (transport) => {
    const acting = await t.kit.actingAs('new user', { roles: ['editor'], transport });
    const { headers, sessionId, user } = acting;
    const reply = await t.client.get('/probe/principal', { headers: { ...headers } });
    expect([reply.status, reply.body]).toEqual([
      200,
      {
        ...{ kind: 'user', id: user.id, sessionId, amr: ['pwd'] },
        ...{ roles: ['editor'], permissions: ['posts:*'], authenticatedAt: t.clock.now() },
      },
    ]);
    const { body } = await t.client.get('/auth/sessions', { headers: { ...headers } });
    expect(body.items).toMatchObject([{ id: sessionId, current: true }]);
    expect((await t.client.get('/probe/admin', { headers: { ...headers } })).status).toBe(403);
  });

  it.each(TRANSPORTS)('gives headers that pass the CSRF check of a changing call, by %s', async (transport) => {
    const { headers } = await t.kit.actingAs('new user', { transport });
    const reply = await t.client.post('/probe/echo', { a: 1 }, { headers: { ...headers } });
    expect([reply.status, reply.body.body]).toEqual([201, { a: 1 }]);
  });

  it('does not switch the CSRF check off: the same cookies without the Origin are refused', async () => {
    const { headers } = await t.kit.actingAs('new user', { transport: 'cookie' });
    const reply = await t.client.post('/probe/echo', {}, { cookie: headers['cookie'] });
    expect([reply.status, reply.body.code]).toEqual([403, 'csrf_origin_missing']);
  });

  it('makes an account with what is asked for, and sensible values for the rest', async () => {
    const plain = await t.kit.user();
    expect(plain).toMatchObject({ username: null, emailVerified: true, active: true, roles: ['user'] });
    const wanted = { email: 'Ada@Example.com', username: 'Ada', emailVerified: false, roles: [], fullName: 'Ada L' };
    expect(await t.kit.user(wanted)).toMatchObject({
      ...{ email: 'ada@example.com', username: 'ada', emailVerified: false, roles: [], fullName: 'Ada L' },
    });
    expect((await t.kit.user({ active: false })).active).toBe(false);
    await expect(t.kit.user({ email: 'no address' })).rejects.toThrow(/'no address' is no e-mail address/);
    await expect(t.kit.user({ username: 'x' })).rejects.toThrow(/'x' is no username/);
  });

  it('waits for what goes on after replies, and until its mails are sent', async () => {
    const { email } = await t.kit.user();
    await t.client.post('/auth/password/forgot', { email });
    let release = () => {};
    const slow = new Promise<void>((resolve) => void (release = resolve));
    t.app.get(AfterReply, { strict: false }).run('a test', () => slow);
    const order: string[] = [];
    const settled = t.kit.settled().then(() => void order.push('settled'));
    // Long enough for all else to be done.
    for (let i = 0; i < 3; i += 1) await t.app.get(OutboxWorker, { strict: false }).drain();
    order.push('slow');
    release();
    await settled;
    expect(order).toEqual(['slow', 'settled']);
    expect(t.mailroom.mailbox.mails.filter(({ to }) => to === email)).toHaveLength(1);
  });

  it('lets an account log in by password only when it was given one', async () => {
    const able = await t.kit.user({ password: PASSWORD });
    const unable = await t.kit.user();
    const login = async ({ email }: AuthUser) =>
      (await t.client.post('/auth/login', { identifier: email, password: PASSWORD })).status;
    expect([await login(able), await login(unable)]).toEqual([200, 401]);
  });

  it('gives an existing user other roles, the last administrator too, in sessions there already are', async () => {
    const user = await t.kit.user({ roles: ['admin'] });
    const before = await t.kit.actingAs(user);
    const status = async () => (await t.client.get('/probe/admin', { headers: { ...before.headers } })).status;
    expect(await status()).toBe(200);
    expect((await t.kit.actingAs(user, { roles: ['editor'] })).user.roles).toEqual(['editor']);
    expect(await status()).toBe(403);
  });

  it('says how and when the user has signed in, never later than now', async () => {
    const hourAgo = new Date(t.clock.now() - 3_600_000);
    const { headers } = await t.kit.actingAs('new user', { amr: ['pwd', 'otp'], authenticatedAt: hourAgo });
    const { body } = await t.client.get('/probe/principal', { headers: { ...headers } });
    expect(body).toMatchObject({ amr: ['pwd', 'otp'], authenticatedAt: hourAgo.getTime() });
    const ahead = await t.kit.actingAs('new user', { authenticatedAt: new Date(t.clock.now() + 60_000) });
    const reply = await t.client.get('/probe/principal', { headers: { ...ahead.headers } });
    expect(reply.body.authenticatedAt).toBe(t.clock.now());
  });

  it.each(TRANSPORTS)(
    'expires an access token, after which the refresh token still works, by %s',
    async (transport) => {
      const acting = await t.kit.actingAs('new user', { transport });
      const headers = { ...acting.headers };
      t.kit.expireAccessToken(acting);
      const late = await t.client.get('/probe/undecorated', { headers });
      expect([late.status, late.body.code]).toEqual([401, 'token_expired']);
      const inBody = transport === 'bearer' ? { refreshToken: acting.refreshToken } : {};
      expect((await t.client.post('/auth/refresh', inBody, { headers })).status).toBe(200);
    },
  );

  it.each(TRANSPORTS)('expires a session, after which nothing works, by %s', async (transport) => {
    const acting = await t.kit.actingAs('new user', { transport });
    await t.kit.expireSession(acting);
    const inBody = transport === 'bearer' ? { refreshToken: acting.refreshToken } : {};
    const reply = await t.client.post('/auth/refresh', inBody, { headers: { ...acting.headers } });
    expect([reply.status, reply.body.code]).toEqual([401, 'token_expired']);
  });

  it('does not move the clock back to expire what has expired', async () => {
    const acting = await t.kit.actingAs('new user');
    t.clock.advance('365d');
    const now = t.clock.now();
    t.kit.expireAccessToken(acting);
    await t.kit.expireSession(acting);
    expect(t.clock.now()).toBe(now);
  });

  it('ends a session, once', async () => {
    const acting = await t.kit.actingAs('new user');
    expect(await t.kit.revoke(acting)).toBe(true);
    const reply = await t.client.get('/probe/undecorated', { headers: { ...acting.headers } });
    expect([reply.status, reply.body.code]).toEqual([401, 'token_revoked']);
    expect(await t.kit.revoke(acting)).toBe(false);
  });

  it('signs nobody in whom a login would refuse', async () => {
    await expect(t.kit.actingAs(await t.kit.user({ active: false }))).rejects.toMatchObject({
      code: 'invalid_credentials',
    });
    await expect(t.kit.actingAs({ id: 'nobody' })).rejects.toThrow('TestAuth: the user store has no user nobody');
  });

  it('records the events of the app', async () => {
    const from = t.kit.events.length;
    const { user, sessionId } = await t.kit.actingAs('new user');
    await t.auth.setActive(user.id, false);
    expect(t.kit.events.slice(from).map(({ type, subject }) => [type, subject])).toEqual([
      ['session.issued', user.id],
      ['login.succeeded', user.id],
      ['session.revoked', user.id],
      ['user.deactivated', user.id],
    ]);
    expect(t.kit.events[from].sessionId).toBe(sessionId);
  });
});

describe('createTestAuth on other apps', () => {
  let t: TestApp;
  afterEach(() => t.close());

  it('uses the transport the app uses, and refuses one that is switched off', async () => {
    t = await createTestApp({ authkit: { credentials: { header: false } } });
    const { headers } = await t.kit.actingAs('new user');
    expect((await t.client.get('/probe/undecorated', { headers: { ...headers } })).status).toBe(200);
    await expect(t.kit.actingAs('new user', { transport: 'bearer' })).rejects.toMatchObject({
      problem: { errors: [{ field: 'transport', code: 'switched_off' }] },
    });
  });

  it('leaves a second factor in force, which `amr` can satisfy', async () => {
    class DoorCode extends SecondFactor {
      override demand(_user: AuthUser, amr: readonly string[]) {
        return amr.includes('otp') ? null : new AuthKitError('invalid_credentials', { detail: 'Give the door code.' });
      }
    }
    t = await createTestApp({ authkit: { features: [{ name: 'door-code', secondFactor: DoorCode }] } });
    await expect(t.kit.actingAs('new user')).rejects.toThrow('Give the door code.');
    expect((await t.kit.actingAs('new user', { amr: ['pwd', 'otp'] })).sessionId).toEqual(expect.any(String));
  });

  it('says what to do where the clock is not a fixed one', async () => {
    t = await createTestApp({ realClock: true });
    const acting = await t.kit.actingAs('new user');
    expect(() => t.kit.clock).toThrow(/Call withFixedClock\(builder\) before builder\.compile\(\)/);
    expect(() => t.kit.expireAccessToken(acting)).toThrow(/real clock/);
    await expect(t.kit.expireSession({ sessionId: 'none' })).rejects.toThrow('there is no session none');
  });
});

describe('a host’s own test of an Express app, without TypeORM', () => {
  let app: INestApplication;
  afterEach(() => app.close());

  async function start() {
    const builder = Test.createTestingModule({
      imports: [AuthKitModule.forRoot({ storage: memoryStorage(), passwords: fastPasswords() })],
      controllers: [ProbeController],
    });
    const clock = withFixedClock(builder, 1_800_000_000_000);
    const module = await builder.compile();
    app = module.createNestApplication({ logger: false });
    await app.init();
    return { auth: createTestAuth(app), clock };
  }

  it.each(TRANSPORTS)('calls it by supertest, with headers per request or for all, by %s', async (transport) => {
    const { auth, clock } = await start();
    expect(auth.clock).toBe(clock);
    const admin = await auth.actingAs('new user', { roles: ['admin'], transport });
    await request(app.getHttpServer()).get('/probe/admin').expect(401);
    await request(app.getHttpServer()).get('/probe/admin').set(admin.headers).expect(200);
    const agent = request.agent(app.getHttpServer()).set(admin.headers);
    await agent.post('/probe/echo').send({ a: 1 }).expect(201);
    await agent.post('/auth/logout').expect(204);
    await agent.get('/probe/admin').expect(401);
  });

  it.each(TRANSPORTS)('calls it by fetch once it listens, by %s', async (transport) => {
    const { auth } = await start();
    await app.listen(0, '127.0.0.1');
    const { headers } = await auth.actingAs('new user', { transport });
    const url = `http://127.0.0.1:${Client.of(app).port}/probe/echo`;
    const reply = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(reply.status).toBe(201);
  });
});

describe('a host’s own test of a Fastify app that does not listen', () => {
  it.each(TRANSPORTS)('calls it by inject, by %s', async (transport) => {
    const script = 'test/support/fastify-inject.mjs';
    const { stdout } = await promisify(execFile)(process.execPath, [script, transport]);
    expect(JSON.parse(stdout)).toEqual({ anonymous: 401, admin: 200, user: 403, change: 201, late: 401 });
  });
});

describe('nest-authkit/testing', () => {
  it('loads neither TypeORM nor a test runner', async () => {
    const script = `require('reflect-metadata'); require('nest-authkit/testing');
      console.log(JSON.stringify(Object.keys(require.cache)));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=commonjs', '--eval', script]);
    const packages = [...stdout.matchAll(/node_modules\/((?:@[^/]+\/)?[^/"]+)/g)].map(([, name]) => name);
    expect(packages).toContain('@nestjs/common');
    expect(
      packages.filter((name) => /typeorm|jest|vitest|supertest|@nestjs\/testing|passport|argon2/.test(name)),
    ).toEqual([]);
  });
});

describe('FixedClock', () => {
  it('moves by milliseconds and by text, and by nothing else', () => {
    const clock = new FixedClock(1_000);
    clock.advance(5);
    clock.advance('2s');
    clock.advance(-1_000);
    expect(clock.now()).toBe(2_005);
    expect(() => clock.advance('soon' as '1s')).toThrow(/milliseconds or text such as '16m', not 'soon'/);
  });
});
