import type { CodeBlock } from './markdown.js';

/** A block as a file of its page's little project. */
export interface BlockFile {
  readonly block: CodeBlock;
  /** Within the page's project; from the first line of the block, `// src/x.ts`. */
  readonly name: string;
  readonly text: string;
  /** Lines of `text` that stand before the block's own. */
  readonly before: number;
}

const EXTENSIONS: Readonly<Record<string, string>> = { ts: 'ts', typescript: 'ts', tsx: 'tsx' };

/** Whether a block is TypeScript. */
export const isTypeScript = (block: CodeBlock): boolean => Object.hasOwn(EXTENSIONS, block.language);

/** Why a block shall not be compiled, by the remark `<!-- no-check: why -->` above it; null when it shall. */
export function uncheckedBecause(block: CodeBlock): string | null {
  const remark = block.remarks.find((text) => text.startsWith('no-check'));
  return remark === undefined ? null : remark.replace(/^no-check:?\s*/, '');
}

/**
 * The TypeScript blocks of one page as files. A block that cannot stand alone says which one it goes on from, in a
 * remark above it: `<!-- compile: after src/x.ts -->`. It is then compiled behind a copy of that one.
 */
export function blockFiles(blocks: readonly CodeBlock[]): { files: BlockFile[]; problems: string[] } {
  const files: BlockFile[] = [];
  const problems: string[] = [];
  for (const block of blocks) {
    if (!isTypeScript(block) || uncheckedBecause(block) !== null) continue;
    const where = `${block.page}:${block.line}`;
    const name = nameOf(block);
    if (files.some((file) => file.name === name)) {
      problems.push(`${where}: the page has another block named ${name}: give one of them another name`);
      continue;
    }
    const former = block.remarks.map((remark) => /^compile: after (\S+)$/.exec(remark)?.[1]).find(Boolean);
    const base = files.find((file) => file.name === former);
    if (former !== undefined && !base) {
      problems.push(`${where}: there is no block named ${former} before this one to compile it after`);
      continue;
    }
    const unknown = block.remarks.find((remark) => remark.startsWith('compile') && former === undefined);
    if (unknown !== undefined) problems.push(`${where}: say <!-- compile: after src/x.ts -->, not "${unknown}"`);
    const prefix = base ? `${base.text}\n` : '';
    files.push({ block, name, text: prefix + block.code, before: prefix.split('\n').length - 1 });
  }
  return { files, problems };
}

function nameOf(block: CodeBlock): string {
  const [, named] = /^\/\/ ((?:[\w.@-]+\/)*[\w.@-]+\.tsx?)(?:\s|$)/.exec(block.code) ?? [];
  return named ?? `block-at-line-${block.line}.${EXTENSIONS[block.language]}`;
}
