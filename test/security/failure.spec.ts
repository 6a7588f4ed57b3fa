import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import {
  authKitEntities,
  AuthKitHealthIndicator,
  ReadinessService,
  RevocationBus,
  type BusLine,
  type SignIn,
} from 'nest-authkit';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { expectProblem } from '../support/attack.js';
import { Cluster, tokensOf, type Tokens } from '../support/cluster.js';
import { missingFor, prepareDatabase } from '../support/databases.js';
import { DemoProcess } from '../support/demo-process.js';
import { describeIf } from '../support/describe-if.js';
import { TcpGate } from '../support/tcp-gate.js';
import { createTestApp, PASSWORD, type TestApp } from '../support/test-app.js';
import { User } from '../support/test-user.entity.js';

afterAll(() => DemoProcess.stopAll());

/** Calls until the answer has this status; what it was, and the others before it. */
async function until<R extends { status: number }>(status: number, call: () => Promise<R>): Promise<[R, number[]]> {
  const before: number[] = [];
  for (;;) {
    const reply = await call();
    if (reply.status === status) return [reply, before];
    before.push(reply.status);
  }
}

describe('two processes whose PostgreSQL goes away', () => {
  let gate: TcpGate;
  let cluster: Cluster;
  let ada: Tokens;
  beforeAll(async () => {
    gate = await TcpGate.before(process.env['DATABASE_URL']!, 5432);
    const env = { BUS: 'postgres', AUTHKIT_SESSION_STALENESS: '1s', DATABASE_URL: gate.url };
    cluster = await Cluster.start([env, env]);
    ada = await cluster.signUp('ada@example.com');
  });
  afterAll(() => gate.close());

  it('FAIL-01 serve what they know for as long as the staleness, then refuse with 503, and recover by themselves', async () => {
    const [a] = cluster.clients;
    const guarded = () => a.get('/auth/sessions', { token: ada.access });
    const cached = () => a.get('/notes/all', { token: ada.access });
    const known = await cached();
    gate.cut();
    const cut = performance.now();
    expect((await cached()).status).toBe(known.status);
    expectProblem(await guarded(), 503, 'unavailable');
    const [refused, before] = await until(503, cached);
    expect(performance.now() - cut).toBeLessThan(3_000);
    expect(new Set(before)).toEqual(new Set([known.status]));
    expectProblem(refused, 503, 'unavailable');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const login = await cluster.post('/auth/login', { identifier: 'ada@example.com', password: PASSWORD });
    expectProblem(login, 503, 'unavailable');
    expectProblem(await cluster.post('/auth/refresh', { refreshToken: ada.refresh }), 503, 'unavailable');

    gate.heal();
    const [, meanwhile] = await until(200, guarded);
    expect(new Set([503, ...meanwhile])).toEqual(new Set([503]));
    // Nothing acknowledged is lost, and what failed had no effect.
    ada = await cluster.refresh(ada.refresh);
    await cluster.signIn('ada@example.com');
  });

  it('a node killed in a storm of refreshes costs nobody a session', async () => {
    const [a, b] = cluster.nodes;
    const clients = await Promise.all(
      Array.from({ length: 4 }, async (_, n) => ({ tokens: await cluster.signUp(`storm${n}@example.com`) })),
    );
    let refreshes = 0;
    let killed: Promise<unknown> | undefined;
    const storm = async (client: { tokens: Tokens }) => {
      // Each goes on with the other node once its own is gone, with the token it has.
      for (let node = a, rest = 10; rest > 0;) {
        const call = node.client.post('/auth/refresh', { refreshToken: client.tokens.refresh });
        const reply = await call.catch(() => null);
        if (!reply) {
          node = b;
          continue;
        }
        client.tokens = tokensOf(reply);
        if (node === b) rest -= 1;
        if ((refreshes += 1) === 60) killed = a.stop('SIGKILL');
      }
    };
    await Promise.all(clients.map(storm));
    await killed;
    for (const { tokens } of clients) {
      const sessions = await b.client.get('/auth/sessions', { token: tokens.access });
      expect(sessions.body.items).toHaveLength(1);
    }
    // An unhandled rejection would have ended it before, with 1.
    expect((await cluster.stop())[1]).toBe(0);
  });
});

describeIf(missingFor('redis'), 'two processes whose Redis goes away', () => {
  let gate: TcpGate;
  let cluster: Cluster;
  let redis: Redis;
  beforeAll(async () => {
    // A database of its own, which this suite may flush.
    const url = new URL(process.env['REDIS_URL']!);
    url.pathname = '/9';
    redis = new Redis(url.href);
    gate = await TcpGate.before(url.href, 6379);
    const env = { BUS: 'redis', REDIS_URL: gate.url, AUTHKIT_SESSION_STALENESS: '1s' };
    cluster = await Cluster.start([env, env]);
  });
  afterAll(() => {
    redis.disconnect();
    gate.close();
  });

  it('FAIL-02 what was revoked stays so when Redis has lost everything', async () => {
    const { access, refresh } = await cluster.signUp('flushed@example.com');
    await cluster.post('/auth/logout', undefined, { token: access });
    await redis.flushdb();
    for (const client of cluster.clients) {
      await until(401, () => client.get('/notes', { token: access }));
      expectProblem(await client.post('/auth/refresh', { refreshToken: refresh }), 401, 'token_revoked');
    }
  });

  it('FAIL-01 refuse passwords, go on for who is signed in, revoke within the staleness, and recover', async () => {
    const [a, b] = cluster.clients;
    let ada = await cluster.signUp('ada@example.com');
    gate.cut();
    const login = () => cluster.post('/auth/login', { identifier: 'ada@example.com', password: PASSWORD });
    expectProblem(await login(), 503, 'unavailable');
    ada = await cluster.refresh(ada.refresh);
    const onB = () => b.get('/notes', { token: ada.access });
    expect((await onB()).status).toBe(200);
    expect((await a.post('/auth/logout', undefined, { token: ada.access })).status).toBe(204);
    const loggedOut = performance.now();
    const [, before] = await until(401, onB);
    expect(performance.now() - loggedOut).toBeLessThan(2_000);
    expect(new Set([200, ...before])).toEqual(new Set([200]));

    gate.heal();
    const [, meanwhile] = await until(200, login);
    expect(new Set([503, ...meanwhile])).toEqual(new Set([503]));
    expect(await cluster.stop()).toEqual([0, 0]);
  });
});

/** Keeps what it is given until the test has it delivered, late, again or never. */
class SlowBus extends RevocationBus {
  static readonly mail: string[] = [];
  static readonly lines = new Set<BusLine>();
  private line?: BusLine;

  static deliver(messages: readonly string[]): void {
    for (const line of SlowBus.lines) for (const message of messages) line.receive(message);
  }

  override open(line: BusLine): Promise<void> {
    SlowBus.lines.add((this.line = line));
    return Promise.resolve();
  }

  override publish(message: string): Promise<void> {
    SlowBus.mail.push(message);
    return Promise.resolve();
  }

  override close(): void {
    if (this.line) SlowBus.lines.delete(this.line);
  }
}

describe('two nodes whose bus loses, doubles and mixes up messages', () => {
  let a: TestApp;
  let b: TestApp;
  beforeAll(async () => {
    a = await createTestApp({ database: 'postgres', authkit: { bus: new SlowBus() } });
    b = await createTestApp({ database: 'postgres', authkit: { bus: new SlowBus() }, beside: a });
  });
  afterAll(async () => {
    await b.close();
    await a.close();
  });

  it('FAIL-09 agree with the database in the end, and no message revives or ends a session', async () => {
    const user = await a.kit.user({ email: 'ada@example.com', roles: ['user'] });
    const signIn = (): Promise<SignIn> => a.auth.issueFor(user);
    const onB = async ({ accessToken }: SignIn) => {
      const { status, body } = await b.client.get('/probe/principal', { token: accessToken });
      return status === 200 ? (body.roles as string[]) : status;
    };
    const [first, second] = [await signIn(), await signIn()];
    expect([await onB(first), await onB(second)]).toEqual([['user'], ['user']]);

    await a.auth.revoke(first.sessionId);
    await a.auth.setRoles(user.id, ['user', 'editor']);
    await a.auth.setRoles(user.id, ['user']);
    const lost = SlowBus.mail.splice(0);
    expect(lost).toHaveLength(3);
    // Lost, it is found by the change feed.
    expect(await onB(first)).toEqual(['user']);
    await b.app.get(ChangeFeed, { strict: false }).poll();
    expect([await onB(first), await onB(second)]).toEqual([401, ['user']]);

    // Late, backwards and twice: who is out stays out, who is in stays in.
    const third = await signIn();
    SlowBus.deliver([...lost].reverse());
    SlowBus.deliver([...lost, 'nonsense', ...lost]);
    expect([await onB(first), await onB(second), await onB(third)]).toEqual([401, ['user'], ['user']]);
  });
});

describe('a node and its PostgreSQL', () => {
  it('FAIL-01 a server that has fallen silent is 503 as soon as the driver gives up', async () => {
    const gate = await TcpGate.before(process.env['DATABASE_URL']!, 5432);
    const { options, drop } = await prepareDatabase('postgres', authKitEntities({ userEntity: User }));
    const silent = { ...options, url: gate.url, extra: { query_timeout: 300 } };
    const t = await createTestApp({ database: 'postgres', prepared: { options: silent as typeof options, drop } });
    const user = await t.signUp('ada@example.com');
    const call = () => t.client.get('/probe/principal', { token: user.accessToken });
    expect((await call()).status).toBe(200);
    gate.silence();
    t.clock.advance(4_999);
    expect((await call()).status).toBe(200);
    t.clock.advance(1);
    expectProblem(await call(), 503, 'unavailable');
    gate.cut();
    gate.heal();
    await until(200, call);
    await t.close();
    gate.close();
  });

  it('a clock that is ten minutes off is told to who asks, and the database’s is used', async () => {
    const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const now = Date.now.bind(Date);
    const wrong = jest.spyOn(Date, 'now').mockImplementation(() => now() + 600_000);
    const t = await createTestApp({ database: 'postgres', realClock: true });
    const { iat } = t.auth.verifyAccessToken((await t.signUp('ada@example.com')).accessToken);
    expect(Math.abs(iat * 1000 - now())).toBeLessThan(60_000);
    const problem = "the clock is more than a minute off the database's";
    expect(t.app.get(ReadinessService).problems()).toEqual([problem]);
    expect(t.app.get(AuthKitHealthIndicator).isHealthy('auth')).toEqual({
      auth: { status: 'down', problems: [problem] },
    });
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/clock is -?\d{6} ms off/));
    wrong.mockRestore();
    expect(t.app.get(ReadinessService).problems()).toEqual([]);
    await t.close();
  });
});
