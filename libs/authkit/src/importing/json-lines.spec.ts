import { Readable } from 'node:stream';
import { jsonLines } from './json-lines.js';

async function rowsOf(...chunks: (string | Uint8Array)[]) {
  const rows = [];
  for await (const row of jsonLines(Readable.from(chunks))) rows.push(row);
  return rows.map(({ row, value, problem }) => problem ?? [row, value]);
}

describe('jsonLines', () => {
  it('gives each value with its line', async () => {
    expect(await rowsOf('{"a":1}\n2\r\n', '"th', 'ree"')).toEqual([
      [1, { a: 1 }],
      [2, 2],
      [3, 'three'],
    ]);
  });

  it('counts blank lines and gives none for them', async () => {
    expect(await rowsOf('\n \n1\n\n')).toEqual([[3, 1]]);
    expect(await rowsOf('')).toEqual([]);
    expect(await rowsOf()).toEqual([]);
  });

  it('puts together characters that chunks have cut', async () => {
    const bytes = Buffer.from('"\u00e9\u{1F600}"\n');
    expect(await rowsOf(...[...bytes].map((byte) => Buffer.of(byte)))).toEqual([[1, '\u00e9\u{1F600}']]);
  });

  it('goes on behind a line that is no JSON, and does not quote it', async () => {
    expect(await rowsOf('{"passwordHash":"$2b$10$x\n1')).toEqual(['The line is not one JSON value.', [2, 1]]);
  });

  it('gives up on a line without an end', async () => {
    const endless = Array.from({ length: 11 }, () => 'x'.repeat(100_000));
    await expect(rowsOf(...endless)).rejects.toThrow(/a line has over 1000000 characters/);
  });

  it('reads no further than asked', async () => {
    let read = 0;
    const chunks = function* () {
      for (; ; read += 1) yield `${read}\n`;
    };
    const rows = jsonLines(Readable.from(chunks(), { highWaterMark: 1 }));
    for (let n = 0; n < 3; n += 1) expect((await rows.next()).value).toMatchObject({ value: n });
    await rows.return();
    expect(read).toBeLessThan(10);
  });
});
