import { Bodies } from './bodies.mjs';
import { Tokens } from './tokens.mjs';

const ROUTES = [
  ['POST', '/auth/login'],
  ['POST', '/auth/register'],
  ['POST', '/auth/token'],
  ['POST', '/auth/refresh'],
  ['POST', '/auth/logout'],
  ['GET', '/auth/me'],
  ['PATCH', '/auth/me'],
  ['POST', '/auth/password/change'],
  ['GET', '/auth/sessions'],
  ['DELETE', '/auth/sessions/{id}'],
  ['DELETE', '/auth/sessions?{query}'],
  ['GET', '/notes?{query}'],
  ['POST', '/notes'],
  ['GET', '/notes/{id}'],
  ['PATCH', '/notes/{id}'],
  ['GET', '/users'],
  ['PUT', '/users/{id}/roles'],
  ['GET', '/greeting'],
  ['GET', '/.well-known/jwks.json'],
  ['GET', '/docs-json'],
];
const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'QUERY',
  'get',
  'G\0T',
  'X'.repeat(50),
];
const HASHED = new Set(['/auth/login', '/auth/register', '/auth/token']);

const NAMES = [
  ...['Authorization', 'Cookie', 'Origin', 'Referer', 'Sec-Fetch-Site', 'Content-Type', 'Content-Length', 'Host'],
  ...['Transfer-Encoding', 'Expect', 'Accept', 'Accept-Encoding', 'Content-Encoding', 'X-Forwarded-For', 'Forwarded'],
  ...[
    'X-HTTP-Method-Override',
    'X-Original-URL',
    'User-Agent',
    'If-None-Match',
    'Range',
    'Upgrade',
    'Connection',
    'TE',
  ],
];
const VALUES = {
  'Sec-Fetch-Site': ['same-origin', 'none', 'cross-site', 'SAME-ORIGIN', ''],
  Origin: ['null', 'http://localhost:3000', 'https://evil.example', 'http://localhost:3000.evil.example', '*', '://'],
  Expect: ['100-continue', '200-ok'],
  'Transfer-Encoding': ['chunked', 'gzip, chunked', 'chunked, chunked', 'identity', 'x'],
  'Content-Length': ['0', '-1', '1e3', '5, 5', '99999999999999999999', '0x10', '+5'],
  'Content-Encoding': ['gzip', 'br', 'deflate', 'x', 'gzip, gzip'],
  Host: ['', 'evil.example', 'a:b', '[::1]:1', 'localhost, evil.example'],
  Upgrade: ['websocket', 'h2c', 'TLS/1.0'],
  Connection: ['close', 'keep-alive', 'upgrade', 'Authorization', 'close, keep-alive'],
  Range: ['bytes=0-', 'bytes=-1', `bytes=${'0-1,'.repeat(200)}`],
};

/** Requests as bytes. */
export class Requests {
  constructor(random, strings, held) {
    Object.assign(this, { random, strings });
    this.tokens = new Tokens(random, strings, held);
    this.bodies = new Bodies(random, strings, this.tokens);
  }

  /** One request; `isWhole` is false when a server may rightly wait for more of it. */
  any() {
    const { random } = this;
    if (random.once(100)) return { bytes: this.noise(), isWhole: false };
    const [usual, pattern] = random.pick(ROUTES);
    const method = random.once(10) ? random.pick(METHODS) : usual;
    const path = this.path(pattern);
    const hasBody = method !== 'GET' ? !random.once(8) : random.once(10);
    const hashes = HASHED.has(path) && random.once(120);
    const content = hashes ? this.bodies.hashing() : hasBody ? this.bodies.any() : null;
    const headers = this.headers(content);
    const { body, isFramed } = content
      ? this.framed(content.body, headers)
      : { body: EMPTY, isFramed: !isLengthIn(headers) };
    const version = random.once(100) ? random.pick(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1 x', '']) : 'HTTP/1.1';
    const head = `${method} ${path} ${version}\r\n${headers.join('\r\n')}\r\n\r\n`;
    const bytes = Buffer.concat([Buffer.from(head, random.once(2) ? 'utf8' : 'latin1'), body]);
    if (random.once(40)) return { bytes: bytes.subarray(0, random.below(bytes.length)), isWhole: false };
    return { bytes, isWhole: isFramed, isHead: method === 'HEAD' };
  }

  path(pattern) {
    const { random, strings } = this;
    // Bytes beyond ASCII the HTTP parser refuses by itself.
    const safe = () => strings.any().replace(random.once(10) ? /[\s\0]/g : /[^!-~]/g, '');
    const id = () =>
      random.pick([
        () => encodeURIComponent(strings.any().toWellFormed()),
        safe,
        () => '00000000-0000-4000-8000-000000000000',
        () => '%00',
        () => '%ff%fe',
        () => '%',
        () => 'a'.repeat(9_000),
      ])();
    const query = () => `${random.pick(['limit', 'offset', 'current', '__proto__[a]', 'a[]', ''])}=${id()}`;
    const path = pattern.replace('{id}', id).replace('{query}', query);
    switch (random.below(16)) {
      case 0:
        return path.toUpperCase();
      case 1:
        return path.replace(/./g, (one) => (random.once(3) ? `%${one.charCodeAt(0).toString(16)}` : one));
      case 2:
        return `${path}${random.pick(['/', '//', '/..', '/.', '%2f', '%00', ';x=1', '?', '#x', '\\', '.json', '\u00e9'])}`;
      case 3:
        return `http://evil.example${path}`;
      case 4:
        return `/${safe()}`;
      case 5:
        return path.replace('/', random.pick(['//', '/./', '/x/../', '\\', '/%2e/', '']));
      default:
        return path;
    }
  }

  headers(content) {
    const { random, strings, tokens } = this;
    const headers = random.once(80) ? [] : ['Host: localhost'];
    const scheme = random.pick(['Bearer', 'Bearer', 'Bearer', 'bearer', 'BEARER', 'Basic', 'Bearer ', 'Token', '']);
    // Often genuine: most of what can break is behind the guard.
    if (random.once(2)) headers.push(`Authorization: Bearer ${tokens.held.access}`);
    else if (!random.once(3)) headers.push(`Authorization: ${scheme} ${clean(tokens.any())}`);
    if (random.once(3)) headers.push(`Cookie: ${this.cookie()}`);
    if (content && !random.once(20)) headers.push(`Content-Type: ${content.type}`);
    for (let i = random.below(4); i > 0; i -= 1) {
      const name = random.once(30) ? clean(strings.header()).slice(0, 40) : random.pick(NAMES);
      const value = random.once(2) && VALUES[name] ? random.pick(VALUES[name]) : strings.header();
      headers.push(`${name}${random.once(100) ? ' ' : ''}:${random.once(20) ? '' : ' '}${value}`);
    }
    if (random.once(50)) headers.push(`X-Big: ${'x'.repeat(random.pick([8_000, 15_000, 17_000, 70_000]))}`);
    if (random.once(80)) for (let i = 0; i < 300; i += 1) headers.push(`X-${i}: ${i}`);
    return headers;
  }

  cookie() {
    const { random, strings, tokens } = this;
    const names = ['authkit_at', 'authkit_rt', '__Host-authkit_at', '__Host-authkit_rt', 'other', '', '__proto__'];
    const pairs = Array.from({ length: 1 + random.below(4) }, () => {
      const value = random.once(3) ? strings.header() : clean(tokens.any());
      return `${random.pick(names)}${random.once(20) ? '' : '='}${random.once(10) ? `"${value}"` : value}`;
    });
    return pairs.join(random.pick(['; ', ';', ',', '; ; ', ' ']));
  }

  /** The body behind the header that says how long it is; both may lie. */
  framed(body, headers) {
    const { random } = this;
    if (isLengthIn(headers)) return { body, isFramed: false };
    if (random.once(6)) {
      headers.push('Transfer-Encoding: chunked');
      const isHonest = random.once(2);
      if (!isHonest && random.once(3)) headers.push(`Content-Length: ${body.length}`);
      const lie = random.pick(['-1', 'zz', 'ffffffffffffffff', '', '1;x="', body.length.toString(16)]);
      const size = isHonest ? body.length.toString(16) : lie;
      const end = isHonest && body.length > 0 ? '\r\n0\r\n\r\n' : random.pick(['\r\n', '\r\n0\r\n\r\n']);
      return {
        body: Buffer.concat([Buffer.from(`${size}\r\n`), body, Buffer.from(end)]),
        isFramed: isHonest && body.length > 0,
      };
    }
    if (random.once(40)) return { body, isFramed: true }; // without a length there is none; the rest is another request
    const lie = random.once(20) ? random.pick([body.length + 50, Math.max(0, body.length - 5), 0]) : body.length;
    headers.push(`Content-Length: ${lie}`);
    return { body, isFramed: lie <= body.length };
  }

  noise() {
    const { random, strings } = this;
    return random.pick([
      () => random.bytes(random.below(400)),
      () => Buffer.from(strings.any()),
      () => Buffer.from('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'latin1'),
      () => Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      () => Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1 + random.below(20))),
      () => Buffer.from(`GET /auth/me HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(20_000)}`),
    ])();
  }
}

const EMPTY = Buffer.alloc(0);
const isLengthIn = (headers) => headers.some((line) => /^\s*(content-length|transfer-encoding)/i.test(line));
// eslint-disable-next-line no-control-regex -- they are what is meant
const clean = (text) => text.replace(/[\x00-\x1f\x7f]/g, '');
