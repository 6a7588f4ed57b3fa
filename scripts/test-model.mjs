// The model of a session for as long as you like: `npm run test:model -- --runs 20000`. A failure prints seed, path and
// replayPath; `-- --seed S --path P --replay R` repeats it.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    path: { type: 'string' },
    replay: { type: 'string' },
    only: { type: 'string' },
  },
});
console.log(`runs ${values.runs} of each kind on each database, seed ${values.seed}`);
const named = (name) => (values[name] === undefined ? {} : { [`AUTHKIT_MODEL_${name.toUpperCase()}`]: values[name] });
const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', 'test/model', ...(values.only ? ['-t', values.only] : [])],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
      ...named('runs'),
      ...named('seed'),
      ...named('path'),
      ...named('replay'),
    },
  },
);
process.exitCode = status ?? 1;
