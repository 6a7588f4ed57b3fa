import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hibpRangeCheck } from './hibp-range-check.js';

const PASSWORD = 'violet harbour lantern 42';
const HASH = createHash('sha1').update(PASSWORD).digest('hex').toUpperCase();
const [PREFIX, SUFFIX] = [HASH.slice(0, 5), HASH.slice(5)];
const other = (i: number) => createHash('sha1').update(String(i)).digest('hex').toUpperCase().slice(5);

describe('hibpRangeCheck', () => {
  let server: Server;
  let url: string;
  let requests: IncomingMessage[];
  let answer: (response: ServerResponse) => void;

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range/`;
  });
  beforeEach(() => (requests = []));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const check = (timeout: `${number}s` = '5s') => hibpRangeCheck({ url, timeout }).isBreached(PASSWORD);

  it('asks for five hexadecimal digits, with padding, and says nothing else', async () => {
    answer = (response) => response.end(`${other(1)}:3\r\n`);
    await check();
    expect(requests).toHaveLength(1);
    const [{ method, url: path, headers, rawHeaders }] = requests;
    expect({ method, path }).toEqual({ method: 'GET', path: `/range/${PREFIX}` });
    expect(headers['add-padding']).toBe('true');
    expect(rawHeaders.join('\n')).not.toMatch(new RegExp(SUFFIX, 'i'));
  });

  it.each([
    ['among others', `${other(1)}:3\r\n${SUFFIX}:17\r\n${other(2)}:1`, true],
    ['alone, with line feeds', `${SUFFIX}:1\n`, true],
    ['not at all', `${other(1)}:3\r\n${other(2)}:1`, false],
    ['as padding', `${other(1)}:3\r\n${SUFFIX}:0`, false],
    ['only as the beginning of the prefix', `${other(3)}:0`, false],
  ])('a password that is in the answer %s', async (_how, body, breached) => {
    answer = (response) => response.end(body);
    expect(await check()).toBe(breached);
  });

  it('reads a padded answer of two thousand', async () => {
    const lines = Array.from({ length: 2000 }, (_, i) => `${other(i)}:${i % 5}`);
    answer = (response) => response.end([...lines, `${SUFFIX}:2`].join('\r\n'));
    expect(await check()).toBe(true);
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['answers 500', (response) => response.writeHead(500).end(`${SUFFIX}:1`), /HTTP 500/],
    ['answers 404', (response) => response.writeHead(404).end(), /HTTP 404/],
    ['answers a page', (response) => response.end('<html>blocked</html>'), /not a list of hash suffixes/],
    ['answers nothing', (response) => response.end(), /not a list of hash suffixes/],
    ['answers half a list', (response) => response.end(`${SUFFIX}:1\r\n${other(1)}`), /not a list of hash suffixes/],
    ['redirects', (response) => response.writeHead(302, { location: `${url}FFFFF` }).end(), /fetch failed/],
    ['hangs up', (response) => response.destroy(), /fetch failed/],
    ['hangs up in the middle', (response) => response.write('A', () => response.destroy()), /terminated/],
  ])('fails when the service %s', async (_what, how, message) => {
    answer = how;
    await expect(check()).rejects.toThrow(message);
    expect(requests).toHaveLength(1);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['never answers', () => undefined],
    ['never ends its answer', (response) => response.write(`${SUFFIX}:1\r\n`)],
  ])('gives up when the service %s', async (_what, how) => {
    answer = how;
    await expect(check('0.1s')).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('stops reading when the answer is too much', async () => {
    answer = (response) => {
      const more = () => {
        while (!response.destroyed && response.write(`${other(1)}:0\r\n`.repeat(1000)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    };
    await expect(check()).rejects.toThrow('the document is larger than 524288 bytes');
  });

  it('fails when nobody listens', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await expect(hibpRangeCheck({ url: `http://127.0.0.1:${port}/` }).isBreached(PASSWORD)).rejects.toThrow(/fetch/);
  });

  it('goes through the fetch it is given', async () => {
    const asked: string[] = [];
    const through: typeof fetch = async (input) => {
      asked.push((input as URL).href);
      return new Response(`${SUFFIX}:1`);
    };
    expect(await hibpRangeCheck({ fetch: through }).isBreached(PASSWORD)).toBe(true);
    expect(asked).toEqual([`https://api.pwnedpasswords.com/range/${PREFIX}`]);
  });

  it.each([
    ['url', { url: 'ftp://example.com/' }],
    ['url', { url: 'https://example.com/range' }],
    ['url', { url: 'range/' }],
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: 31 }],
    ['timeout', { timeout: 'soon' as '1s' }],
  ])('refuses a wrong %s', (option, options) => {
    expect(() => hibpRangeCheck(options)).toThrow(`hibpRangeCheck().${option}`);
  });
});
