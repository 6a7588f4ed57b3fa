import ts from 'typescript';
import { environmentTable } from './environment.js';
import { code, page, table, type ReferencePage } from './page.js';
import { docOf, interfaceIn, oneLine, parseSource, sentenceOf } from './source.js';

const SOURCE = 'libs/authkit/src/options/authkit-options.ts';
/** Groups of options in a file of their own. */
const GROUPS = ['link-options'].map((name) => `libs/authkit/src/options/${name}.ts`);
const INTRODUCTION = `How to give them, what production refuses and more: [configuration](../guides/configuration.md). A duration is a
number of seconds, or text: \`'30s'\`, \`'15m'\`, \`'12h'\`, \`'7d'\`.

Described in guides: the keys of [\`accessToken.keys\`](../guides/key-rotation.md#access-tokens-with-a-key-pair),
[\`passport()\`](../guides/passport.md#reference), [\`webSockets()\`](../guides/websockets.md#limits),
[\`ResourceServerModule\`](../guides/resource-server.md).`;

/** An option with a value, by its path. */
interface Option {
  readonly path: string;
  readonly type: string;
  readonly default: string | null;
  readonly text: string;
}

/** docs/reference/options.md, from the types of the options and their doc comments. */
export const optionsPage: ReferencePage = {
  path: 'docs/reference/options.md',
  render() {
    const file = parseSource(SOURCE);
    const interfaces = file.statements.filter(ts.isInterfaceDeclaration);
    const names = new Set(interfaces.flatMap((one) => optionsOf(one).flatMap(({ path }) => path.split('.'))));
    const sections = interfaces.flatMap((one) => [
      `## ${one.name.text}`,
      sentenceOf(one, one.name.text),
      table(
        ['option', 'type', 'default', ''],
        optionsOf(one).map(({ path, type, default: value, text }) => [
          code(path),
          type && code(type),
          value === null ? '' : isCode(value, names) ? code(value) : value,
          text,
        ]),
      ),
    ]);
    return page('Options', INTRODUCTION, ...sections, '## Environment variables', environmentTable());
  },
};

/** Every option of the run-time half with the default its comment names, for a test of the comments. */
export function documentedDefaults(): { path: string; default: string | null }[] {
  return optionsOf(interfaceIn(parseSource(SOURCE), 'AuthKitRuntimeOptions'));
}

/** The path of every option. */
export function optionPaths(): string[] {
  const file = parseSource(SOURCE);
  const halves = ['AuthKitStaticOptions', 'AuthKitRuntimeOptions'];
  return halves.flatMap((half) => optionsOf(interfaceIn(file, half)).map(({ path }) => path));
}

function optionsOf(owner: ts.InterfaceDeclaration): Option[] {
  return membersOf(owner.members, '');
}

function membersOf(members: ts.NodeArray<ts.TypeElement>, prefix: string): Option[] {
  return members.filter(ts.isPropertySignature).flatMap((member) => {
    const path = prefix + member.name.getText();
    const doc = docOf(member);
    const inner = innerOf(member.type!);
    if (doc.text === '' && doc.default === null && !inner) sentenceOf(member, path);
    const type = inner ? oneLine(otherTypes(member.type!)) : typeText(member.type!);
    const row = { path, type, default: doc.default, text: doc.text };
    if (!inner) return [row];
    return [...(doc.text || type ? [row] : []), ...membersOf(inner.members, `${path}.`)];
  });
}

/** The members of an option that is an object with options of its own. */
function innerOf(type: ts.TypeNode): ts.TypeLiteralNode | ts.InterfaceDeclaration | undefined {
  if (ts.isTypeLiteralNode(type)) return type;
  if (ts.isTypeReferenceNode(type)) return groups().find(({ name }) => name.text === type.typeName.getText());
  return ts.isUnionTypeNode(type) ? type.types.find(ts.isTypeLiteralNode) : undefined;
}

const groups = (): ts.InterfaceDeclaration[] =>
  GROUPS.flatMap((file) => parseSource(file).statements.filter(ts.isInterfaceDeclaration));

/** What an option may be that can be something else than an object with options of its own. */
function otherTypes(type: ts.TypeNode): string {
  if (!ts.isUnionTypeNode(type)) return '';
  return type.types.map((one) => (ts.isTypeLiteralNode(one) ? 'object' : typeText(one))).join(' | ');
}

const typeText = (type: ts.TypeNode): string => oneLine(type.getText()).replace(/\breadonly /g, '');

/** Whether a default is a value or a name rather than words. */
function isCode(value: string, options: ReadonlySet<string>): boolean {
  return (
    /^('[^']*'$|[[{\d]|true$|false$|null$|[a-zA-Z]\w*\(.*\)$|[A-Z][a-z]+[A-Z]\w*$)/.test(value) || options.has(value)
  );
}
