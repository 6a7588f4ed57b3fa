// Jest's answer to "what does this file import?", for the runs of Stryker: only specs import anything, and of that only
// what they name themselves. `// Covers ./x.js ./y.js` names files that a spec tests by way of others.
const IMPORT = /^import (?!type )[^;]*? from '(\.{1,2}\/[^']+)';/gms;
const COVERS = /^\/\/ Covers (.+)$/gm;

module.exports = {
  extract: (code, filePath) =>
    filePath.endsWith('.spec.ts')
      ? new Set([
          ...[...code.matchAll(IMPORT)].map(([, path]) => path),
          ...[...code.matchAll(COVERS)].flatMap(([, paths]) => paths.split(' ')),
        ])
      : new Set(),
  getCacheKey: () => 'direct-imports-2',
};
