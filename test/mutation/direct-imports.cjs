// Jest's answer to "what does this file import?", for the runs of Stryker: only specs import anything, and of that only
// what they name themselves. `// Covers ./x.js ./y.js` says it instead, where a spec tests files by way
// of others, or imports some only to use them.
const IMPORT = /^import (?!type )[^;]*? from '(\.{1,2}\/[^']+)';/gms;
const COVERS = /^\/\/ Covers (.+)$/gm;

module.exports = {
  extract: (code, filePath) => {
    if (!filePath.endsWith('.spec.ts')) return new Set();
    const covered = [...code.matchAll(COVERS)].flatMap(([, paths]) => paths.split(' '));
    return new Set(covered.length > 0 ? covered : [...code.matchAll(IMPORT)].map(([, path]) => path));
  },
  getCacheKey: () => 'direct-imports-3',
};
