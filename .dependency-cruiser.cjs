// Who may import whom in the library. Type-only imports leave nothing at run time, so they only warn in the rule on cycles.
const LIB = '^libs/authkit/src/';
const SPEC = '\\.spec\\.ts$';
/** The files that put the folders together. */
const ROOT = `${LIB}(authkit\\.module|module-storage|boot-check|auth\\.service|readiness\\.service|health\\.indicator|index)\\.ts$`;
/** Rules about what the library's files (tests beside them apart) must not reach. */
const only = (name, comment, to, ...allowed) => ({
  name,
  comment,
  severity: 'error',
  from: { path: LIB, pathNot: [SPEC, ...allowed.map((path) => LIB + path)] },
  to: { path: to },
});
const pkg = (name) => `(^|node_modules/)${name}(/|$)`;

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle of two injectables crashes an ES module at import.',
      severity: 'error',
      from: { path: '^(libs|apps|bench|test)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-type-cycles',
      comment: 'Harmless at run time, and a sign that a type lives in the wrong file.',
      severity: 'warn',
      from: { path: LIB },
      to: { circular: true, via: { dependencyTypes: ['type-only'] } },
    },
    {
      name: 'kernel-is-the-bottom',
      severity: 'error',
      from: { path: `${LIB}kernel/`, pathNot: SPEC },
      to: { path: LIB, pathNot: `${LIB}kernel/` },
    },
    only(
      'jwt-in-one-file',
      'One file knows the JWT library.',
      pkg('@nestjs/jwt|jsonwebtoken|jose'),
      'sessions/access-token\\.ts$',
    ),
    only(
      'typeorm-in-storage',
      'Storage, and the files that wire it.',
      `${pkg('typeorm')}|${pkg('@nestjs/typeorm')}`,
      'storage/typeorm/',
      '.*\\.entity\\.ts$',
      'features/[^/]+/[^/]+\\.store\\.ts$',
      'websocket/[^/]+\\.(store|migration|feature)\\.ts$',
      'authkit\\.module\\.ts$',
      'module-storage\\.ts$',
      'boot-check\\.ts$',
    ),
    only(
      'sockets-in-websocket',
      'An optional peer.',
      `${pkg('@nestjs/websockets')}|${pkg('socket.io')}|${pkg('ws')}`,
      'websocket/',
    ),
    only(
      'passport-in-passport',
      'An optional peer.',
      `${pkg('@nestjs/passport')}|${pkg('passport')}|${pkg('passport-jwt')}`,
      'passport/',
    ),
    only(
      'no-graphql-nor-microservices',
      'Known by their metadata alone, so they are no peers.',
      ['@nestjs/graphql', '@nestjs/microservices', 'graphql', 'graphql-ws', 'mercurius'].map(pkg).join('|'),
    ),
    only('one-argon2', 'An optional peer.', pkg('@node-rs/argon2'), 'passwords/argon2\\.hasher\\.ts$'),
    {
      name: 'resource-server-has-no-database',
      comment: 'Who only verifies tokens need not install, or load, an ORM.',
      severity: 'error',
      from: { path: `${LIB}resource-server/index\\.ts$` },
      to: { reachable: true, path: `${pkg('typeorm')}|${pkg('@nestjs/typeorm')}|${LIB}storage/typeorm/` },
    },
    {
      name: 'core-names-no-feature',
      comment: 'A feature adds its folder, an entry of the package and its tests; nothing in the core changes.',
      severity: 'error',
      from: { path: LIB, pathNot: [SPEC, `${LIB}features/`] },
      to: { path: `${LIB}features/`, pathNot: `${LIB}features/feature\\.ts$` },
    },
    {
      name: 'features-are-strangers',
      severity: 'error',
      from: { path: `${LIB}features/([^/]+)/`, pathNot: SPEC },
      to: { path: `${LIB}features/`, pathNot: [`${LIB}features/$1/`, `${LIB}features/feature\\.ts$`] },
    },
    {
      name: 'one-door-to-a-session',
      comment: 'So that no new way to sign in can skip the second factor.',
      severity: 'error',
      from: { path: LIB, pathNot: [SPEC, `${LIB}login/login\\.service\\.ts$`, `${LIB}authkit\\.module\\.ts$`] },
      to: { path: `${LIB}sessions/session-issuer\\.ts$` },
    },
    {
      name: 'nothing-imports-the-root',
      comment: 'Imports point down; the module, the facade and the barrel are on top.',
      severity: 'error',
      from: { path: LIB, pathNot: [SPEC, ROOT] },
      to: { path: ROOT },
    },
    {
      name: 'library-stands-alone',
      severity: 'error',
      from: { path: LIB, pathNot: SPEC },
      to: { path: '^(apps|test|bench|scripts|dist)/|^libs/authkit/dist/' },
    },
    {
      name: 'library-specs-use-the-library',
      severity: 'error',
      from: { path: LIB },
      to: { path: '^(apps|bench)/' },
    },
    {
      name: 'declared-dependencies-only',
      comment: "What the library imports is a dependency or a peer of its own package.json, never this repository's.",
      severity: 'error',
      from: { path: LIB, pathNot: SPEC },
      to: { dependencyTypesNot: ['local', 'core', 'npm', 'npm-peer'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'production-imports-no-test',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: SPEC },
      to: { path: `${SPEC}|^test/` },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['^test/package/fixtures/', '^bench/.*/node_modules/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
