// What is mutated, where its report is, and what the report says.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** The folders that decide who gets in. */
export const FOLDERS = ['sessions', 'access', 'passwords', 'login'];

/** Percent of the mutants of each folder that the tests must notice. */
export const LOWEST_SCORE = 85;

export const SRC = 'libs/authkit/src/';

/** What the OpenAPI document says, which decides nothing, and files of types alone. */
const LEFT_OUT = ['access/openapi.ts', 'access/route-entry.ts'];

/** The mutated files of a folder, below the library's source. */
export function filesOf(folder) {
  const all = readdirSync(SRC + folder, { recursive: true }).map((name) => `${folder}/${name}`);
  const wanted = (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !LEFT_OUT.includes(name);
  return all.filter(wanted).sort();
}

export const reportOf = (file, kind = 'json') => `reports/mutation/${file.replace(/\.ts$/, '')}.${kind}`;

/** The mutants of a file, named by what does not change when lines move; null when it has not been tested. */
export function mutantsOf(file) {
  if (!existsSync(reportOf(file))) return null;
  const { files } = JSON.parse(readFileSync(reportOf(file), 'utf8'));
  const { source, mutants } = files[SRC + file] ?? { source: '', mutants: [] };
  const lines = source.split('\n');
  return mutants.map(({ mutatorName, replacement, status, location }) => ({
    file,
    mutator: mutatorName,
    line: lines[location.start.line - 1].trim(),
    replacement: (replacement ?? '').replace(/\s+/g, ' ').trim(),
    status,
  }));
}

export const isSurvivor = ({ status }) => status === 'Survived' || status === 'NoCoverage';

export function count(mutants) {
  const of = (wanted) => mutants.filter(({ status }) => status === wanted).length;
  const [killed, timeout, survived] = [of('Killed'), of('Timeout'), mutants.filter(isSurvivor).length];
  const all = killed + timeout + survived;
  return { all, killed, timeout, survived, score: all === 0 ? 100 : (100 * (killed + timeout)) / all };
}
