import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { resolveOptions, type AuthKitRuntimeOptions } from 'nest-authkit';
import { documentedDefaults } from '../../scripts/docs/options.page.js';
import { REFERENCE } from '../../scripts/docs/reference.js';

/** Set by `npm run docs`: writes the pages instead of comparing them. */
const WRITE = process.env['UPDATE_DOCS'] === '1';

describe('docs/reference', () => {
  it.each(REFERENCE.map((page) => [page.path, page] as const))(
    '%s is what the code says; if not, run: npm run docs',
    async (path, page) => {
      const text = await page.render();
      if (WRITE) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
      expect(existsSync(path) ? readFileSync(path, 'utf8') : '').toBe(text);
    },
  );

  it('holds generated pages only', () => {
    const files = readdirSync('docs/reference').map((name) => `docs/reference/${name}`);
    expect(files.sort()).toEqual(REFERENCE.map(({ path }) => path).sort());
  });
});

describe('the default that an option’s comment names', () => {
  const SECRET = 'k7Qw2Zr9Xv4Tn1Lb8Hs5Yd3Mf6Pc0Gj-Ue';
  const resolved = (options: AuthKitRuntimeOptions) => resolveOptions({ secret: SECRET, ...options }, {});
  const literals = documentedDefaults().flatMap(({ path, default: text }) => {
    const value = literal(text);
    return value === undefined ? [] : [[path, value] as const];
  });

  it('is a value that can be tried, for most options', () => {
    expect(literals.length).toBeGreaterThan(20);
  });

  it.each(literals)('is the one in force: %s', (path, value) => {
    expect(resolved(nest(path, value))).toEqual(resolved({}));
  });
});

/** The value a comment names, if it is one: `'15m'`, `true`, `['user']`. */
function literal(text: string | null): unknown {
  if (text === null || !/^('[^']*'|\d+|true|false|\[.*\]|\{\})$/.test(text)) return undefined;
  return JSON.parse(text.replaceAll("'", '"')) as unknown;
}

function nest(path: string, value: unknown): AuthKitRuntimeOptions {
  return path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as AuthKitRuntimeOptions;
}
