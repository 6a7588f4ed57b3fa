// Mutation tests of one folder; `npm run test:mutation` runs this for each. See docs/security/mutation-testing.md.

const folder = process.env.MUTATED_FOLDER;
const src = `libs/authkit/src/${folder}`;

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: [
    `${src}/**/*.ts`,
    `!${src}/**/*.spec.ts`,
    // Nothing but documentation: decorators of Swagger, no decision.
    '!libs/authkit/src/access/openapi.ts',
  ],
  testRunner: 'jest',
  jest: { configFile: 'test/mutation/jest.config.mjs' },
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  coverageAnalysis: 'perTest',
  concurrency: Number(process.env.MUTATION_CONCURRENCY ?? 2),
  timeoutMS: 10_000,
  plugins: ['@stryker-mutator/jest-runner', './test/mutation/texts-for-people.mjs'],
  ignorers: ['texts-for-people'],
  ignorePatterns: ['/reports', '/coverage', 'dist', '/bench', '/docs', '/apps'],
  tempDirName: 'reports/mutation/.sandbox',
  cleanTempDir: 'always',
  incremental: true,
  incrementalFile: `reports/mutation/${folder}.incremental.json`,
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, allowEmojis: false },
  jsonReporter: { fileName: `reports/mutation/${folder}.json` },
  htmlReporter: { fileName: `reports/mutation/${folder}.html` },
  checkers: [],
  allowConsoleColors: false,
};
