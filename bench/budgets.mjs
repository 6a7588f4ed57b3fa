import { paired } from './lib/stats.mjs';

const atMost = (limit) => ({ text: `<= ${limit}`, holds: (value) => value <= limit });
const atLeast = (limit) => ({ text: `>= ${limit}`, holds: (value) => value >= limit });
const exactly = (limit) => ({ text: `= ${limit}`, holds: (value) => value === limit });

/** Share of the open route's throughput, and how many times that of the usual recipes. */
const THROUGHPUT = { express: { open: 0.94, recipes: 5 }, fastify: { open: 0.75, recipes: 15 } };
/** Microseconds of a refresh above the open route. */
const REFRESH_CPU = { sqlite: 150, postgres: 300 };

/** Every budget that the results say something about. */
export function budgets(results) {
  return [
    ...Object.entries(results.guarded ?? {}).flatMap(([adapter, rows]) => guardedBudgets(adapter, rows)),
    ...Object.entries(results.login ?? {}).flatMap(([adapter, result]) => loginBudgets(adapter, result)),
    ...(results.refresh ?? []).flatMap(refreshBudgets),
    ...Object.entries(results.boot ?? {}).flatMap(([adapter, { addedMs, addedRss }]) => [
      judge(`${adapter}: boot time the import adds, ms`, addedMs, atMost(150)),
      judge(`${adapter}: memory the import adds, MiB`, addedRss, atMost(25)),
    ]),
  ];
}

function guardedBudgets(adapter, rows) {
  const row = Object.fromEntries(rows.map((one) => [one.id, one]));
  const limits = THROUGHPUT[adapter];
  const times = (other) => paired(row.bearer, row[other], (a, b) => a.perCore / b.perCore);
  return [
    judge(`${adapter}: guarded, statements`, row.bearer.statements, exactly(0)),
    judge(
      `${adapter}: guarded, CPU above @Public, us`,
      paired(row.bearer, row.open, (a, b) => a.cpu - b.cpu),
      atMost(5),
    ),
    judge(`${adapter}: guarded, throughput of @Public`, times('open'), atLeast(limits.open)),
    judge(`${adapter}: guarded, times the docs' guard`, times('docs'), atLeast(limits.recipes)),
    judge(`${adapter}: guarded, times passport-jwt`, times('passport'), atLeast(limits.recipes)),
  ];
}

function loginBudgets(adapter, { ratio, statements, cpuBesidesHash, flooded }) {
  return [
    judge(`${adapter}: login, rate of the bare hash`, ratio, atLeast(0.95)),
    judge(`${adapter}: login, statements`, statements, atMost(4)),
    judge(`${adapter}: login, CPU besides the hash, us`, cpuBesidesHash, atMost(2000)),
    judge(`${adapter}: guarded p99 during 20 logins, ms`, flooded.p99, atMost(10)),
  ];
}

function refreshBudgets({ adapter, database, statements, cpuAboveOpen }) {
  return [
    judge(`${adapter}, ${database}: refresh, statements`, statements, exactly(2)),
    judge(`${adapter}, ${database}: refresh, CPU above @Public, us`, cpuAboveOpen, atMost(REFRESH_CPU[database])),
  ];
}

const judge = (budget, measured, { text, holds }) => ({ budget, measured, limit: text, met: holds(measured) });
