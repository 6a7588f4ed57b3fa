// Malformed requests at the built demo: `npm run fuzz -- --requests 100000 --adapter both --seed 1`. Fails on a reply of
// 500 or more, a hang, growing memory, a leak in a reply, an unhandled rejection, or a client that is not served meanwhile.
import { parseArgs } from 'node:util';
import { Campaign } from './fuzz/campaign.mjs';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    adapter: { type: 'string', default: 'both' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    'database-url': { type: 'string' },
    vectors: { type: 'string', default: process.env.AUTHKIT_VECTORS },
  },
});
const adapters = values.adapter === 'both' ? ['express', 'fastify'] : [values.adapter];
let failed = false;

for (const adapter of adapters) {
  const campaign = await new Campaign({
    adapter,
    requests: Number(values.requests),
    seed: Number(values.seed),
    vectors: values.vectors,
    databaseUrl: values['database-url'],
  }).run();
  const { counts, controls, memory, statuses, violations } = campaign;
  const rows = {
    adapter,
    seed: campaign.seed,
    'naughty strings': campaign.strings.hasList ? 'own and blns' : 'own (--vectors names no folder with blns)',
    requests: campaign.sent,
    'per second': Math.round(campaign.sent / campaign.seconds),
    ...counts,
    'replies by status': Object.entries(statuses)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
    '503 overloaded': campaign.overloaded,
    'control calls': `${controls.calls}, slowest ${Math.round(controls.slowest)} ms`,
    logins: `${controls.logins}, slowest ${(controls.slowestLogin / 1_000).toFixed(1)} s`,
    memory: memory
      ? `${memory.early.toFixed(1)} -> ${memory.late.toFixed(1)} MiB, ${(memory.slope * 1024).toFixed(0)} KiB per 1,000 requests`
      : 'too few requests to tell',
    violations: violations.length,
  };
  for (const [name, value] of Object.entries(rows)) console.log(`${name.padEnd(18)} ${value}`);
  for (const violation of violations) console.log(`\nVIOLATION: ${violation}`);
  console.log();
  failed ||= violations.length > 0;
}
process.exitCode = failed ? 1 : 0;
