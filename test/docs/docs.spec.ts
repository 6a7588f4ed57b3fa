import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { PROBLEMS } from 'nest-authkit';
import { environmentVariables } from '../../scripts/docs/environment.js';
import { eventTypes } from '../../scripts/docs/events.page.js';
import { callsOf } from '../../scripts/docs/http.page.js';
import { openApiDocument } from '../../scripts/docs/openapi.js';
import { optionPaths } from '../../scripts/docs/options.page.js';
import { codeBlocksOf, headingsOf, pagesOf, type Page } from './support/markdown.js';

const ROOT_PAGES = ['SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((path) => ({
  path,
  text: readFileSync(path, 'utf8'),
}));
const pages = [...pagesOf(), ...ROOT_PAGES];
const names = pages.map((page) => [page.path, page] as const);
/** Matches of an expression on all pages that `isWrong`, each with its page and line. */
const wrong = (expression: RegExp, isWrong: (match: RegExpExecArray) => boolean) =>
  pages.flatMap(({ path, text }) =>
    [...text.matchAll(expression)]
      .filter(isWrong)
      .map((match) => `${path}:${text.slice(0, match.index).split('\n').length} ${match[0]}`),
  );

// What the generated reference does not cover: names in prose.
describe('the docs', () => {
  it('name only options and events that exist', () => {
    const known = new Set([...optionPaths(), ...eventTypes()]);
    const sections = new Set(optionPaths().flatMap((path) => (path.includes('.') ? path.split('.')[0] : [])));
    const nouns = new Set(eventTypes().map((type) => type.split('.')[0]));
    const isUnknown = ([, name]: RegExpExecArray) => {
      const [first] = name.split('.');
      const isMeant = sections.has(first) || (nouns.has(first) && /(ed|ahead)$/.test(name));
      return isMeant && !known.has(name) && !/\.(ts|js|mjs|md)$/.test(name);
    };
    expect(wrong(/`([a-z]\w*\.[a-z][\w.]*\w)(?=[`:])/g, isUnknown)).toEqual([]);
  });

  it('name only environment variables of the kit that exist', () => {
    const known = new Set(environmentVariables().flatMap((name) => [name, `${name}_FILE`]));
    expect(wrong(/(?<![\w-])(?:AUTHKIT|JWT)_[A-Z_]*[A-Z](?!\w)/g, ([name]) => !known.has(name))).toEqual([]);
  });

  it('give every problem code its status', () => {
    const isWrong = ([, status, code]: RegExpExecArray) =>
      Object.hasOwn(PROBLEMS, code) && PROBLEMS[code as keyof typeof PROBLEMS][0] !== Number(status);
    expect(wrong(/\b([1-5]\d\d) `(\w+)`/g, isWrong)).toEqual([]);
  });

  it('show only calls that exist', async () => {
    const calls = callsOf(await openApiDocument()).map(({ method, path }) => `${method} ${path}`);
    // Ways to sign in through passport have the names that the host gives them.
    const isHosts = (call: string) => /^(GET|POST) \/auth\/passport\/\w+(\/callback)?$/.test(call);
    const shown = pages.flatMap(codeBlocksOf).flatMap(({ language, page, line, code }) => {
      const [, call] = /^([A-Z]+ \/auth\/\S*)/.exec(language === 'http' ? code : '') ?? [];
      // Pages that are run have values of replies in braces.
      return call === undefined ? [] : [{ call: call.replace(/\{(\w+)\}/g, ':$1'), at: `${page}:${line} ${call}` }];
    });
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.filter(({ call }) => !calls.includes(call) && !isHosts(call)).map(({ at }) => at)).toEqual([]);
  });

  it.each(names)('%s links only to files and headings that exist', (_path, page) => {
    expect(brokenLinks(page)).toEqual([]);
  });
});

function brokenLinks({ path, text }: Page): string[] {
  return [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
    .filter(([, file, heading]) => {
      const target = file === '' ? path : normalize(join(path, '..', file));
      if (!existsSync(target)) return true;
      return heading !== undefined && target.endsWith('.md') && !headingsOf(target).includes(heading);
    })
    .map(([link]) => link);
}
