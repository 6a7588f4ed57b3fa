/** A row that knows its place in the source. */
export class SourceRow<T> {
  constructor(
    readonly row: number,
    readonly value: T,
    /** Why it cannot be read; `value` means nothing then. */
    readonly problem: string | null = null,
  ) {}
}

const MAX_LINE_CHARACTERS = 1_000_000;

/**
 * Rows of a JSON Lines stream (one JSON value a line, UTF-8), as they are asked for; blank lines are passed over. A line
 * that is no JSON becomes a problem of the import with the line's number. Throws for a line of over a million characters.
 */
export async function* jsonLines<T = unknown>(
  stream: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<SourceRow<T>, void, undefined> {
  let line = 0;
  for await (const text of linesOf(stream)) {
    line += 1;
    const content = line === 1 ? text.replace(/^\uFEFF/, '') : text;
    if (content.trim() !== '') yield parse<T>(line, content);
  }
}

function parse<T>(line: number, text: string): SourceRow<T> {
  try {
    return new SourceRow(line, JSON.parse(text) as T);
  } catch {
    // The parser's own message quotes the line, which may hold a hash.
    return new SourceRow(line, undefined as T, 'The line is not one JSON value.');
  }
}

async function* linesOf(stream: AsyncIterable<Uint8Array | string>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop()!;
    if (rest.length > MAX_LINE_CHARACTERS) throw new RangeError(`a line has over ${MAX_LINE_CHARACTERS} characters`);
    yield* lines;
  }
  yield rest + decoder.decode();
}
