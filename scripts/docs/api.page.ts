import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { code, page, table, type ReferencePage } from './page.js';
import { declarationIn, docOf, parseSource } from './source.js';

const INTRODUCTION = 'What each entry of the package exports, with the first sentence of its doc comment.';

interface Export {
  readonly name: string;
  readonly kind: string;
  readonly sentence: string;
}

/** docs/reference/api.md, from the entries in tsconfig.json's `paths`. */
export const apiPage: ReferencePage = {
  path: 'docs/reference/api.md',
  render() {
    const { config } = ts.parseConfigFileTextToJson('tsconfig.json', readFileSync('tsconfig.json', 'utf8')) as {
      config: { compilerOptions: { paths: Record<string, [string]> } };
    };
    const entries = Object.entries(config.compilerOptions.paths).filter(([, [path]]) => existsSync(path));
    const sections = entries.flatMap(([entry, [path]]) => {
      const exports = exportsOf(path).sort((a, b) => (a.name < b.name ? -1 : 1));
      if (exports.length === 0) return [];
      const rows = exports.map(({ name, kind, sentence }) => [code(name), kind, sentence]);
      return [`## ${entry}`, table(['name', 'kind', ''], rows)];
    });
    return page('Exports', INTRODUCTION, ...sections);
  },
};

function exportsOf(path: string): Export[] {
  const file = parseSource(path);
  return file.statements.flatMap((statement): Export[] => {
    if (ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)) {
      const from = statement.moduleSpecifier as ts.StringLiteral | undefined;
      return statement.exportClause.elements.map(({ name, propertyName }) =>
        describeExport(from ? fileOf(path, from.text) : path, (propertyName ?? name).text, name.text),
      );
    }
    const isExported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExport);
    const { name } = statement as ts.DeclarationStatement;
    return isExported && name ? [describeExport(path, name.text, name.text)] : [];
  });
}

const isExport = ({ kind }: ts.ModifierLike): boolean => kind === ts.SyntaxKind.ExportKeyword;

const fileOf = (path: string, specifier: string): string => join(dirname(path), specifier.replace(/\.js$/, '.ts'));

function describeExport(path: string, name: string, exportedAs: string): Export {
  const passedOn = exportsOfBarrel(path).get(name);
  if (passedOn) return describeExport(passedOn, name, exportedAs);
  const declaration = declarationIn(parseSource(path), name);
  const [sentence] = /^.*?\.(?=\s|$)|^.*$/.exec(docOf(declaration).text) ?? [''];
  return { name: exportedAs, kind: kindOf(declaration, exportedAs), sentence };
}

/** Names a file passes on from another, by the file that declares them. */
function exportsOfBarrel(path: string): Map<string, string> {
  const passed = parseSource(path).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || !statement.moduleSpecifier || !statement.exportClause) return [];
    if (!ts.isNamedExports(statement.exportClause)) return [];
    const from = fileOf(path, (statement.moduleSpecifier as ts.StringLiteral).text);
    return statement.exportClause.elements.map(({ name }) => [name.text, from] as const);
  });
  return new Map(passed);
}

function kindOf(declaration: ts.Statement, name: string): string {
  if (ts.isClassDeclaration(declaration)) return 'class';
  if (ts.isInterfaceDeclaration(declaration)) return 'interface';
  if (ts.isTypeAliasDeclaration(declaration)) return 'type';
  const makesDecorators = /^[A-Z][a-z]/.test(name);
  if (ts.isFunctionDeclaration(declaration)) return makesDecorators ? 'decorator' : 'function';
  return makesDecorators ? 'decorator' : 'constant';
}
