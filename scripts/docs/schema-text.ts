import type { OpenAPIObject } from '@nestjs/swagger';
import { code } from './page.js';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
export type SchemaObject = Exclude<Schema, { $ref: string }>;

/** An OpenAPI schema in a few words; named ones as links to their heading on the same page. */
export function schemaText(schema: Schema): string {
  if ('$ref' in schema) {
    const name = schema.$ref.split('/').at(-1)!;
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.oneOf) return schema.oneOf.map(schemaText).join(' or ');
  if (schema.allOf) return schema.allOf.map(schemaText).join(' with ');
  if (schema.enum) return schema.enum.map((value) => code(JSON.stringify(value))).join(', ');
  if (schema.type === 'array') return `list of ${schemaText(schema.items!)}`;
  if (schema.properties) {
    const fields = Object.entries(schema.properties).map(([name, field]) => `${code(name)}: ${schemaText(field)}`);
    return fields.join(', ');
  }
  return `${String(schema.type)}${limits(schema)}${schema.nullable ? ' or null' : ''}`;
}

/** Rows of a table of an object's fields: name, what it is, whether it must be there, what it means. */
export function fieldRows({ properties = {}, required = [] }: SchemaObject): string[][] {
  return Object.entries(properties).map(([name, field]) => [
    code(name),
    schemaText(field),
    required.includes(name) ? 'yes' : '',
    ('description' in field && field.description) || '',
  ]);
}

function limits({ format, minLength, maxLength, minimum, maximum }: SchemaObject): string {
  const range = (from: number | undefined, to: number | undefined, unit: string) =>
    from !== undefined && to !== undefined ? `${from} to ${to}${unit}` : to !== undefined ? `at most ${to}${unit}` : '';
  const words = [format, range(minLength, maxLength, ' characters'), range(minimum, maximum, '')].filter(Boolean);
  return words.length > 0 ? ` (${words.join(', ')})` : '';
}
