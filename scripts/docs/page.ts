/** A page of docs/reference/, made from the code. */
export interface ReferencePage {
  readonly path: string;
  render(): string | Promise<string>;
}

/** A page's text: title, a note that it is generated, and its parts, with a blank line between. */
export function page(title: string, ...parts: string[]): string {
  const note = '<!-- Generated from the code: npm run docs. Do not edit. -->';
  return `${[`# ${title}`, note, ...parts].join('\n\n')}\n`;
}

/** A Markdown table; what stands in a cell may hold bars. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

export const code = (text: string): string => `\`${text}\``;
