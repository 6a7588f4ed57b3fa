// `npm install` forgives what `npm ci` would refuse; so this refuses a lockfile that lags behind a package.json, and one
// that names a registry (.npmrc: omit-lockfile-registry-resolved).
import { readFileSync } from 'node:fs';

const read = (path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8'));
const FIELDS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'];
const { packages } = read('package-lock.json');
const problems = [];

for (const folder of ['', 'libs/authkit']) {
  const wanted = read(`${folder ? `${folder}/` : ''}package.json`);
  for (const field of FIELDS) {
    const [inManifest, inLock] = [wanted[field] ?? {}, packages[folder]?.[field] ?? {}];
    for (const name of new Set([...Object.keys(inManifest), ...Object.keys(inLock)])) {
      if (inManifest[name] !== inLock[name]) {
        problems.push(
          `${folder || '.'} ${field}: ${name} is ${inManifest[name]} in package.json, ${inLock[name]} in the lock`,
        );
      }
    }
  }
}
for (const [path, { resolved }] of Object.entries(packages)) {
  if (resolved?.includes('://')) problems.push(`${path} is pinned to ${resolved}`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
