import { Child } from '../lib/child.mjs';
import { call, register, sessionHeaders } from '../lib/http.mjs';
import { hammer, statementsPerCall } from '../lib/load.mjs';
import { medians } from '../lib/stats.mjs';

/** One request of each kind of app, on one adapter; every round measures every row once. */
export async function guarded(adapter, settings) {
  const start = (app, options) => Child.start('server.mjs', { adapter, app, ...options });
  const bare = await start('bare');
  const cached = await start('authkit', { check: 'cached' });
  const always = await start('authkit', { check: 'always' });
  const docs = await start('docs-guard');
  const passport = await start('passport');
  const keyObject = await start('key-object');
  const servers = [bare, cached, always, docs, passport, keyObject];
  try {
    const rows = [
      row('bare', 'Nest without any guard', bare, '/open'),
      row('open', 'nest-authkit: @Public() route', cached, '/open'),
      row('bearer', 'nest-authkit: bearer, cached', cached, '/guarded', await sessionOf(cached, 'bearer')),
      row(
        'cookie',
        'nest-authkit: cookie, cached',
        cached,
        '/guarded',
        await sessionHeaders(cached.ready.port, 0, 'cookie'),
      ),
      row('always', 'nest-authkit: bearer, always', always, '/guarded', await sessionOf(always, 'bearer')),
      row('docs', "Nest docs' guard (verifyAsync)", docs, '/guarded', await tokenOf(docs)),
      row('passport', 'passport-jwt recipe', passport, '/guarded', await tokenOf(passport)),
      row('keyObject', 'hand-written KeyObject guard', keyObject, '/guarded', await tokenOf(keyObject)),
    ];
    for (const { server, target } of rows) await hammer(server, target, settings.warmUpSeconds);
    for (let round = 0; round < settings.rounds; round += 1) {
      for (const { server, target, rounds } of rows) rounds.push(await hammer(server, target, settings.seconds));
    }
    return await Promise.all(rows.map(summary));
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const row = (id, name, server, path, headers) => ({ id, name, server, target: { path, headers }, rounds: [] });

async function summary({ id, name, server, target, rounds }) {
  const ours = ['open', 'bearer', 'cookie', 'always'].includes(id);
  const once = () => call(server.ready.port, target.path, target);
  return {
    id,
    name,
    rounds,
    ...medians(rounds),
    rss: await server.ask('rss'),
    ...(ours && { statements: await statementsPerCall(server, once) }),
  };
}

async function sessionOf(server, transport) {
  await register(server.ready.port, 1);
  return sessionHeaders(server.ready.port, 0, transport);
}

async function tokenOf(server) {
  return { authorization: `Bearer ${await server.ask('token')}` };
}
