import type { Socket } from 'socket.io-client';
import { Cluster } from '../support/cluster.js';
import { missingFor } from '../support/databases.js';
import { describeIf } from '../support/describe-if.js';
import { DemoProcess } from '../support/demo-process.js';
import { connectPeer } from '../support/socket-peers.js';

const LIMIT = 10;
const OTHER_PASSWORD = 'another lantern entirely';
/** So long that nothing is seen in time without the bus. */
const QUIET = { AUTHKIT_SESSION_STALENESS: '1m' };

afterAll(() => DemoProcess.stopAll());

async function logoutIsSeen(cluster: Cluster): Promise<void> {
  const { access } = await cluster.signUp('logout@example.com');
  const everywhere = () =>
    Promise.all(cluster.clients.map(async (client) => (await client.get('/notes', { token: access })).status));
  expect(await everywhere()).toEqual([200, 200]);
  const [a, b] = cluster.clients;
  expect((await a.post('/auth/logout', undefined, { token: access })).status).toBe(204);
  const loggedOut = performance.now();
  let status = 200;
  while (status === 200 && performance.now() - loggedOut < 1_000)
    ({ status } = await b.get('/notes', { token: access }));
  expect(status).toBe(401);
  expect(await everywhere()).toEqual([401, 401]);
}

/** On the second node, until the first one ends its session. */
async function logoutClosesSockets(cluster: Cluster): Promise<void> {
  const [a, b] = cluster.clients;
  const { access } = await cluster.signUp('socket@example.com');
  const peer = await connectPeer('socket.io', b.port, 'chat', { token: access });
  expect(await peer.ask('whoami')).toMatchObject({ roles: ['user'] });
  expect((await a.post('/auth/logout', undefined, { token: access })).status).toBe(204);
  const loggedOut = performance.now();
  const { problem } = await peer.ended;
  expect(performance.now() - loggedOut).toBeLessThan(1_000);
  expect(problem).toMatchObject({ status: 401, code: 'token_revoked' });
}

/** The socket is on the second node, the admin on the first. */
async function rolesReachSockets(cluster: Cluster): Promise<void> {
  const [a, b] = cluster.clients;
  const admin = await cluster.signInAdmin();
  const { access } = await cluster.signUp('roles@example.com');
  const { user } = (await a.get('/auth/me', { token: access })).body as { user: { id: string } };
  const peer = await connectPeer('socket.io', b.port, 'chat', { token: access });
  const socket = peer.raw as Socket;
  const isHeard = () =>
    new Promise<boolean>((resolve, reject) => {
      socket.once('disconnect', reject);
      socket.once('broadcast', () => resolve(true));
      socket.once('exception', () => resolve(false));
      socket.emit('broadcast', { text: 'hello' });
    });
  expect(await isHeard()).toBe(false);
  for (const [roles, expected] of [
    [['admin'], true],
    [['user'], false],
  ] as const) {
    const { status } = await a.call('PUT', `/users/${user.id}/roles`, { body: { roles }, token: admin.access });
    expect(status).toBe(200);
    const changed = performance.now();
    while ((await isHeard()) !== expected) expect(performance.now() - changed).toBeLessThan(1_000);
  }
  peer.close();
}

describe('two processes on one PostgreSQL, which is their bus too', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const env = { ...QUIET, BUS: 'postgres' };
    cluster = await Cluster.start([env, env]);
  });

  it('SESS-04 a login on one is good on the other; after a logout on one neither takes it', () =>
    logoutIsSeen(cluster));

  it('WS-03 a logout on one closes the sockets on the other, within a second', () => logoutClosesSockets(cluster));

  it('WS-03 a change of roles on one holds for the messages on the other', () => rolesReachSockets(cluster));

  it('REFR-01 50 refreshes of one token at once, over both, give one line of tokens', async () => {
    const { refresh } = await cluster.signUp('refresh@example.com');
    const refreshes = Array.from({ length: 50 }, () => cluster.refresh(refresh));
    const successors = new Set((await Promise.all(refreshes)).map((tokens) => tokens.refresh));
    expect(successors.size).toBe(1);
    const { access } = await cluster.refresh([...successors][0]);
    expect((await cluster.get('/auth/sessions', { token: access })).body.items).toHaveLength(1);
  });

  it('a link out of a mail works once, however many follow it on both', async () => {
    const email = 'link@example.com';
    await cluster.signUp(email);
    expect((await cluster.post('/auth/password/forgot', { email })).status).toBe(202);
    const token = await resetTokenOf(cluster, email);
    const resets = Array.from({ length: 4 }, () =>
      cluster.post('/auth/password/reset', { token, newPassword: OTHER_PASSWORD }),
    );
    const statuses = (await Promise.all(resets)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([204, 410, 410, 410]);
    await cluster.signIn(email, OTHER_PASSWORD);
  });

  it('both end with 0', async () => {
    expect(await cluster.stop()).toEqual([0, 0]);
  });
});

describeIf(missingFor('redis'), 'two processes on one PostgreSQL, with Redis', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    const env = { ...QUIET, BUS: 'redis', REDIS_URL: process.env['REDIS_URL']! };
    cluster = await Cluster.start([env, env]);
  });

  it('SESS-04 a login on one is good on the other; after a logout on one neither takes it', () =>
    logoutIsSeen(cluster));

  it('WS-03 a logout on one closes the sockets on the other, within a second', () => logoutClosesSockets(cluster));

  it('WS-03 a change of roles on one holds for the messages on the other', () => rolesReachSockets(cluster));

  it('RATE-05 of 500 wrong passwords at once for one account, over both, hardly more than the limit are judged', async () => {
    // Counters in Redis outlive this run.
    const email = `guessed-${Date.now()}@example.com`;
    await cluster.signUp(email);
    const guesses = Array.from({ length: 500 }, (_, n) =>
      cluster.post('/auth/login', { identifier: email, password: `guess ${n}` }),
    );
    const replies = await Promise.all(guesses);
    const statuses = replies.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    // Only a password that was judged is 401.
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(LIMIT + cluster.nodes.length);
    expect(replies.filter(({ status, headers }) => status === 429 && !Number(headers['retry-after']))).toEqual([]);
  });

  it('both end with 0', async () => {
    expect(await cluster.stop()).toEqual([0, 0]);
  });
});

/** Out of the mailbox of whichever node has sent the mail. */
async function resetTokenOf(cluster: Cluster, email: string): Promise<string> {
  for (;;) {
    for (const client of cluster.clients) {
      const { body } = await client.get('/auth/dev/mailbox', { headers: { host: 'localhost:3000' } });
      const mail = (body as { to: string; text: string }[]).find(({ to, text }) => to === email && /reset/.test(text));
      if (mail) return /nao_[\w-]{43}/.exec(mail.text)![0];
    }
  }
}
