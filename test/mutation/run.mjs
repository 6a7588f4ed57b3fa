// npm run test:mutation [-- --folder sessions] [-- --file sessions/cookies.ts] [-- --fresh]
// One file at a time, so that a run that was broken off goes on where it was; --fresh forgets earlier results.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { count, filesOf, FOLDERS, isSurvivor, LOWEST_SCORE, mutantsOf } from './reports.mjs';

const { values } = parseArgs({
  options: {
    folder: { type: 'string', multiple: true },
    file: { type: 'string', multiple: true },
    fresh: { type: 'boolean', default: false },
  },
});
const folders = values.folder ?? (values.file ? [] : FOLDERS);
const known = FOLDERS.flatMap(filesOf);
const unknown = [
  ...folders.filter((folder) => !FOLDERS.includes(folder)),
  ...(values.file ?? []).filter((file) => !known.includes(file)),
];
if (unknown.length > 0) {
  console.error(`Not among the mutated: ${unknown.join(', ')}. Folders: ${FOLDERS.join(', ')}.`);
  process.exit(2);
}

const stryker = 'node_modules/@stryker-mutator/core/bin/stryker.js';
const force = values.fresh ? ['--force'] : [];
const say = (name, { all, survived, score }, more = '') =>
  console.log(`${name}: ${score.toFixed(1)} % of ${all} mutants noticed, ${survived} survived${more}`);

let failed = false;
for (const file of [...folders.flatMap(filesOf), ...(values.file ?? [])]) {
  const started = performance.now();
  const env = { ...process.env, MUTATED_FILE: file };
  const { status } = spawnSync(process.execPath, [stryker, 'run', 'test/mutation/stryker.config.mjs', ...force], {
    stdio: 'inherit',
    env,
  });
  const mutants = status === 0 ? mutantsOf(file) : null;
  if (mutants === null) {
    console.error(`${file}: Stryker ended with ${status}`);
    failed = true;
    continue;
  }
  say(file, count(mutants), ` (${Math.round((performance.now() - started) / 1000)} s)`);
  for (const { line, mutator, replacement } of mutants.filter(isSurvivor)) {
    console.log(`    ${line}\n        ${mutator}: ${replacement}`);
  }
}
for (const folder of folders) {
  const counts = count(filesOf(folder).flatMap((file) => mutantsOf(file) ?? []));
  say(folder, counts);
  if (counts.score < LOWEST_SCORE) failed = true;
}
process.exit(failed ? 1 : 0);
