import { inspect } from 'node:util';
import { jest } from '@jest/globals';

/** A marked secret: what it is, and its text. */
export interface Canary {
  readonly what: string;
  readonly text: string;
}

/** The forms in which a secret may turn up. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const forms = [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text.toWellFormed()),
    bytes.toString('hex'),
    // Also as part of something longer: the last group depends on what follows, and the first on what comes before.
    ...[0, 1, 2].map((shift) => encodedWithin(bytes, shift, 'base64')),
    ...[0, 1, 2].map((shift) => encodedWithin(bytes, shift, 'base64url')),
    ...text.split(/\r?\n/).filter((line) => line.length >= 40),
  ];
  return [...new Set(forms)].filter((form) => form.length >= 10);
}

function encodedWithin(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString(encoding)
    .replaceAll('=', '');
  return text.slice(shift === 0 ? 0 : shift + 1, -3);
}

/** What was seen in a run, by place, and which secrets must not be in it. */
export class Canaries {
  private readonly secrets: Canary[] = [];
  private readonly seen: { place: string; text: string }[] = [];

  add(what: string, ...texts: readonly (string | null | undefined)[]): void {
    for (const text of texts) if (text) this.secrets.push({ what, text });
  }

  /** Strings as they are, everything else as a developer's console would show it, hidden properties and causes too. */
  see(place: string, ...things: readonly unknown[]): void {
    for (const thing of things) {
      const isText = typeof thing === 'string';
      const text = isText
        ? thing
        : inspect(thing, { depth: 12, showHidden: true, getters: true, breakLength: Infinity });
      this.seen.push({ place, text });
      if (!isText) this.seen.push({ place, text: jsonOf(thing) });
    }
  }

  countAt(place: string): number {
    return this.seen.filter((one) => one.place === place).length;
  }

  /** Every find as `secret in place`, once; `isAllowed` names the places where a kind of secret belongs. */
  finds(isAllowed: (what: string, place: string) => boolean): string[] {
    const found = new Set<string>();
    for (const { what, text } of this.secrets) {
      const forms = formsOf(text);
      for (const { place, text: seen } of this.seen) {
        if (!isAllowed(what, place) && forms.some((form) => seen.includes(form))) found.add(`${what} in ${place}`);
      }
    }
    return [...found].sort();
  }
}

function jsonOf(thing: unknown): string {
  try {
    return JSON.stringify(thing) ?? '';
  } catch {
    return '';
  }
}

/** Everything that is written to a console or the process's output. */
export function listen(canaries: Canaries): () => void {
  const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;
  const spies = methods.map((method) =>
    jest.spyOn(console, method).mockImplementation((...args) => canaries.see('console', ...args)),
  );
  const streams = [process.stderr, process.stdout].map((stream) => {
    const real = stream.write.bind(stream);
    return jest.spyOn(stream, 'write').mockImplementation((chunk, ...rest) => {
      canaries.see('output', String(chunk));
      return real(chunk as string, ...(rest as []));
    });
  });
  return () => [...spies, ...streams].forEach((spy) => spy.mockRestore());
}

/** A logger of all levels. */
export function loggerInto(canaries: Canaries) {
  const write = (...args: unknown[]) => canaries.see('log', ...args);
  return { log: write, error: write, warn: write, debug: write, verbose: write, fatal: write };
}
