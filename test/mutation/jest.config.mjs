import base from '../../jest.config.mjs';

/**
 * For Stryker alone: the units beside the mutated files, and two flows of the boot, on stores in memory; nothing that
 * needs a database or another process.
 *
 * @type {import('jest').Config}
 */
export default {
  ...base,
  rootDir: '../..',
  testMatch: [
    '<rootDir>/libs/authkit/src/{sessions,access,passwords,login}/**/*.spec.ts',
    '<rootDir>/test/flows/{module,route-inventory}.spec.ts',
  ],
  globalSetup: undefined,
  globalTeardown: undefined,
  coverageThreshold: undefined,
  testTimeout: 10_000,
  // Stryker asks for the tests related to the mutated file. Every spec reaches nearly every file in the end; this makes
  // "related" mean the specs that import the file themselves, so that a mutant costs one or two suites.
  dependencyExtractor: '<rootDir>/test/mutation/direct-imports.cjs',
};
