import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { authKitEntities } from 'nest-authkit';
import { DATABASES, prepareDatabase, temporaryFile, type Database } from '../support/databases.js';
import { MailServer } from '../support/mail-server.js';
import { outboxRows } from '../support/outbox.js';
import { createTestApp, SECRET, type TestApp } from '../support/test-app.js';
import { User } from '../support/test-user.entity.js';

const FROM = 'no-reply@shop.example';

/** The built library in a process of its own, beside the app of the test. */
function startNode(t: TestApp, server: MailServer, dieAfterCommit: boolean): ChildProcess {
  const {
    driver: _driver,
    entities: _entities,
    ...database
  } = t.prepared!.options as unknown as Record<string, unknown>;
  const settings = { database, secret: SECRET, mail: { transport: server.url, from: FROM }, dieAfterCommit };
  return spawn(process.execPath, ['test/support/mail-node.mjs'], {
    env: { PATH: process.env['PATH'], MAIL_NODE: JSON.stringify(settings) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

describe.each(DATABASES)('a node that is killed (%s)', (database: Database) => {
  let t: TestApp;
  let server: MailServer;
  let node: ChildProcess;
  beforeEach(async () => {
    server = await MailServer.start();
    const file = database === 'sqlite' ? temporaryFile() : undefined;
    const prepared = await prepareDatabase(database, authKitEntities({ userEntity: User }), { file });
    t = await createTestApp({
      database,
      prepared,
      authkit: { mail: { transport: server.url, from: FROM } },
    });
    // The other node is the one that sends.
    await t.mailroom.workers[0].beforeApplicationShutdown();
    await t.kit.user({ email: 'ada@example.com' });
  });
  afterEach(async () => {
    node.kill('SIGKILL');
    await t.close();
    await server.stop();
  });

  /** Another node, later. */
  const revive = async (advance: `${number}m` | '0s') => {
    server.behaviour = 'accept';
    t.clock.advance(advance);
    const next = await createTestApp({
      database,
      beside: t,
      authkit: { mail: { transport: server.url, from: FROM } },
    });
    await next.mailroom.workers.at(-1)!.drain();
    await next.close();
  };

  it('between the commit and the claim loses no mail', async () => {
    node = startNode(t, server, true);
    const [code, signal] = (await once(node, 'exit')) as [number | null, string | null];
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await outboxRows(t)).toMatchObject([{ attempts: 0, claim: null }]);
    await revive('1m');
    expect(server.received).toMatchObject([{ to: ['ada@example.com'] }]);
    expect(await outboxRows(t)).toEqual([]);
  });

  it('between the claim and the answer of the mail server loses no mail; it is sent again under the same id', async () => {
    server.behaviour = 'hang';
    const arrived = server.nextMail();
    node = startNode(t, server, false);
    await arrived;
    node.kill('SIGKILL');
    await once(node, 'exit');
    const [row] = await outboxRows(t);
    expect(row).toMatchObject({ attempts: 1, claim: expect.any(String) });
    await revive('4m');
    expect(server.received).toEqual([]);
    await revive('2m');
    expect(server.received.map(({ headers }) => headers['message-id'])).toEqual([[`<${row.id}@shop.example>`]]);
    expect(await outboxRows(t)).toEqual([]);
  });
});
