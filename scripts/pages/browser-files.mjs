import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The parts of the script, in the order in which they run. */
const SCRIPT = ['token.js', 'return-to.js', 'api.js', 'forms.js', 'account.js', 'start.js'];

/** Source of libs/authkit/src/pages/browser-files.ts. */
export function browserFilesModule() {
  const script = `(() => {\n'use strict';\n\n${SCRIPT.map(partOf).join('\n')}})();\n`;
  return [
    '/* eslint-disable max-lines */',
    '// Made by `npm run pages` from libs/authkit/browser/. Edit there.',
    '',
    `export type BrowserFileName = 'authkit.js' | 'authkit.css';`,
    '',
    '/** What the pages load: the text, and what names its version. */',
    'export const BROWSER_FILES: Readonly<Record<BrowserFileName, { text: string; version: string }>> = {',
    entryOf('authkit.js', script),
    entryOf('authkit.css', read('authkit.css')),
    '};',
    '',
  ].join('\n');
}

const read = (name) => readFileSync(new URL(`../../libs/authkit/browser/${name}`, import.meta.url), 'utf8');
const partOf = (name) => read(name).replace(/^\/\/ @ts-check\n+/, '');

function entryOf(name, text) {
  const version = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  const literal = text.replace(/[\\`]|\$\{/g, '\\$&');
  return `  '${name}': {\n    version: '${version}',\n    text: \`${literal}\`,\n  },`;
}
