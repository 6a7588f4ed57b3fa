import type { RouteEntry } from '../access/route-entry.js';
import { whoMayCall } from '../access/route-words.js';
import { Trouble } from './trouble.js';

/** A route as the table and the snapshot show it. */
export interface RouteRow {
  readonly method: string;
  /** With version and host where it has them. */
  readonly path: string;
  readonly who: string;
  readonly handler: string;
  /** False where no rule is declared, and the default holds. */
  readonly explicit: boolean;
}

/** Sorted by path, then method, so that the order of modules does not matter. */
export function rowsOf(routes: readonly RouteEntry[]): RouteRow[] {
  return routes
    .map((route) => ({
      method: route.method,
      path: placeOf(route),
      who: whoMayCall(route),
      handler: `${route.module} ${route.controller}.${route.handler}`,
      explicit: route.rule.explicit,
    }))
    .sort((a, b) => order(keyOf(a), keyOf(b)) || order(a.handler, b.handler));
}

/** JSON with one route a line, for diffs that read well. */
export function formatSnapshot(rows: readonly RouteRow[]): string {
  return `[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]\n`;
}

/** Throws {@link Trouble} for what `formatSnapshot` did not write. */
export function parseSnapshot(text: string, file: string): RouteRow[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = null;
  }
  if (Array.isArray(parsed) && parsed.every(isRow)) return parsed;
  throw new Trouble(`${file} is no snapshot of routes. Write one with --write ${file}.`);
}

/** What is new, gone or different, one line each; empty when nothing is. */
export function differences(before: readonly RouteRow[], after: readonly RouteRow[]): string[] {
  const [old, now] = [byKey(before), byKey(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort(order).flatMap((key) => {
    const [was, is] = [old.get(key), now.get(key)];
    const name = is ?? was!;
    const place = `${name.method} ${name.path}`;
    if (!was) return [`+ ${place}: ${wordsOf(is!)}, ${is!.handler}`];
    if (!is) return [`- ${place}: ${wordsOf(was)}, ${was.handler}`];
    const changes = [
      ...(wordsOf(was) === wordsOf(is) ? [] : [`${wordsOf(was)} -> ${wordsOf(is)}`]),
      ...(was.handler === is.handler ? [] : [`${was.handler} -> ${is.handler}`]),
    ];
    return changes.length > 0 ? [`~ ${place}: ${changes.join(', ')}`] : [];
  });
}

function wordsOf({ who, explicit }: RouteRow): string {
  return explicit ? who : `${who} (no rule declared)`;
}

/** Two handlers may stand at one place; the first answers. */
function byKey(rows: readonly RouteRow[]): Map<string, RouteRow> {
  const found = new Map<string, RouteRow>();
  for (const row of rows) {
    let key = keyOf(row);
    while (found.has(key)) key += ' again';
    found.set(key, row);
  }
  return found;
}

function placeOf({ path, version, host }: RouteEntry): string {
  return path + (version === null ? '' : ` version ${version}`) + (host === null ? '' : ` on ${host}`);
}

const keyOf = ({ path, method }: RouteRow): string => `${path} ${method}`;
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function isRow(row: unknown): row is RouteRow {
  const texts = ['method', 'path', 'who', 'handler'];
  return (
    typeof row === 'object' &&
    row !== null &&
    texts.every((key) => typeof (row as Record<string, unknown>)[key] === 'string') &&
    typeof (row as Record<string, unknown>)['explicit'] === 'boolean'
  );
}
