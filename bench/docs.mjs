import { readFileSync, writeFileSync } from 'node:fs';
import { tablesOf } from './tables.mjs';

const PAGE = new URL('../docs/guides/performance.md', import.meta.url);

/** Writes what was measured into docs/guides/performance.md; returns its path. */
export function writeDocs(results) {
  writeFileSync(PAGE, fillIn(readFileSync(PAGE, 'utf8'), results));
  return PAGE.pathname;
}

/** The page with the figures of a run between its marks; `--scale` has marks of its own. */
export function fillIn(page, results) {
  const name = results.scale ? 'bench --scale' : 'bench';
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(start);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/guides/performance.md has no ${start} ... ${end}`);
  const parts = [circumstances(results), ...tablesOf(results).map(markdown)];
  return `${page.slice(0, from + start.length)}\n\n${parts.join('\n\n')}\n\n${page.slice(to)}`;
}

function circumstances({ at, quick, machine }) {
  const { node, system, cpu, cores, memoryGiB, pinned, versions } = machine;
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `Measured on ${at.slice(0, 10)}: Node ${node}, ${system}, ${cores} x ${cpu}, ${memoryGiB} GiB.`,
    `${packages.join(', ')}.`,
    pinned
      ? 'Server and load had a core each.'
      : 'Server and load shared their cores, so throughput is not to be trusted.',
    ...(quick ? ['Short rounds (`--quick`).'] : []),
  ].join('\n');
}

function markdown({ title, head, rows }) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|---|${'---:|'.repeat(head.length - 1)}`;
  return [`### ${title}`, '', line(head), rule, ...rows.map(line)].join('\n');
}
