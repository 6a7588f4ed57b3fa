import ts from 'typescript';
import { code, page, table, type ReferencePage } from './page.js';
import { declarationIn, docOf, interfaceIn, oneLine, parseSource, sentenceOf } from './source.js';

const SOURCE = 'libs/authkit/src/kernel/events.ts';
const INTRODUCTION = 'How to listen, and what every event says: [events](../guides/events.md).';

/** docs/reference/events.md, from `AuthEventDetails` and the comments in it. */
export const eventsPage: ReferencePage = {
  path: 'docs/reference/events.md',
  render() {
    const file = parseSource(SOURCE);
    const rows = eventsIn(file).map((event) => {
      const type = nameOf(event);
      return [code(type), detailsOf(event.type!), sentenceOf(event, type)];
    });
    const fields = interfaceIn(file, 'AuthEvent').members.filter(ts.isPropertySignature);
    return page(
      'Events',
      INTRODUCTION,
      table(['type', 'details', 'when'], rows),
      '## Fields of every event',
      table(
        ['field', 'type', ''],
        fields.map((field) => [code(field.name.getText()), code(oneLine(field.type!.getText())), docOf(field).text]),
      ),
      '## Why a session ended',
      'The `reason` of `session.revoked`.',
      reasonsTable(file),
    );
  },
};

/** The type of every event. */
export const eventTypes = (): string[] => eventsIn(parseSource(SOURCE)).map(nameOf);

function eventsIn(file: ts.SourceFile): ts.PropertySignature[] {
  return interfaceIn(file, 'AuthEventDetails').members.filter(ts.isPropertySignature);
}

const nameOf = (event: ts.PropertySignature): string => (event.name as ts.StringLiteral).text;

/** The fields of an event's details, with their types. */
function detailsOf(type: ts.TypeNode): string {
  if (!ts.isTypeLiteralNode(type)) return '';
  return type.members
    .filter(ts.isPropertySignature)
    .map((field) => code(`${field.name.getText()}: ${oneLine(field.type!.getText()).replace(/\breadonly /g, '')}`))
    .join(', ');
}

/** Union members carry no doc comments for the compiler, so the comment before each is read from the text. */
function reasonsTable(file: ts.SourceFile): string {
  const { type } = declarationIn(file, 'RevocationReason') as ts.TypeAliasDeclaration;
  const rows = (type as ts.UnionTypeNode).types.map((reason) => {
    const name = reason.getText().replaceAll("'", '');
    const before = file.text.slice(type.pos, reason.getStart());
    const [, comment] = /\/\*\*((?:(?!\*\/).)*)\*\/\s*\|?\s*$/s.exec(before) ?? [];
    if (comment === undefined) throw new Error(`${SOURCE}: give ${name} a doc comment, /** ... */`);
    return [code(name), oneLine(comment)];
  });
  return table(['reason', ''], rows);
}
