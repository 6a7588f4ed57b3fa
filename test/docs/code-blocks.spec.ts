import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { isTypeScript, uncheckedBecause } from './support/block-files.js';
import { compileBlocks, type NotInstalled } from './support/compile-blocks.js';
import { codeBlocksOf, pagesOf } from './support/markdown.js';

/** Packages that blocks import and this repository does not install, each with the reason. */
const NOT_INSTALLED: NotInstalled = {};

/** TypeScript blocks that are not compiled; each also says why, in a remark above it. */
const MOST_UNCHECKED = 0;

/** A page with one mistake of each kind, to see that they are found, and where. */
const WRONG = {
  path: 'wrong.md',
  text: `# Wrong
\`\`\`ts
// src/auth.module.ts
import { AuthKitModule } from 'nest-authkit';

export const auth = AuthKitModule.forRoot({ session: { idleTimeoutt: '7d' } });
\`\`\`
<!-- compile: after src/auth.module.ts -->
\`\`\`ts
export const again = AuthKitModule.forRoot({ rolls: {} });
\`\`\`
\`\`\`ts
import { nothing } from './nothing.js';
import * as unheardOf from 'unheard-of';

console.log(nothing, unheardOf, undeclared);
\`\`\`
`,
};

const pages = pagesOf();
const blocks = pages.flatMap(codeBlocksOf);
const at = ({ page, line }: { page: string; line: number }) => `${page}:${line}`;

describe('TypeScript blocks', () => {
  let problems: Map<string, string[]>;
  beforeAll(() => {
    problems = compileBlocks([...pages, WRONG], NOT_INSTALLED);
  }, 120_000);

  it.each(pages.map(({ path }) => path))('of %s compile', (path) => {
    expect(problems.get(path)!.join('\n')).toBe('');
  });

  it('that do not compile are named by page and line, with what to do', () => {
    expect(problems.get(WRONG.path)).toEqual([
      expect.stringMatching(/^wrong\.md:6 .*idleTimeoutt/s),
      expect.stringMatching(/^wrong\.md:10 .*rolls/s),
      expect.stringMatching(/^wrong\.md:13 .*nothing\.js.*-> name the block/s),
      expect.stringMatching(/^wrong\.md:14 .*unheard-of.*-> install it/s),
      expect.stringMatching(/^wrong\.md:16 .*'undeclared'.*-> complete the block/s),
    ]);
  });

  it('that are not compiled say why, and are few', () => {
    const unchecked = blocks.filter((block) => isTypeScript(block) && uncheckedBecause(block) !== null);
    expect(unchecked.filter((block) => uncheckedBecause(block) === '').map(at)).toEqual([]);
    expect(unchecked.map(at).slice(MOST_UNCHECKED)).toEqual([]);
  });

  it('never import a package that is listed as not installed, and is', () => {
    const installed = Object.keys(NOT_INSTALLED).filter(
      (name) => ts.resolveModuleName(name, 'x.ts', {}, ts.sys).resolvedModule !== undefined,
    );
    expect(installed).toEqual([]);
  });
});

describe('other blocks', () => {
  const inLanguage = (...languages: string[]) => blocks.filter(({ language }) => languages.includes(language));

  it('in JavaScript parse', () => {
    const problems = inLanguage('js', 'mjs', 'cjs', 'javascript').flatMap((block) => {
      const { diagnostics } = ts.transpileModule(block.code, { fileName: 'block.js', reportDiagnostics: true });
      return diagnostics!.map(
        ({ messageText }) => `${at(block)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      );
    });
    expect(problems).toEqual([]);
  });

  it('in JSON parse, bodies of HTTP messages among them', () => {
    const bodies = inLanguage('http').flatMap((block) => {
      const [head, ...rest] = block.code.split('\n\n');
      return rest.join('\n\n').startsWith('{')
        ? [{ page: block.page, line: block.line + head.split('\n').length + 1, code: rest.join('\n\n') }]
        : [];
    });
    const problems = [...inLanguage('json'), ...bodies].flatMap((block) => {
      try {
        JSON.parse(block.code);
        return [];
      } catch (error) {
        return [`${at(block)}: ${String(error)}`];
      }
    });
    expect(problems).toEqual([]);
  });

  it('in the shell parse, and run only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    const problems = inLanguage('sh', 'bash', 'shell').flatMap((block) => {
      const { stderr } = spawnSync('bash', ['-n'], { input: block.code, encoding: 'utf8' });
      const unknown = [...block.code.matchAll(/\bnpm run (?:--?\S+ )*([\w:-]+)/g)]
        .map(([, name]) => name)
        .filter((name) => !Object.hasOwn(scripts, name));
      return [
        ...(stderr ? [`${at(block)}: ${stderr}`] : []),
        ...unknown.map((name) => `${at(block)}: package.json has no script ${name}`),
      ];
    });
    expect(problems).toEqual([]);
  });
});
