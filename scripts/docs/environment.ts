import { optionsFromEnv } from 'nest-authkit';
import { code, table } from './page.js';

/** Values of which every variable takes at least one. */
const SAMPLES = ['true', '1', 'id:secret'];

/** Which environment variable sets which option: found out by setting each, so that it is what the code does. */
export function environmentTable(): string {
  const options = new Map<string, string[]>();
  for (const name of environmentVariables()) {
    const path = optionSetBy(name);
    options.set(path, [...(options.get(path) ?? []), name]);
  }
  return [
    'What `optionsFromEnv()` reads. Each has a twin with `_FILE` that names a file with the value.',
    table(
      ['variable', 'or', 'option'],
      [...options].map(([path, [name, ...aliases]]) => [code(name), aliases.map(code).join(', '), code(path)]),
    ),
  ].join('\n\n');
}

/** The variables that `optionsFromEnv()` asks for, in their order. */
export function environmentVariables(): string[] {
  const asked = new Set<string>();
  const listening = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get(_target, name) {
        asked.add(String(name));
        return undefined;
      },
    },
  );
  optionsFromEnv(listening);
  return [...asked].filter((name) => !(name.endsWith('_FILE') && asked.has(name.slice(0, -'_FILE'.length))));
}

function optionSetBy(name: string): string {
  for (const sample of SAMPLES) {
    try {
      const [path, ...others] = pathsOf(optionsFromEnv({ [name]: sample }));
      if (path !== undefined && others.length === 0) return path;
    } catch {
      // Not a value for this one.
    }
  }
  throw new Error(`${name} sets no single option with any of ${SAMPLES.join(', ')}`);
}

function pathsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? pathsOf(inner, `${prefix}${name}.`)
      : [prefix + name],
  );
}
