import { resolve } from 'node:path';
import ts from 'typescript';
import { blockFiles, type BlockFile } from './block-files.js';
import { codeBlocksOf, type Page } from './markdown.js';

/** A package that blocks may import though it is not installed here, and why it is not. */
export type NotInstalled = Readonly<Record<string, string>>;

/** The page whose files every page may import, unless it has one of that name itself. */
const GROUND = 'docs/getting-started.md';

interface ProjectFile {
  readonly path: string;
  readonly file: BlockFile;
}

/**
 * Type-checks the TypeScript blocks of all pages, as strictly as tsconfig.json and in one go. Gives what is wrong by
 * page, each with page and line. Blocks named `web/...` are for browsers: they see the DOM and not Node.
 */
export function compileBlocks(pages: readonly Page[], notInstalled: NotInstalled): Map<string, string[]> {
  const made = new Map(pages.map((page) => [page.path, blockFiles(codeBlocksOf(page))]));
  const problems = new Map([...made].map(([page, { problems: found }]) => [page, [...found]]));
  const ground = made.get(GROUND)?.files ?? [];
  const shared = new Map<string, string>();
  const own: ProjectFile[] = [];
  for (const [page, { files }] of made) {
    for (const file of ground) shared.set(pathOf(page, file), file.text);
    for (const file of files) own.push({ path: pathOf(page, file), file });
  }
  for (const inBrowser of [false, true]) {
    const files = own.filter(({ file }) => file.name.startsWith('web/') === inBrowser);
    const program = programOf(files, shared, inBrowser, notInstalled);
    for (const { path, file } of files) {
      const source = program.getSourceFile(path)!;
      const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
      problems.get(file.block.page)!.push(...found.flatMap((diagnostic) => describeProblem(diagnostic, file)));
    }
  }
  return problems;
}

/** Each page is a folder within the repository, so that packages are found. */
function pathOf(page: string, file: BlockFile): string {
  return resolve('.docs-blocks', page.replace(/[^\w-]+/g, '_'), file.name);
}

function programOf(
  files: readonly ProjectFile[],
  shared: ReadonlyMap<string, string>,
  inBrowser: boolean,
  notInstalled: NotInstalled,
): ts.Program {
  const config = ts.getParsedCommandLineOfConfigFile('tsconfig.json', undefined, {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => undefined,
  })!;
  const options: ts.CompilerOptions = {
    ...config.options,
    // Newcomers start with `strict` as it is; the library's own entities do without this part of it.
    strictPropertyInitialization: true,
    moduleDetection: ts.ModuleDetectionKind.Force,
    ...(inBrowser && { lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [] }),
    jsx: ts.JsxEmit.Preserve,
  };
  const ambient = resolve('.docs-blocks', 'not-installed.d.ts');
  const declared = Object.keys(notInstalled).map((name) => `declare module '${name}';`);
  const roots = new Map([...files.map(({ path, file }) => [path, file.text] as const), [ambient, declared.join('\n')]]);
  const virtual = new Map([...shared, ...roots]);
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, directoryExists, getSourceFile } = host;
  host.readFile = (path) => virtual.get(resolve(path)) ?? readFile(path);
  host.fileExists = (path) => virtual.has(resolve(path)) || fileExists(path);
  host.directoryExists = (path) =>
    [...virtual.keys()].some((file) => file.startsWith(`${resolve(path)}/`)) || directoryExists!(path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = virtual.get(resolve(path));
    return text === undefined
      ? getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, text, target, /* setParentNodes */ true);
  };
  return ts.createProgram({ rootNames: [...roots.keys()], options, host });
}

function describeProblem(diagnostic: ts.Diagnostic, { block, name, before }: BlockFile): string[] {
  const { line } = diagnostic.file!.getLineAndCharacterOfPosition(diagnostic.start!);
  // In the block that this one goes on from, and told there.
  if (line < before) return [];
  const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n    ');
  const hint = hintFor(diagnostic.code, message);
  return [`${block.page}:${block.line + line - before} (${name}): ${message}${hint && `\n    -> ${hint}`}`];
}

function hintFor(code: number, message: string): string {
  const [, missing] = /Cannot find module '([^']+)'/.exec(message) ?? [];
  if (missing?.startsWith('.')) return `name the block that is this file in its first line: // src/x.ts`;
  if (missing !== undefined)
    return 'install it, or list it in NOT_INSTALLED of test/docs/code-blocks.spec.ts with a reason';
  const unknownName = code === 2304 || code === 2552;
  return unknownName ? 'complete the block, or put <!-- compile: after src/x.ts --> above it' : '';
}
