import { PROBLEMS } from 'nest-authkit';
import ts from 'typescript';
import { code, page, table, type ReferencePage } from './page.js';
import { declarationIn, parseSource, sentenceOf } from './source.js';

const INTRODUCTION = `The \`code\` and \`status\` of every problem. What a problem looks like, and how to handle one:
[errors](../guides/errors.md).`;

/** docs/reference/errors.md, from `PROBLEMS` and the comment on each code. */
export const errorsPage: ReferencePage = {
  path: 'docs/reference/errors.md',
  render() {
    const sentences = sentencesByCode();
    const rows = Object.entries(PROBLEMS).map(([name, [status, title]]) => [
      code(name),
      String(status),
      title,
      sentences.get(name)!,
    ]);
    return page('Error codes', INTRODUCTION, table(['code', 'status', 'title', 'when, and what to do'], rows));
  },
};

function sentencesByCode(): Map<string, string> {
  const file = parseSource('libs/authkit/src/kernel/errors.ts');
  const statement = declarationIn(file, 'PROBLEMS') as ts.VariableStatement;
  let value: ts.Expression = statement.declarationList.declarations[0].initializer!;
  while (ts.isSatisfiesExpression(value) || ts.isAsExpression(value)) value = value.expression;
  const codes = (value as ts.ObjectLiteralExpression).properties;
  return new Map(codes.map((one) => [one.name!.getText(), sentenceOf(one, one.name!.getText())]));
}
