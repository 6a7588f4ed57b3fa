import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { authKitOpenApi, PROBLEMS } from 'nest-authkit';
import { createTestApp } from '../support/test-app.js';

const read = (path: string) => readFileSync(path, 'utf8');
const markdown = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name));
/** The first cell of every row of every table, as code. */
const firstCells = (text: string) =>
  [...text.matchAll(/^\|\s*((?:`[^`|]+`(?:, )?)+)\s*\|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );

describe('the docs', () => {
  it('list every error code with its status, and no other', () => {
    const rows = [...read('docs/guides/errors.md').matchAll(/^\|\s*`(\w+)`\s*\|\s*(\d{3})\s*\|/gm)];
    const documented = Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]));
    const real = Object.fromEntries(Object.entries(PROBLEMS).map(([code, [status]]) => [code, status]));
    expect(documented).toEqual(real);
  });

  it('list every event, and no other', () => {
    const [, details] = /interface AuthEventDetails \{(.*?)\n\}/s.exec(read('libs/authkit/src/kernel/events.ts'))!;
    const real = [...details.matchAll(/'([\w.]+)':/g)].map(([, type]) => type);
    const documented = firstCells(read('docs/guides/events.md')).filter((name) => /^[a-z]+\.[a-z_]+$/.test(name));
    expect([...new Set(documented)].sort()).toEqual(real.sort());
  });

  it('list every environment variable, and no other', () => {
    const variables = (text: string) => [...new Set(text.match(/\b(?:AUTHKIT|JWT)_[A-Z_]*[A-Z]\b/g))].sort();
    const documented = variables(read('docs/guides/configuration.md')).filter((name) => !name.endsWith('_FILE'));
    expect(documented).toEqual(
      variables(read('libs/authkit/src/options/options-from-env.ts')).filter((name) => name !== 'AUTHKIT_'),
    );
  });

  it('and OpenAPI name the same calls, with the same success and the same need of a credential', async () => {
    const t = await createTestApp();
    const { paths } = SwaggerModule.createDocument(t.app, authKitOpenApi(new DocumentBuilder()).build());
    await t.close();
    const real = Object.entries(paths)
      .filter(([path]) => path.startsWith('/auth/'))
      .flatMap(([path, operations]) =>
        Object.entries(operations as Record<string, { responses: object; security?: unknown[] }>).map(
          ([method, { responses, security }]) => {
            const success = Object.keys(responses).filter((status) => status.startsWith('2'));
            const needs = security?.length === 0 ? 'open' : 'access token';
            return [`${method.toUpperCase()} ${path.replace('{id}', ':id')}`, needs, success.join(', or ')].join(' | ');
          },
        ),
      );
    const rows = [
      ...read('docs/http.md').matchAll(/^\| ((?:GET|POST|PATCH|DELETE) \S+)\s*\| ([^|]+?)\s*\| ([^|]+?)\s*\|$/gm),
    ];
    const documented = rows.map(([, call, credential, success]) =>
      [call, credential === 'access token' ? credential : 'open', success].join(' | '),
    );
    expect(documented.sort()).toEqual(real.sort());
  });

  it('list every option with its default', () => {
    const source = read('libs/authkit/src/options/authkit-options.ts');
    const [, runtime] = /interface AuthKitRuntimeOptions \{(.*?)\n\}/s.exec(source)!;
    const names: string[] = [];
    let section = '';
    for (const line of runtime.split('\n')) {
      const [, indent, name, opens] = /^( {2}| {4})(\w+)\?: (\{$)?/.exec(line) ?? [];
      if (name === undefined) continue;
      if (indent.length === 2) section = opens ? `${name}.` : '';
      if (!opens) names.push((indent.length === 4 ? section : '') + name);
    }
    expect(names.length).toBeGreaterThan(25);
    const documented = read('docs/guides/configuration.md');
    expect(names.filter((name) => !documented.includes(`\`${name}`))).toEqual([]);
  });

  it.each(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...markdown('docs')])(
    '%s links only to files that exist',
    (path) => {
      const links = [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map(([, link]) => link);
      const missing = links.filter((link) => !existsSync(join(path, '..', link)));
      expect(missing).toEqual([]);
    },
  );
});
