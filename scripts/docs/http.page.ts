import type { OpenAPIObject } from '@nestjs/swagger';
import { openApiDocument } from './openapi.js';
import { code, page, table, type ReferencePage } from './page.js';
import { fieldRows, schemaText, type SchemaObject } from './schema-text.js';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['post']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const INTRODUCTION = `Every call of the kit's own routes, as OpenAPI documents them: with the default prefix, and without fields of your own.
Examples and what is true of all calls: [HTTP contract](../http.md). Besides the replies below, any call may answer 405,
413 or 415: see [errors](errors.md).`;

/** One of the kit's calls. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** docs/reference/http.md, from the OpenAPI document. */
export const httpPage: ReferencePage = {
  path: 'docs/reference/http.md',
  async render() {
    const document = await openApiDocument();
    const calls = callsOf(document);
    const schemas = Object.entries(document.components!.schemas!) as [string, SchemaObject][];
    return page(
      'HTTP calls',
      INTRODUCTION,
      table(
        ['call', 'access token', 'success', ''],
        calls.map((call) => [
          `${call.method} ${call.path}`,
          isOpen(call) ? '' : 'yes',
          repliesOf(call)
            .filter(([status]) => status.startsWith('2'))
            .map(([status]) => status)
            .join(', or '),
          call.operation.summary ?? '',
        ]),
      ),
      ...calls.flatMap(sectionOf),
      '## Shapes',
      ...schemas.flatMap(([name, schema]) => [`### ${name}`, fieldsTable(schema)]),
    );
  },
};

export function callsOf({ paths }: OpenAPIObject): Call[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace(/\{(\w+)\}/g, ':$1'),
      operation: item[method]!,
    })),
  );
}

/** Whether it may be called without an access token. */
const isOpen = ({ operation }: Call): boolean => operation.security?.length === 0;

const repliesOf = ({ operation }: Call): [string, Reply][] => Object.entries(operation.responses) as [string, Reply][];

interface Reply {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { schema?: Parameters<typeof schemaText>[0] }>>;
}

function sectionOf(call: Call): string[] {
  const { operation } = call;
  const parts = [
    `## ${call.method} ${call.path}`,
    `${operation.summary}. Needs ${isOpen(call) ? 'no' : 'an'} access token.`,
  ];
  const parameters = (operation.parameters ?? []).filter((parameter) => 'name' in parameter);
  if (parameters.length > 0) {
    const rows = parameters.map(({ name, in: place, required, schema }) => [
      code(name),
      place,
      schema ? schemaText(schema) : '',
      required ? 'yes' : '',
    ]);
    parts.push(table(['parameter', 'in', 'type', 'required'], rows));
  }
  const body = operation.requestBody;
  for (const [type, { schema }] of Object.entries(body && 'content' in body ? body.content : {})) {
    const optional = body && 'required' in body && body.required === false ? ', optional' : '';
    if (!schema || '$ref' in schema) parts.push(`Body, ${code(type)}${optional}: ${schemaText(schema!)}`);
    else parts.push(`Body, ${code(type)}${optional}:`, fieldsTable(schema));
  }
  const rows = repliesOf(call).map(([status, { description = '', content = {} }]) => {
    const [type, media] = Object.entries(content)[0] ?? [];
    return [status, media?.schema ? schemaText(media.schema) : '', type ? code(type) : '', description];
  });
  parts.push(table(['reply', 'body', 'type', 'when'], rows));
  return parts;
}

function fieldsTable(schema: SchemaObject): string {
  const rows = fieldRows(schema);
  return rows.length > 0 ? table(['field', 'type', 'required', ''], rows) : 'No fields.';
}
