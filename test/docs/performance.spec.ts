import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

type FillIn = (page: string, results: object) => string;
// By a variable: the bench is plain JavaScript, without types.
const bench = pathToFileURL('bench/docs.mjs').href;
const { fillIn } = (await import(bench)) as { fillIn: FillIn };

const page = readFileSync('docs/guides/performance.md', 'utf8');
const machine = {
  node: 'v1.2.3',
  system: 'Linux x64',
  cpu: 'A CPU',
  cores: 2,
  memoryGiB: 4,
  pinned: true,
  versions: { typeorm: '1.1.1' },
};
const run = { at: '2026-11-24T10:00:00.000Z', quick: false, machine };

describe('docs/guides/performance.md', () => {
  it('takes the tables of a run between its marks, with machine, versions and date, and again those of the next', () => {
    const budget = { budget: 'express: guarded, statements', measured: 0, limit: '= 0', met: true };
    const first = fillIn(page, { ...run, budgets: [budget] });
    expect(first).toContain('Measured on 2026-11-24: Node v1.2.3, Linux x64, 2 x A CPU, 4 GiB.\ntypeorm 1.1.1.');
    expect(first).toContain('| express: guarded, statements | 0.00 | = 0 | met |');
    const second = fillIn(first, { ...run, budgets: [{ ...budget, measured: 1, met: false }] });
    expect(second).toContain('| express: guarded, statements | 1.00 | = 0 | NOT MET |');
    expect(second).not.toContain('| 0.00 |');
  });

  it('takes those of a scale run between marks of their own', () => {
    const scale = { sqlite: [1_000, 1_000_000].map((size) => ({ size, 'login: trim': size / 1_000 })) };
    const filled = fillIn(page, { ...run, scale });
    expect(filled).toContain('| login: trim | 1.00 | 1000 | 1000 |');
    const main = /<!-- bench -->.*<!-- \/bench -->/s;
    expect(main.exec(filled)![0]).toBe(main.exec(page)![0]);
  });

  it('says when and on what it was measured, or that it was not', () => {
    for (const name of ['bench', 'bench --scale']) {
      const [, part] = new RegExp(`<!-- ${name} -->(.*)<!-- /${name} -->`, 's').exec(page)!;
      expect(part).toMatch(/Not measured yet for this version|Measured on \d{4}-\d\d-\d\d: Node v/);
    }
  });
});
