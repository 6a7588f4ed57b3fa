// npm run test:mutation [-- --folder sessions] [-- --fresh]: mutation tests of all folders, or of some; --fresh forgets
// the results of unchanged files.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { FOLDERS } from './folders.mjs';

const { values } = parseArgs({ options: { folder: { type: 'string', multiple: true }, fresh: { type: 'boolean' } } });
const folders = values.folder ?? FOLDERS;
const unknown = folders.find((folder) => !FOLDERS.includes(folder));
if (unknown !== undefined) {
  console.error(`There is no folder ${unknown} here; use one of ${FOLDERS.join(', ')}.`);
  process.exit(2);
}

let failed = false;
for (const folder of folders) {
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/@stryker-mutator/core/bin/stryker.js',
      'run',
      'test/mutation/stryker.config.mjs',
      ...(values.fresh ? ['--force'] : []),
    ],
    { stdio: 'inherit', env: { ...process.env, MUTATED_FOLDER: folder } },
  );
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
