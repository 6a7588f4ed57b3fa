// Packs the library as npm would publish it, checks the tarball, and runs the apps of fixtures/ with it, each in a fresh
// directory with its own versions of Nest, TypeORM and TypeScript: `npm run test:package [-- --keep] [nest-11] [nest-12]`.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = (name) => join(root, 'node_modules', '.bin', name);
const only = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const FIXTURES = ['nest-11', 'nest-12'].filter((name) => only.length === 0 || only.includes(name));

/** What no tarball may carry: tests, sources, source maps and build leftovers. */
const UNWANTED = /\.spec\.|\.map$|\.tsbuildinfo$|^(?!dist\/|package\.json$|README\.md$|LICENSE$)/;
const WANTED = [
  'README.md',
  'LICENSE',
  'dist/cjs/package.json',
  'dist/esm/cli/nest-authkit.js',
  ...['esm', 'cjs'].flatMap((half) =>
    [
      'index',
      'passwords/argon2.hasher',
      'graphql/index',
      'passport/index',
      'redis/index',
      'resource-server/index',
      'rpc/index',
      'testing/index',
      'websocket/index',
    ].flatMap((entry) => [`dist/${half}/${entry}.js`, `dist/${half}/${entry}.d.ts`]),
  ),
];

const temp = mkdtempSync(join(tmpdir(), 'authkit-package-'));
const results = [];

function check(name, run) {
  const started = Date.now();
  let problem = null;
  try {
    run();
  } catch (error) {
    problem = error.message;
  }
  results.push(problem === null);
  console.log(`${problem === null ? 'ok' : 'FAILED'}  ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  if (problem !== null) console.log(problem.replace(/^/gm, '    '));
  return problem === null;
}

/** Runs a command to its end and returns its output; throws that output when it fails. */
function run(command, args, cwd) {
  // What `npm run` says about this repository is none of the fixtures' business.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|config_local_prefix)|INIT_CWD$|NODE_OPTIONS$|NODE_ENV$)/.test(name),
  );
  const env = { ...Object.fromEntries(inherited), CI: 'true', NO_COLOR: '1' };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8', timeout: 300_000 });
  if (error || status !== 0) {
    throw new Error(
      `${basename(command)} ${args.join(' ')}: ${error?.message ?? `exit ${status}`}\n${stdout}\n${stderr}`,
    );
  }
  return stdout;
}

function checkTarball(tarball) {
  const files = run('tar', ['-tzf', tarball])
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''));
  const missing = WANTED.filter((name) => !files.includes(name));
  const unwanted = files.filter((name) => UNWANTED.test(name));
  if (missing.length + unwanted.length > 0) {
    throw new Error(`missing: ${missing.join(', ') || 'none'}\nunwanted: ${unwanted.join(', ') || 'none'}`);
  }
}

function checkApp(fixture, tarball) {
  const app = join(temp, fixture);
  cpSync(join(here, 'fixtures', fixture), app, { recursive: true });
  cpSync(join(here, 'fixtures', 'shared'), join(app, 'src'), { recursive: true });
  // Peers must fit without --legacy-peer-deps.
  const installed = check(`${fixture}: npm install`, () =>
    run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock', '--strict-peer-deps', tarball], app),
  );
  if (!installed) return;
  check(`${fixture}: type check`, () => run('npm', ['run', 'typecheck'], app));
  check(`${fixture}: the app's own tests`, () => run('npm', ['test'], app));
  check(`${fixture}: npx nest-authkit routes`, () => {
    run(join(app, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json', '--outDir', 'out'], app);
    const table = run(join(app, 'node_modules/.bin/nest-authkit'), ['routes', 'out/create-app.js'], app);
    for (const row of [
      /^GET +\/api\/v1\/auth\/me version 1 +signed in/m,
      /^GET +\/api\/v1\/notes\/open version 1 +public/m,
    ]) {
      if (!row.test(table)) throw new Error(`no row like ${row}:\n${table}`);
    }
  });
}

try {
  let tarball;
  const packed = check('npm pack', () => {
    run('npm', ['pack', '--workspace', 'nest-authkit', '--pack-destination', temp], root);
    tarball = join(
      temp,
      readdirSync(temp).find((name) => name.endsWith('.tgz')),
    );
  });
  if (packed) {
    check('the tarball has what it should, and no more', () => checkTarball(tarball));
    check('publint', () => run(bin('publint'), ['--strict', tarball], temp));
    check('are the types wrong?', () => run(bin('attw'), ['--no-emoji', tarball], temp));
    for (const fixture of FIXTURES) checkApp(fixture, tarball);
  }
} finally {
  if (process.argv.includes('--keep')) console.log(`kept: ${temp}`);
  else rmSync(temp, { recursive: true, force: true });
}

const failed = results.filter((passed) => !passed).length;
console.log(`package: ${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
