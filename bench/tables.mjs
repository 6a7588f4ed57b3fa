import { paired } from './lib/stats.mjs';

// What was measured, as tables: `title`, `head` and `rows` of texts. Printed, and written into the docs.

/** A number with about three digits that mean something. */
function short(value) {
  if (typeof value !== 'number') return value ?? '';
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const table = (title, head, rows) => ({ title, head, rows: rows.map((row) => row.map((cell) => String(short(cell)))) });

/** Every table of a run. */
export function tablesOf({ guarded = {}, login = {}, refresh, boot, scale = {}, enumeration = [], budgets = [] }) {
  return [
    ...Object.entries(guarded).map(([adapter, rows]) => guardedTable(adapter, rows)),
    ...Object.entries(login).map(([adapter, result]) => loginTable(adapter, result)),
    ...(refresh ? [refreshTable(refresh)] : []),
    ...(boot ? [bootTable(boot)] : []),
    ...enumeration.map(({ adapter, database, rows }) => enumerationTable(adapter, database, rows)),
    ...Object.entries(scale).map(([database, results]) => scaleTable(database, results)),
    ...(budgets.length > 0 ? [budgetsTable(budgets)] : []),
  ];
}

export function guardedTable(adapter, rows) {
  const open = rows.find(({ id }) => id === 'open');
  return table(
    `One request, ${adapter}`,
    ['', 'req/s', 'core busy', 'req/s of a core', 'of @Public', 'CPU us', 'above @Public', 'statements', 'RSS MiB'],
    rows.map((row) => [
      row.name,
      row.perSecond,
      `${(row.busy * 100).toFixed(0)} %`,
      row.perCore,
      paired(row, open, (a, b) => a.perCore / b.perCore),
      row.cpu,
      paired(row, open, (a, b) => a.cpu - b.cpu),
      row.statements,
      row.rss,
    ]),
  );
}

export function loginTable(adapter, { login, hash, ratio, cpuBesidesHash, statements, quiet, flooded, rss }) {
  return table(
    `Login, ${adapter}, bcrypt cost 12 on one core`,
    ['', ''],
    [
      ['bare hash, per second', hash.perSecond],
      ['20 concurrent logins, per second', login.perSecond],
      ['of the bare hash', ratio],
      ['statements', statements],
      ['CPU besides the hash, us', cpuBesidesHash],
      ['guarded route meanwhile, p50 ms', flooded.p50],
      ['guarded route meanwhile, p99 ms', flooded.p99],
      ['guarded route meanwhile, max ms', flooded.max],
      ['guarded route otherwise, p99 ms', quiet.p99],
      ['RSS MiB', rss],
    ],
  );
}

export function refreshTable(results) {
  return table(
    'Refresh',
    ['', 'per s', 'CPU us', 'above @Public', 'statements', 'bare UPDATE per s', 'its CPU us'],
    results.map(({ adapter, database, refresh, cpuAboveOpen, statements, update }) => [
      `${adapter}, ${database}`,
      refresh.perSecond,
      refresh.cpu,
      cpuAboveOpen,
      statements,
      update.perSecond,
      update.cpu,
    ]),
  );
}

export function bootTable(results) {
  return table(
    'Boot of a Nest app with TypeORM and Swagger',
    ['', 'ms without', 'ms with', 'added', 'MiB without', 'MiB with', 'added'],
    Object.entries(results).map(([adapter, result]) => [
      adapter,
      result.without.bootMs,
      result.with.bootMs,
      result.addedMs,
      result.without.rss,
      result.with.rss,
      result.addedRss,
    ]),
  );
}

export function enumerationTable(adapter, database, rows) {
  return table(
    `Does time tell who has an account? ${adapter}, ${database}`,
    ['', 'calls of each', 'account, ms', 'no account, ms', 'difference', 'p', 'tells'],
    rows.map(({ name, calls, knownMs, unknownMs, difference, p, tells }) => [
      name,
      String(calls),
      knownMs,
      unknownMs,
      `${(difference * 100).toFixed(1)} %`,
      p.toFixed(4),
      tells ? 'YES' : 'no',
    ]),
  );
}

export function budgetsTable(judged) {
  return table(
    'Budgets',
    ['', 'measured', 'budget', ''],
    judged.map(({ budget, measured, limit, met }) => [budget, measured, limit, met ? 'met' : 'NOT MET']),
  );
}

export function scaleTable(database, results) {
  const [first] = results;
  const last = results.at(-1);
  const calls = Object.keys(first).filter((key) => key !== 'size');
  return table(
    `Microseconds a call by users and sessions, ${database}`,
    ['', ...results.map(({ size }) => size.toLocaleString('en')), 'last / first'],
    calls.map((name) => [name, ...results.map((result) => result[name]), last[name] / first[name]]),
  );
}

export function socketsTable(database, { sockets, bare, kit }) {
  return table(
    `${sockets.toLocaleString('en')} idle sockets of ws, ${database}`,
    ['', 'unguarded', 'webSockets()'],
    [
      ['KiB of memory each', bare.perSocketKiB, kit.perSocketKiB],
      ['connected a second', bare.perSecond, kit.perSecond],
      ['all revoked by another node: heard after, ms', '', kit.heardMs],
      ['from the first close to the last, ms', '', kit.closedMs],
      ['CPU of the server for all of it, ms', '', kit.cpuMs],
    ],
  );
}
