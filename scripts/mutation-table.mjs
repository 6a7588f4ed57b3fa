// npm run docs:mutation: writes the tables of docs/security/mutation-testing.md from Stryker's reports. Fails when a
// folder is below the score, or when a mutant survives without a reason in test/mutation/survivors.json.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { count, filesOf, FOLDERS, isSurvivor, LOWEST_SCORE, mutantsOf, reportOf } from '../test/mutation/reports.mjs';

const PAGE = 'docs/security/mutation-testing.md';
const REASONS = 'test/mutation/survivors.json';

const keyOf = ({ file, mutator, line, replacement }) => JSON.stringify([file, mutator, line, replacement]);
const row = (name, { all, killed, timeout, survived, score }) =>
  `| ${[name, all, killed, timeout, survived, `${score.toFixed(1)} %`].join(' | ')} |`;
const HEAD = ['mutants', 'killed', 'timed out', 'survived', 'score'];
const table = (first, rows) => [`| ${[first, ...HEAD].join(' | ')} |`, `|---|${'--:|'.repeat(HEAD.length)}`, ...rows];

const missing = FOLDERS.flatMap(filesOf).filter((file) => mutantsOf(file) === null);
if (missing.length > 0) {
  console.error(`No report of ${missing.join(', ')}: run npm run test:mutation first.`);
  process.exit(2);
}

const reasons = new Map(JSON.parse(readFileSync(REASONS, 'utf8')).map((entry) => [keyOf(entry), entry]));
const folders = FOLDERS.map((name) => {
  const files = filesOf(name).map((file) => ({ file, mutants: mutantsOf(file) }));
  return { name, files, mutants: files.flatMap(({ mutants }) => mutants) };
});
const survivors = folders.flatMap(({ mutants }) => mutants.filter(isSurvivor));

const problems = [
  ...survivors.filter((one) => !reasons.has(keyOf(one))).map((one) => `survives without a reason: ${keyOf(one)}`),
  ...folders
    .filter(({ mutants }) => count(mutants).score < LOWEST_SCORE)
    .map(({ name, mutants }) => `${name} is at ${count(mutants).score.toFixed(1)} %, below ${LOWEST_SCORE} %`),
];
const living = new Set(survivors.map(keyOf));
for (const key of reasons.keys()) if (!living.has(key)) console.warn(`does not survive any more: ${key}`);

const code = (text) => '`` ' + text + ' ``';
const listed = folders.flatMap(({ files }) =>
  files.flatMap(({ file, mutants }) => {
    const unique = [...new Map(mutants.filter(isSurvivor).map((one) => [keyOf(one), one])).values()];
    if (unique.length === 0) return [];
    const lines = unique.map(
      (one) => `- ${code(one.line)}: ${one.mutator} → ${code(one.replacement)}: ${reasons.get(keyOf(one))?.reason}`,
    );
    return [`**${file}**`, '', ...lines, ''];
  }),
);
const dates = FOLDERS.flatMap(filesOf).map((file) => statSync(reportOf(file)).mtimeMs);
const date = new Date(Math.max(...dates));
const generated = [
  `By \`npm run test:mutation\`, ${date.toISOString().slice(0, 10)}.`,
  '',
  ...table('folder', [
    ...folders.map(({ name, mutants }) => row(name, count(mutants))),
    row('all', count(folders.flatMap(({ mutants }) => mutants))),
  ]),
  '',
  ...table(
    'file',
    folders.flatMap(({ files }) => files.map(({ file, mutants }) => row(file, count(mutants)))),
  ),
  '',
  '### Survivors',
  '',
  ...listed,
].join('\n');

const page = readFileSync(PAGE, 'utf8');
const written = page.replace(
  /(<!-- generated -->\n)[\s\S]*(<!-- \/generated -->)/,
  (_all, start, end) => `${start}\n${generated}\n${end}`,
);
writeFileSync(PAGE, await format(written, { ...(await resolveConfig(PAGE)), filepath: PAGE }));
for (const problem of problems) console.error(problem);
process.exit(problems.length === 0 ? 0 : 1);
