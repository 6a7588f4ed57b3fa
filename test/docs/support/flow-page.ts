import { codeBlocksOf, type CodeBlock, type Page } from './markdown.js';

/** One request of a flow with the reply it must get, or a mail that must have arrived. */
export type Step =
  | {
      readonly kind: 'call';
      readonly request: string;
      readonly reply: string;
      readonly at: string;
      readonly remarks: readonly string[];
    }
  | { readonly kind: 'mail'; readonly mail: string; readonly at: string; readonly remarks: readonly string[] };

/** What a section of the page tells: a story by itself, on an app of its own. */
export interface Flow {
  readonly title: string;
  /** What is between `<!-- flow:` and `-->` below the heading: options of the app, users who are there. */
  readonly setting: readonly string[];
  readonly steps: readonly Step[];
}

/** The flows of a page: a section each, its `http` blocks in pairs, its `mail` blocks between them. */
export function flowsOf(page: Page): Flow[] {
  const lines = page.text.split('\n');
  const headings = lines.flatMap((text, i) => (text.startsWith('## ') ? [{ title: text.slice(3), line: i + 1 }] : []));
  const blocks = codeBlocksOf(page);
  return headings
    .map(({ title, line }, i) => {
      const end = headings[i + 1]?.line ?? Infinity;
      const own = blocks.filter((block) => block.line > line && block.line < end);
      const section = lines.slice(line, Math.min(end, lines.length)).join('\n');
      return { title, setting: settingOf(section), steps: stepsOf(own) };
    })
    .filter(({ steps }) => steps.length > 0);
}

function settingOf(section: string): string[] {
  const [, text] = /<!-- flow: (.*?) -->/.exec(section.split('```')[0]) ?? [];
  return text === undefined ? [] : text.split(',').map((one) => one.trim());
}

function stepsOf(blocks: readonly CodeBlock[]): Step[] {
  const steps: Step[] = [];
  let request: CodeBlock | null = null;
  for (const block of blocks) {
    const at = `${block.page}:${block.line}`;
    const remarks = block.remarks.filter((one) => one.startsWith('then: ')).map((one) => one.slice('then: '.length));
    if (block.language === 'mail') steps.push({ kind: 'mail', mail: block.code, at, remarks });
    if (block.language !== 'http') continue;
    if (block.code.startsWith('HTTP/')) {
      if (!request) throw new Error(`${at}: a reply without a request above it`);
      const [asked, where] = [request, `${request.page}:${request.line}`];
      const before = asked.remarks.filter((one) => one.startsWith('then: ')).map((one) => one.slice('then: '.length));
      steps.push({ kind: 'call', request: asked.code, reply: block.code, at: where, remarks: before });
      request = null;
    } else {
      if (request) throw new Error(`${request.page}:${request.line}: a request without a reply below it`);
      request = block;
    }
  }
  if (request) throw new Error(`${request.page}:${request.line}: a request without a reply below it`);
  return steps;
}

/** An HTTP message as a page shows it. */
export function messageOf(text: string): { first: string; headers: [string, string][]; body: string } {
  const [head, ...rest] = text.split('\n\n');
  const [first, ...lines] = head.split('\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { first, headers, body: rest.join('\n\n').trim() };
}

/** Values that replies have shown, by the name between braces. */
export type Known = Map<string, string>;

/** `{name}` replaced by what is known. Throws for a name that no reply has shown. */
export function filled(text: string, known: Known): string {
  return text.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const value = known.get(name);
    if (value === undefined) throw new Error(`{${name}} has not been shown by any reply before`);
    return value;
  });
}

/** Whether a text is as the page shows it: `{name}` remembers what stands there, `...` is anything. */
export function matchesText(shown: string, actual: string, known: Known): boolean {
  const names: string[] = [];
  const pattern = shown.split(/(\{\w+\}|\.\.\.)/).map((part) => {
    if (part === '...') return '[\\s\\S]*?';
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name === undefined) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    names.push(name);
    return '([^\\s;"<>]+)';
  });
  const found = new RegExp(`^${pattern.join('')}$`).exec(actual);
  if (!found) return false;
  names.forEach((name, i) => known.set(name, found[i + 1]));
  return true;
}

/** Where a JSON value differs from what the page shows; `"...": "..."` stands for further fields. Empty when it does not. */
export function differencesOf(shown: unknown, actual: unknown, known: Known, path = '$'): string[] {
  if (typeof shown === 'string') {
    // What is not text, such as a number, is remembered as text.
    return matchesText(shown, typeof actual === 'string' ? actual : JSON.stringify(actual), known)
      ? []
      : [`${path} is ${JSON.stringify(actual)}, not ${shown}`];
  }
  if (typeof shown !== 'object' || shown === null)
    return shown === actual ? [] : [`${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(shown)}`];
  if (typeof actual !== 'object' || actual === null) return [`${path} is ${JSON.stringify(actual)}`];
  const [wanted, there] = [shown as Record<string, unknown>, actual as Record<string, unknown>];
  const names = Object.keys(wanted).filter((name) => name !== '...');
  const more = Object.keys(there).filter((name) => !names.includes(name));
  return [
    ...names.flatMap((name) => differencesOf(wanted[name], there[name], known, `${path}.${name}`)),
    ...('...' in wanted ? [] : more.map((name) => `${path}.${name} is not on the page`)),
  ];
}
