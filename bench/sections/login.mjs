import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../lib/child.mjs';
import { call, login as logIn, register, sessionHeaders } from '../lib/http.mjs';
import { statementsPerCall, timed } from '../lib/load.mjs';
import { median, medians, paired, quantile } from '../lib/stats.mjs';

const CONCURRENT = 20;
const PROBE = CONCURRENT;
const PROBE_EVERY_MS = 5;
const COST = 12;
/** Cheap enough for the rest of a login to stand out beside the hash. */
const CHEAP_COST = 4;

/** Logins against the bare hash on the same core, what a login costs besides, and what a flood does to other calls. */
export async function login(adapter, settings) {
  const server = await Child.start('server.mjs', { adapter, app: 'authkit', cost: COST });
  const cheap = await Child.start('server.mjs', { adapter, app: 'authkit', cost: CHEAP_COST });
  const hash = await Child.start('bare-hash.mjs', { cost: COST });
  const cheapHash = await Child.start('bare-hash.mjs', { cost: CHEAP_COST });
  try {
    for (const one of [server, cheap]) await register(one.ready.port, CONCURRENT + 1);
    const flood = (target, count) => timed(target, count, CONCURRENT, (lane) => logIn(target.ready.port, lane));
    await flood(server, CONCURRENT);
    await flood(cheap, settings.cheapLogins);

    const rows = { login: [], hash: [], cheap: [], cheapHash: [] };
    for (let round = 0; round < settings.rounds; round += 1) {
      rows.hash.push(await hash.ask('hash', settings.logins));
      rows.login.push(await flood(server, settings.logins));
      rows.cheapHash.push(await cheapHash.ask('hash', settings.cheapLogins));
      rows.cheap.push(await flood(cheap, settings.cheapLogins));
    }
    const probe = await sessionHeaders(server.ready.port, PROBE, 'bearer');
    return {
      login: medians(rows.login),
      hash: medians(rows.hash),
      ratio: paired({ rounds: rows.login }, { rounds: rows.hash }, (a, b) => a.perSecond / b.perSecond),
      cpuBesidesHash: median(rows.cheap.map(({ cpu }, i) => cpu - rows.cheapHash[i].cpu)),
      statements: await statementsPerCall(cheap, () => logIn(cheap.ready.port, 0)),
      quiet: await latencies(server, probe, settings.floodSeconds),
      flooded: await duringFlood(server, () => latencies(server, probe, settings.floodSeconds)),
      rss: await server.ask('rss'),
    };
  } finally {
    await Promise.all([server, cheap, hash, cheapHash].map((one) => one.stop()));
  }
}

async function duringFlood(server, work) {
  let over = false;
  const lane = async (n) => {
    while (!over) await logIn(server.ready.port, n);
  };
  const lanes = Promise.all(Array.from({ length: CONCURRENT }, (_, n) => lane(n)));
  await sleep(500);
  const result = await work();
  over = true;
  await lanes;
  return result;
}

/** Latency of a guarded route, called at a steady pace whatever the answers take. */
async function latencies(server, headers, seconds) {
  const taken = [];
  const probe = async () => {
    const startedAt = performance.now();
    await call(server.ready.port, '/guarded', { headers });
    taken.push(performance.now() - startedAt);
  };
  const probes = [];
  const endsAt = performance.now() + seconds * 1000;
  while (performance.now() < endsAt) {
    probes.push(probe());
    await sleep(PROBE_EVERY_MS);
  }
  await Promise.all(probes);
  return { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99), max: Math.max(...taken), calls: taken.length };
}
