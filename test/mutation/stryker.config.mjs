// Mutation tests of one folder; `npm run test:mutation` runs this for each. See docs/security/mutation-testing.md.
import { fileURLToPath } from 'node:url';
import { LOWEST_SCORE, reportOf } from './folders.mjs';

const ignorer = fileURLToPath(new URL('texts-for-people.mjs', import.meta.url));
const folder = process.env.MUTATED_FOLDER;
const src = `libs/authkit/src/${folder}`;

export default {
  mutate: [
    `${src}/**/*.ts`,
    `!${src}/**/*.spec.ts`,
    // What the OpenAPI document says; decides nothing.
    '!libs/authkit/src/access/openapi.ts',
  ],
  testRunner: 'jest',
  jest: { configFile: 'test/mutation/jest.config.mjs' },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 2),
  timeoutMS: 20_000,
  // Jest keeps the modules of every run; a new process now and then gives them back.
  maxTestRunnerReuse: 60,
  plugins: ['@stryker-mutator/jest-runner', ignorer],
  ignorers: ['texts-for-people'],
  ignorePatterns: ['/reports', '/coverage', 'dist', '/bench', '/docs', '/apps'],
  tempDirName: 'reports/mutation/.sandbox',
  cleanTempDir: 'always',
  incremental: true,
  incrementalFile: `reports/mutation/${folder}.incremental.json`,
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, allowEmojis: false },
  jsonReporter: { fileName: reportOf(folder) },
  htmlReporter: { fileName: `reports/mutation/${folder}.html` },
  thresholds: { high: 95, low: LOWEST_SCORE, break: LOWEST_SCORE },
  allowConsoleColors: false,
};
