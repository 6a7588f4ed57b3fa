import { existsSync, readFileSync } from 'node:fs';

const PAGE = 'docs/security/asvs.md';
const STATUSES = ['met', 'partly', 'planned', 'deviation', 'host', 'not applicable'];

interface Row {
  id: string;
  level: string;
  demand: string;
  status: string;
  by: string;
  tests: string[];
}

const text = readFileSync(PAGE, 'utf8');
const rows = [...text.matchAll(/^\| (\d+\.\d+\.\d+) \| (\d) \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map(
  ([, id, level, demand, status, by, tests]): Row => ({
    id,
    level,
    demand,
    status,
    by,
    tests: [...tests.matchAll(/`([^`]+)`/g)].map(([, path]) => path),
  }),
);
/** The identifiers and levels of the standard. */
const { levels } = JSON.parse(readFileSync('test/docs/asvs-5.0.0.json', 'utf8')) as {
  levels: Record<string, string[]>;
};

describe('the ASVS page', () => {
  it('has every requirement of levels 1 and 2 once, at its level and in its chapter', () => {
    const expected = Object.entries(levels).flatMap(([level, ids]) => ids.map((id) => `${id} L${level}`));
    expect(expected).toHaveLength(253);
    expect(rows.map(({ id, level }) => `${id} L${level}`).sort()).toEqual(expected.sort());
    let chapter = '';
    for (const line of text.split('\n')) {
      chapter = /^## V(\d+) /.exec(line)?.[1] ?? chapter;
      const id = /^\| (\d+\.\d+\.\d+) /.exec(line)?.[1];
      if (id !== undefined) expect([chapter, id.split('.')[0]]).toEqual([chapter, chapter]);
    }
  });

  it('gives each a demand, a known status, and says how or why where that is not plain', () => {
    const wrong = rows.filter(({ demand, status, by }) => {
      const needsWords = !['host', 'not applicable'].includes(status);
      return demand === '' || !STATUSES.includes(status) || (needsWords && by === '');
    });
    expect(wrong).toEqual([]);
  });

  it('names only tests and sources that exist', () => {
    const named = [...text.matchAll(/`((?:apps|bench|docs|libs|scripts|test)\/[^`]+)`/g)].map(([, path]) => path);
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('names test files as tests', () => {
    const tests = rows.flatMap((row) => row.tests);
    expect(tests.filter((path) => !/\.(spec|contract)\.ts$|^test\/package\/run\.mjs$/.test(path))).toEqual([]);
  });

  it('counts rightly', () => {
    const count = (status: string | null, level?: string) =>
      rows.filter((row) => (status === null || row.status === status) && (level === undefined || row.level === level))
        .length;
    const line = (name: string, status: string | null) =>
      `| ${name} | ${count(status, '1')} | ${count(status, '2')} | ${count(status)} |`;
    const expected = [...STATUSES.map((status) => line(status, status)), line('all', null)];
    expect(text.split('\n').filter((one) => /^\| [a-z ]+ \| \d+ \| \d+ \| \d+ \|$/.test(one))).toEqual(expected);
    const untested = rows.filter(({ status, tests }) => status === 'met' && tests.length === 0).length;
    expect(text).toContain(`Of what is met, ${untested} have no test of their own`);
  });
});
