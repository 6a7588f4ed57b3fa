import { mkdirSync, writeFileSync } from 'node:fs';
import { paired } from './lib/stats.mjs';

/** A number with about three digits that mean something. */
export function short(value) {
  if (typeof value !== 'number') return value ?? '';
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Prints rows of cells below a title, numbers to the right. */
export function printTable(title, head, rows) {
  const cells = [head, ...rows.map((row) => row.map((cell) => String(short(cell))))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  console.log(`\n${title}\n${line(cells[0])}\n${widths.map((width) => '-'.repeat(width)).join('  ')}`);
  for (const row of cells.slice(1)) console.log(line(row));
}

export function printGuarded(adapter, rows) {
  const open = rows.find(({ id }) => id === 'open');
  printTable(
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

export function printLogin(adapter, { login, hash, ratio, cpuBesidesHash, statements, quiet, flooded, rss }) {
  printTable(
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

export function printRefresh(results) {
  printTable(
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

export function printBoot(results) {
  printTable(
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

export function printBudgets(judged) {
  printTable(
    'Budgets',
    ['', 'measured', 'budget', ''],
    judged.map(({ budget, measured, limit, met }) => [budget, measured, limit, met ? 'met' : 'NOT MET']),
  );
}

/** Keeps the figures, rounds included, in bench/results/; returns the file's name. */
export function save(results) {
  const directory = new URL('./results/', import.meta.url);
  mkdirSync(directory, { recursive: true });
  const file = new URL(`${new Date().toISOString().replace(/[:.]/g, '-')}.json`, directory);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  return file.pathname;
}
