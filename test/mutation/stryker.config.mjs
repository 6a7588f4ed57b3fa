// Mutation tests of one file; `npm run test:mutation` runs this for each. See docs/security/mutation-testing.md.
import { fileURLToPath } from 'node:url';
import { reportOf, SRC } from './reports.mjs';

// Tools that only read the configuration name no file.
const file = process.env.MUTATED_FILE ?? 'sessions/cookies.ts';
const ignorer = fileURLToPath(new URL('texts-for-people.mjs', import.meta.url));

export default {
  mutate: [SRC + file],
  testRunner: 'jest',
  jest: { configFile: 'test/mutation/jest.config.mjs' },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  // A file without a spec of its own has no tests here, and all its mutants survive.
  allowEmpty: true,
  concurrency: 2,
  timeoutMS: 20_000,
  // Jest keeps the modules of every run; a new process now and then gives them back.
  maxTestRunnerReuse: 40,
  plugins: ['@stryker-mutator/jest-runner', ignorer],
  ignorers: ['texts-for-people'],
  ignorePatterns: ['/reports', '/coverage', 'dist', '/bench', '/docs', '/apps'],
  tempDirName: 'reports/mutation/.sandbox',
  cleanTempDir: 'always',
  incremental: true,
  incrementalFile: reportOf(file, 'incremental.json'),
  reporters: ['json', 'html'],
  jsonReporter: { fileName: reportOf(file) },
  htmlReporter: { fileName: reportOf(file, 'html') },
  logLevel: 'warn',
  warnings: { slow: false },
  allowConsoleColors: false,
};
