// Jest's answer to "what does this file import?", for the runs of Stryker: only specs import anything, and of that only
// what they name themselves.
const IMPORT = /^import (?!type )[^;]*? from '(\.{1,2}\/[^']+)';/gms;

module.exports = {
  extract: (code, filePath) =>
    filePath.endsWith('.spec.ts') ? new Set([...code.matchAll(IMPORT)].map(([, path]) => path)) : new Set(),
  getCacheKey: () => 'direct-imports-1',
};
