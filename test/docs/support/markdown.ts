import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced code block of a page. */
export interface CodeBlock {
  /** The page's path. */
  readonly page: string;
  /** Where the first line of the code stands on the page, counted from 1. */
  readonly line: number;
  /** The first word behind the fence, in lower case; empty without one. */
  readonly language: string;
  readonly code: string;
  /** The HTML comments directly above it, such as `<!-- compile: after src/x.ts -->`, without their brackets. */
  readonly remarks: readonly string[];
}

export interface Page {
  readonly path: string;
  readonly text: string;
}

/** The README and everything below docs/, of a folder. */
export function pagesOf(folder = '.'): Page[] {
  const below = readdirSync(join(folder, 'docs'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return [join(folder, 'README.md'), ...below].map((path) => ({ path, text: readFileSync(path, 'utf8') }));
}

/** The fenced code blocks of a page, in their order. */
export function codeBlocksOf({ path, text }: Page): CodeBlock[] {
  const lines = text.split('\n');
  const blocks: CodeBlock[] = [];
  for (let start = 0; start < lines.length; start++) {
    const [, indent, fence, language] = /^( *)(`{3,}|~{3,})\s*([^\s`]*)/.exec(lines[start]) ?? [];
    if (fence === undefined) continue;
    let end = start + 1;
    while (end < lines.length && !lines[end].trim().startsWith(fence)) end++;
    if (end === lines.length) throw new Error(`${path}:${start + 1}: this code block has no end`);
    const code = lines.slice(start + 1, end).map((line) => line.slice(Math.min(indent.length, leadingSpaces(line))));
    blocks.push({
      page: path,
      line: start + 2,
      language: language.toLowerCase(),
      code: code.join('\n'),
      remarks: remarksAbove(lines, start),
    });
    start = end;
  }
  return blocks;
}

function remarksAbove(lines: readonly string[], fence: number): string[] {
  const remarks: string[] = [];
  for (let at = fence - 1; at >= 0; at--) {
    const [, remark] = /^\s*<!--\s*(.*?)\s*-->\s*$/.exec(lines[at]) ?? [];
    if (remark !== undefined) remarks.unshift(remark);
    else if (lines[at].trim() !== '') break;
  }
  return remarks;
}

const leadingSpaces = (line: string): number => line.length - line.trimStart().length;

/** The anchors of a page's headings, as GitHub makes them. */
export function headingsOf(path: string): string[] {
  const headings = [...readFileSync(path, 'utf8').matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => heading);
  return headings.map((heading) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}
