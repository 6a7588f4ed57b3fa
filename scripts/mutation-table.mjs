// npm run docs:mutation: writes the tables of docs/security/mutation-testing.md from Stryker's reports. Fails when a
// folder is below the score, or when a mutant survives without a reason in test/mutation/survivors.json.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { FOLDERS, LOWEST_SCORE, reportOf } from '../test/mutation/folders.mjs';

const PAGE = 'docs/security/mutation-testing.md';
const REASONS = 'test/mutation/survivors.json';
const SRC = 'libs/authkit/src/';

/** One mutant, named by what does not change when lines move. */
function describe(file, source, { mutatorName, replacement, status, location }) {
  const line = source.split('\n')[location.start.line - 1].trim();
  return { file: file.replace(SRC, ''), mutator: mutatorName, line, replacement: oneLine(replacement ?? ''), status };
}
const oneLine = (text) => text.replace(/\s+/g, ' ').trim();
const keyOf = ({ file, mutator, line, replacement }) => JSON.stringify([file, mutator, line, replacement]);
const isSurvivor = ({ status }) => status === 'Survived' || status === 'NoCoverage';

function count(mutants) {
  const of = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [killed, timeout, survived] = [of('Killed'), of('Timeout'), of('Survived', 'NoCoverage')];
  const all = killed + timeout + survived;
  return { all, killed, timeout, survived, score: all === 0 ? 100 : (100 * (killed + timeout)) / all };
}
const row = (name, { all, killed, timeout, survived, score }) =>
  `| ${[name, all, killed, timeout, survived, `${score.toFixed(1)} %`].join(' | ')} |`;
const HEAD = ['mutants', 'killed', 'timed out', 'survived', 'score'];
const table = (first, rows) => [`| ${[first, ...HEAD].join(' | ')} |`, `|---|${'--:|'.repeat(HEAD.length)}`, ...rows];

const missing = FOLDERS.filter((folder) => !existsSync(reportOf(folder)));
if (missing.length > 0) {
  console.error(`No report of ${missing.join(', ')}: run npm run test:mutation first.`);
  process.exit(2);
}

const reasons = new Map(JSON.parse(readFileSync(REASONS, 'utf8')).map((entry) => [keyOf(entry), entry]));
const folders = FOLDERS.map((name) => {
  const { files } = JSON.parse(readFileSync(reportOf(name), 'utf8'));
  const mutantsOf = Object.entries(files).map(([file, { source, mutants }]) => ({
    file: file.replace(SRC, ''),
    mutants: mutants.map((mutant) => describe(file, source, mutant)),
  }));
  return { name, files: mutantsOf, mutants: mutantsOf.flatMap(({ mutants }) => mutants) };
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
const date = new Date(Math.max(...FOLDERS.map((folder) => statSync(reportOf(folder)).mtimeMs)));
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
