import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const SOURCES = 'libs/authkit/browser';
/** The parts of the script, in the order in which they run. */
const SCRIPT = ['token.js', 'return-to.js', 'api.js', 'forms.js', 'account.js', 'start.js'];

/**
 * Source of libs/authkit/src/pages/browser-files.ts, from the files of libs/authkit/browser/. As texts in a module they
 * are wherever the library is: in ES modules, in CommonJS, and in whatever a bundler makes of it.
 */
export function browserFilesModule(): string {
  const parts = SCRIPT.map((name) => read(name).replace(/^\/\/ @ts-check\n+/, ''));
  return [
    '/* eslint-disable max-lines */',
    '// Made by `npm run pages` from libs/authkit/browser/. Edit there.',
    '',
    `export type BrowserFileName = 'authkit.js' | 'authkit.css' | 'authkit.svg';`,
    '',
    '/** What the pages load: the text, and what names its version. */',
    'export const BROWSER_FILES: Readonly<Record<BrowserFileName, { text: string; version: string }>> = {',
    entryOf('authkit.js', `(() => {\n'use strict';\n\n${parts.join('\n')}})();\n`),
    entryOf('authkit.css', read('authkit.css')),
    entryOf('authkit.svg', read('authkit.svg')),
    '};',
    '',
  ].join('\n');
}

const read = (name: string): string => readFileSync(`${SOURCES}/${name}`, 'utf8');

function entryOf(name: string, text: string): string {
  const version = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  const literal = text.replace(/[\\`]|\$\{/g, '\\$&');
  return `  '${name}': {\n    version: '${version}',\n    text: \`${literal}\`,\n  },`;
}
