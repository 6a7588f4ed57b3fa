import { Child } from '../lib/child.mjs';
import { median } from '../lib/stats.mjs';

/** What importing the kit adds to an app with TypeORM and Swagger: time until it listens, and memory after. */
export async function boot(adapter, settings) {
  const rounds = { without: [], with: [] };
  // The first start reads cold files.
  await start(adapter, true);
  for (let round = 0; round < settings.boots; round += 1) {
    rounds.without.push(await start(adapter, false));
    rounds.with.push(await start(adapter, true));
  }
  const added = (field) => median(rounds.with.map((one, i) => one[field] - rounds.without[i][field]));
  const of = (kind, field) => median(rounds[kind].map((one) => one[field]));
  return {
    without: { bootMs: of('without', 'bootMs'), rss: of('without', 'rss') },
    with: { bootMs: of('with', 'bootMs'), rss: of('with', 'rss') },
    addedMs: added('bootMs'),
    addedRss: added('rss'),
  };
}

async function start(adapter, kit) {
  const server = await Child.start('server.mjs', { adapter, app: 'host', kit }, ['--expose-gc']);
  const rss = await server.ask('rss');
  await server.stop();
  return { bootMs: server.ready.bootMs, rss };
}
