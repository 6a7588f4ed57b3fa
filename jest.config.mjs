/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  rootDir: '.',
  testMatch: ['<rootDir>/{libs,apps,test}/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/package/fixtures/'],
  modulePathIgnorePatterns: [
    '<rootDir>/dist',
    '<rootDir>/reports',
    '<rootDir>/libs/[^/]+/dist',
    '<rootDir>/test/package/fixtures',
  ],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  coverageProvider: 'v8',
  collectCoverageFrom: ['libs/*/src/**/*.ts', '!**/*.spec.ts'],
  coverageThreshold: { global: { lines: 95, branches: 95 } },
  testTimeout: 30_000,
  maxWorkers: '100%',
  // A worker keeps the modules of every suite it has run (nodejs/node#33439), and slows down by the garbage collector.
  workerIdleMemoryLimit: '1GB',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: {
    '^nest-authkit$': '<rootDir>/libs/authkit/src/index.ts',
    '^nest-authkit/argon2$': '<rootDir>/libs/authkit/src/passwords/argon2.hasher.ts',
    '^nest-authkit/graphql$': '<rootDir>/libs/authkit/src/graphql/index.ts',
    '^nest-authkit/passport$': '<rootDir>/libs/authkit/src/passport/index.ts',
    '^nest-authkit/redis$': '<rootDir>/libs/authkit/src/redis/index.ts',
    '^nest-authkit/resource-server$': '<rootDir>/libs/authkit/src/resource-server/index.ts',
    '^nest-authkit/rpc$': '<rootDir>/libs/authkit/src/rpc/index.ts',
    '^nest-authkit/testing$': '<rootDir>/libs/authkit/src/testing/index.ts',
    '^nest-authkit/websocket$': '<rootDir>/libs/authkit/src/websocket/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
