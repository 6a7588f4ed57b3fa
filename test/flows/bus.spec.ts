import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import { AuthKitHealthIndicator, postgresBus, type RevocationBus } from 'nest-authkit';
import { redisBus } from 'nest-authkit/redis';
import { BusLink } from '../../libs/authkit/src/bus/bus-link.js';
import { SessionCache, type Forgotten } from '../../libs/authkit/src/sessions/session-cache.js';
import { UnitOfWork } from '../../libs/authkit/src/storage/unit-of-work.js';
import { missingFor } from '../support/databases.js';
import { describeIf } from '../support/describe-if.js';
import { TcpGate } from '../support/tcp-gate.js';
import { createTestApp, type TestApp } from '../support/test-app.js';

interface NodeBus {
  bus: RevocationBus;
  close(): void;
}

const BUSES: [string, string | null, string, number, (url: string) => Promise<NodeBus>][] = [
  [
    'PostgreSQL',
    null,
    'DATABASE_URL',
    5432,
    (url) => Promise.resolve({ bus: postgresBus({ url }), close: () => undefined }),
  ],
  [
    'Redis by ioredis',
    missingFor('redis'),
    'REDIS_URL',
    6379,
    async (url) => {
      const client = new Redis(url, { lazyConnect: true }).on('error', () => undefined);
      await client.connect();
      return { bus: redisBus({ client }), close: () => client.disconnect() };
    },
  ],
  [
    'Redis by node-redis',
    missingFor('redis'),
    'REDIS_URL',
    6379,
    async (url) => {
      const client = createClient({ url }).on('error', () => undefined);
      await client.connect();
      return { bus: redisBus({ client }), close: () => client.destroy() };
    },
  ],
];

/** The next thing that a node reads again because another said so, or because it cannot know. */
function nextDrop(node: TestApp): Promise<Forgotten> {
  return new Promise((resolve) => {
    const stop = node.app.get(SessionCache, { strict: false }).watch((forgotten) => {
      stop();
      resolve(forgotten);
    });
  });
}

/** Resolves when the log has this. */
function logged(words: RegExp): Promise<void> {
  return new Promise((resolve) => {
    const spy = jest.spyOn(Logger.prototype, 'warn').mockImplementation((message: string) => {
      if (!words.test(message)) return;
      spy.mockRestore();
      resolve();
    });
  });
}

// The change feed is half a minute behind here, so that what is seen at once has come by the bus.
const authkit = (bus: RevocationBus) => ({ bus, session: { staleness: '1m' as const } });

for (const [name, missing, variable, port, make] of BUSES) {
  describeIf(missing, `two nodes with a bus on ${name}`, () => {
    let gate: TcpGate;
    let buses: NodeBus[];
    let a: TestApp;
    let b: TestApp;
    beforeAll(async () => {
      const url = process.env[variable]!;
      gate = await TcpGate.before(url, port);
      buses = [await make(url), await make(gate.url)];
      a = await createTestApp({ database: 'postgres', authkit: authkit(buses[0].bus) });
      b = await createTestApp({ database: 'postgres', authkit: authkit(buses[1].bus), beside: a });
    });
    afterAll(async () => {
      await b.close();
      await a.close();
      buses.forEach((bus) => bus.close());
      gate.close();
    });

    let count = 0;
    const seenByB = async () => {
      const user = await a.signUp(`user${(count += 1)}@example.com`, ['user']);
      const call = () => b.client.get('/probe/principal', { token: user.accessToken });
      expect((await call()).status).toBe(200);
      return { ...user, call };
    };
    const health = () => b.app.get(AuthKitHealthIndicator).isHealthy();

    it('a revocation on one is in force on the other when it hears of it', async () => {
      const user = await seenByB();
      const drop = nextDrop(b);
      await a.auth.revoke(user.sessionId);
      expect(await drop).toEqual({ sessionId: user.sessionId });
      expect((await user.call()).body.code).toBe('token_revoked');
    });

    it.each([
      ['a change of roles', (id: string) => a.auth.setRoles(id, ['user', 'editor']), 200],
      ['a deactivation', (id: string) => a.auth.setActive(id, false), 401],
      ['what the host changes itself', (id: string) => a.auth.forgetUser(id), 200],
    ])('%s is read again by the other', async (_what, change, status) => {
      const user = await seenByB();
      const drop = nextDrop(b);
      await change(user.id);
      expect(await drop).toEqual({ userId: user.id });
      expect((await user.call()).status).toBe(status);
    });

    it.each(['cut', 'silence'] as const)(
      'after a %s of the network it knows, serves on, and reads everything again once it is back',
      async (how) => {
        const user = await seenByB();
        const down = logged(/the bus is down/);
        gate[how]();
        const link = b.app.get(BusLink, { strict: false });
        // As time would do: the first beat is not heard by the second.
        if (how === 'silence') for (let n = 0; n < 2; n += 1) await link.beat();
        await down;
        expect(health()).toEqual({
          authkit: { status: 'up', warnings: ['the bus is down; changes by other nodes are seen within 60000 ms'] },
        });
        await a.auth.revoke(user.sessionId);
        // Not known here, and no longer hidden than the staleness says.
        expect((await user.call()).status).toBe(200);
        const drop = nextDrop(b);
        gate.heal();
        expect(await drop).toBe('everything');
        expect(health()).toEqual({ authkit: { status: 'up' } });
        expect((await user.call()).body.code).toBe('token_revoked');
      },
    );
  });
}

describe('postgresBus()', () => {
  it('tells of what happens in a unit of work when that is committed, and of nothing when it is not', async () => {
    const a = await createTestApp({ database: 'postgres', authkit: authkit(postgresBus()) });
    const b = await createTestApp({ database: 'postgres', authkit: authkit(postgresBus()), beside: a });
    const dropped: Forgotten[] = [];
    b.app.get(SessionCache, { strict: false }).watch((forgotten) => dropped.push(forgotten));
    const cache = a.app.get(SessionCache, { strict: false });
    const unit = a.app.get(UnitOfWork, { strict: false });
    const failed = unit.run(async () => {
      await cache.forgetUser('rolled-back');
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    const drop = nextDrop(b);
    await unit.run(() => cache.forgetUser('committed'));
    expect(await drop).toEqual({ userId: 'committed' });
    expect(dropped).toEqual([{ userId: 'committed' }]);
    await b.close();
    await a.close();
  });

  it('is refused at boot on another database', async () => {
    const booting = createTestApp({ database: 'sqlite', authkit: authkit(postgresBus()) });
    await expect(booting).rejects.toThrow(/postgresBus\(\) needs a DataSource on PostgreSQL/);
  });
});
