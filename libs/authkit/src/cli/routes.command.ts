import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ROUTE_INVENTORY, type RouteNote, type RouteTable } from '../access/route-entry.js';
import { summaryOf } from '../access/route-words.js';
import { loadApp } from './load-app.js';
import { differences, formatSnapshot, parseSnapshot, rowsOf, type RouteRow } from './route-snapshot.js';
import { Trouble } from './trouble.js';

export const ROUTES_USAGE = `nest-authkit routes <file> [--export name] [--json | --check snapshot | --write snapshot]

Prints every HTTP route of a Nest app and who may call it. <file> is built JavaScript that exports an async function
createApp() (or a default one), which returns the app before it listens; or a class AppModule. The app is initialised,
so it needs its configuration and its database, and closed again.

  --export name      the export to use
  --json             prints the table as JSON
  --check snapshot   compares with that file; exit code 1 and the differences if there are any
  --write snapshot   writes that file

Exit code 2 for anything else that went wrong.`;

export interface Outcome {
  readonly output: string;
  /** 0; or 1 when the snapshot differs. */
  readonly exitCode: 0 | 1;
}

/** Does what the arguments after `routes` say; throws {@link Trouble}, or what the app throws. */
export async function routesCommand(args: readonly string[]): Promise<Outcome> {
  const { file, values } = parse(args);
  // Before the app starts, which takes longer than to find out about a wrong name.
  const expected = values.check === undefined ? null : parseSnapshot(read(values.check), values.check);
  const { rows, summary, notes } = await tableOf(file, values.export);
  if (expected) {
    const found = differences(expected, rows);
    if (found.length === 0) return { output: `${summary}. As in ${values.check}.\n`, exitCode: 0 };
    const remedy = `If that is meant: nest-authkit routes ${file} --write ${values.check}`;
    return { output: `Not as in ${values.check}:\n\n${found.join('\n')}\n\n${remedy}\n`, exitCode: 1 };
  }
  if (values.write !== undefined) {
    writeFileSync(values.write, formatSnapshot(rows));
    return { output: `${summary}. Written to ${values.write}.\n`, exitCode: 0 };
  }
  if (values.json) return { output: formatSnapshot(rows), exitCode: 0 };
  const noted = notes.map(({ level, text }) => `${level === 'warn' ? 'warning' : 'note'}: ${text}\n`);
  return { output: `${columns(rows)}\n${summary}\n${noted.join('')}`, exitCode: 0 };
}

function parse(args: readonly string[]) {
  const options = {
    export: { type: 'string' },
    json: { type: 'boolean', default: false },
    check: { type: 'string' },
    write: { type: 'string' },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new Trouble(`${(error as Error).message}\n\n${ROUTES_USAGE}`);
  }
  const { values, positionals } = parsed;
  if (positionals.length !== 1) throw new Trouble(`Name one file.\n\n${ROUTES_USAGE}`);
  if (Number(values.json) + Number(values.check !== undefined) + Number(values.write !== undefined) > 1) {
    throw new Trouble(`Give one of --json, --check and --write.\n\n${ROUTES_USAGE}`);
  }
  return { file: positionals[0], values };
}

async function tableOf(
  file: string,
  exported: string | undefined,
): Promise<{ rows: RouteRow[]; summary: string; notes: readonly RouteNote[] }> {
  const app = await loadApp(file, exported);
  try {
    await app.init();
    let table: RouteTable;
    try {
      table = app.get<RouteTable>(ROUTE_INVENTORY, { strict: false });
    } catch {
      throw new Trouble(`${file}: its app does not import AuthKitModule.`);
    }
    const routes = table.routes();
    return { rows: rowsOf(routes), summary: summaryOf(routes), notes: table.notes() };
  } finally {
    await app.close();
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Trouble(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

function columns(rows: readonly RouteRow[]): string {
  const cells = [
    ['METHOD', 'PATH', 'WHO', 'HANDLER'],
    ...rows.map(({ method, path, who, handler, explicit }) => [method, path, explicit ? who : `${who} *`, handler]),
  ];
  const widths = [0, 1, 2].map((i) => Math.max(...cells.map((row) => row[i].length)));
  const lines = cells.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  '));
  const legend = rows.every(({ explicit }) => explicit) ? '' : '\n* no rule is declared: the default';
  return `${lines.join('\n')}${legend}\n`;
}
