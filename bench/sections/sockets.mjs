import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Child } from '../lib/child.mjs';
import { withDatabase } from '../lib/database.mjs';

const AT_ONCE = 200;

/**
 * Idle sockets: what each costs in memory, with the kit and without, how fast they connect, and how long until every one
 * is closed after all sessions were revoked.
 */
export async function sockets(database, settings) {
  const bare = await withDatabase(database, () => idle(database, settings.sockets, false));
  return {
    sockets: settings.sockets,
    bare,
    kit: await withDatabase(database, () => idle(database, settings.sockets, true)),
  };
}

async function idle(database, count, guarded) {
  const options = { adapter: 'express', app: 'sockets', database, guarded };
  const server = await Child.start('server.mjs', options, ['--expose-gc']);
  try {
    const tokens = await server.ask('signIn', count);
    const before = await server.ask('rss');
    const startedAt = performance.now();
    const clients = await connectAll(`ws://127.0.0.1:${server.ready.port}/chat`, tokens);
    const connectedMs = performance.now() - startedAt;
    const after = await server.ask('rss');
    const result = { perSocketKiB: ((after - before) * 1024) / count, perSecond: (count * 1000) / connectedMs };
    if (!guarded) {
      clients.forEach((client) => client.terminate());
      return result;
    }
    const ends = clients.map((client) => once(client, 'close').then(() => performance.now()));
    const cpuBefore = await server.ask('cpu');
    await server.ask('revokeEverything');
    const revokedAt = performance.now();
    const closedAt = await Promise.all(ends);
    const first = Math.min(...closedAt);
    const last = Math.max(...closedAt);
    const cpuMs = ((await server.ask('cpu')) - cpuBefore) / 1000;
    return { ...result, heardMs: first - revokedAt, closedMs: last - first, cpuMs };
  } finally {
    await server.stop();
  }
}

async function connectAll(url, tokens) {
  const clients = [];
  for (let from = 0; from < tokens.length; from += AT_ONCE) {
    const batch = tokens.slice(from, from + AT_ONCE).map(async (token) => {
      const client = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
      await once(client, 'open');
      return client;
    });
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}
