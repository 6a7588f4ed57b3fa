import { Child } from '../lib/child.mjs';
import { withDatabase } from '../lib/database.mjs';
import { call, login, post, register } from '../lib/http.mjs';
import { statementsPerCall, timed } from '../lib/load.mjs';
import { medians, paired } from '../lib/stats.mjs';

const SESSIONS = 10;

/** Refreshes, each session's line one after the other, against the same app's open route and TypeORM's bare UPDATE. */
export function refresh(adapter, database, settings) {
  return withDatabase(database, async () => {
    const server = await Child.start('server.mjs', { adapter, app: 'authkit', database, cost: 4 });
    try {
      return await measure(server, settings);
    } finally {
      await server.stop();
    }
  });
}

async function measure(server, settings) {
  const { port } = server.ready;
  await register(port, SESSIONS);
  const tokens = await Promise.all(
    Array.from({ length: SESSIONS }, async (_, n) => (await login(port, n)).body.refresh_token),
  );
  const rotate = async (lane) => {
    tokens[lane] = (await post(port, '/auth/refresh', { refreshToken: tokens[lane] })).body.refresh_token;
  };
  const rows = { refresh: [], open: [], update: [] };
  const kinds = {
    // The same client for both, so that keep-alive and concurrency are the same too.
    open: () => timed(server, settings.refreshes, SESSIONS, () => call(port, '/open')),
    refresh: () => timed(server, settings.refreshes, SESSIONS, rotate),
    update: () => server.ask('updates', settings.refreshes),
  };
  for (const run of Object.values(kinds)) await run();
  for (let round = 0; round < settings.rounds; round += 1) {
    for (const [kind, run] of Object.entries(kinds)) rows[kind].push(await run());
  }
  return {
    refresh: medians(rows.refresh),
    open: medians(rows.open),
    update: medians(rows.update),
    cpuAboveOpen: paired({ rounds: rows.refresh }, { rounds: rows.open }, (a, b) => a.cpu - b.cpu),
    statements: await statementsPerCall(server, () => rotate(0)),
  };
}
