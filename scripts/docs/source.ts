import { readFileSync } from 'node:fs';
import ts from 'typescript';

/** A file of the library's source, parsed; types are not resolved, only read. */
export function parseSource(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, /* setParentNodes */ true);
}

/** What the doc comment above a declaration says. */
export interface Doc {
  /** On one line; empty without a comment. */
  readonly text: string;
  /** Of `@default`; null without it. */
  readonly default: string | null;
}

export function docOf(node: ts.Node): Doc {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const comment = comments.at(-1);
  const tag = comment?.tags?.find(({ tagName }) => tagName.text === 'default');
  return {
    text: oneLine(ts.getTextOfJSDocComment(comment?.comment) ?? '').replace(/\{@link ([\w.]+)\}/g, '`$1`'),
    default: tag ? oneLine(ts.getTextOfJSDocComment(tag.comment) ?? '').replace(/\\([{}])/g, '$1') : null,
  };
}

/** {@link docOf}, for what must have a sentence. */
export function sentenceOf(node: ts.Node, name: string): string {
  const { text } = docOf(node);
  if (text === '') throw new Error(`${node.getSourceFile().fileName}: give ${name} a doc comment, /** ... */`);
  return text;
}

/** The exported declaration of a name in a file. */
export function declarationIn(file: ts.SourceFile, name: string): ts.Statement {
  const found = file.statements.find((statement) => namesOf(statement).includes(name));
  if (!found) throw new Error(`${file.fileName} declares no ${name}`);
  return found;
}

export function interfaceIn(file: ts.SourceFile, name: string): ts.InterfaceDeclaration {
  const found = declarationIn(file, name);
  if (!ts.isInterfaceDeclaration(found)) throw new Error(`${file.fileName}: ${name} is no interface`);
  return found;
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = statement as ts.DeclarationStatement;
  return name ? [name.text] : [];
}

export const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
