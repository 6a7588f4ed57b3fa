import { VersioningType, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { AuthKitModule } from 'nest-authkit';
import { expectNoInternals, expectProblem, rawRequest, sendRaw } from '../support/attack.js';
import { ADAPTERS, createTestApp, type SignedUp, type TestApp } from '../support/test-app.js';

interface Variant {
  name: string;
  /** Where the host's controllers and the kit's are. */
  host: string;
  kit: string;
  imports?: () => ModuleMetadata['imports'];
  configure?: (app: INestApplication) => void;
}

const prefixed = (app: INestApplication) => void app.setGlobalPrefix('api');
const versioned = (app: INestApplication) =>
  void app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
const routed = () => [RouterModule.register([{ path: 'kit', module: AuthKitModule }])];

const VARIANTS: Variant[] = [
  { name: 'plain', host: '', kit: '/auth' },
  { name: 'global prefix', host: '/api', kit: '/api/auth', configure: prefixed },
  { name: 'URI versioning', host: '/v1', kit: '/v1/auth', configure: versioned },
  { name: 'RouterModule', host: '', kit: '/kit/auth', imports: routed },
  {
    name: 'all of them',
    host: '/api/v1',
    kit: '/api/v1/kit/auth',
    imports: routed,
    configure: (app) => {
      prefixed(app);
      versioned(app);
    },
  },
];

const encode = (text: string) => [...text].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('');

/** Other spellings of a path, some of which some router or proxy takes for the same. */
function spellings(path: string): string[] {
  const cut = path.lastIndexOf('/');
  const [head, last] = [path.slice(0, cut), path.slice(cut + 1)];
  const first = encode(last[0]);
  return [
    path,
    `${head}/${first}${last.slice(1)}`,
    `${head}/${encode(last)}`,
    `${head}/${first.replace('%', '%25')}${last.slice(1)}`,
    `${head}%2f${last}`,
    `${head}%5c${last}`,
    `${head}\\${last}`,
    `${head}//${last}`,
    `/${path}`,
    `//evil${path}`,
    `${path}/`,
    `${path}//`,
    `${path}/.`,
    `${path}/..`,
    `${path}/%2e`,
    `/.${path}`,
    `/%2e${path}`,
    `/x/..${path}`,
    `/x/%2e%2e${path}`,
    `/x/..%2f${path.slice(1)}`,
    `${head}/public/../${last}`,
    `${head}/public/%2e%2e/${last}`,
    `${head}/public;/../${last}`,
    `${head}/.;/${last}`,
    `${path};/x`,
    `${path};jsessionid=1`,
    `${path}%3bx`,
    `${path}%00`,
    `${path}%00.html`,
    `${path}%20`,
    `${path}%09`,
    `${path}%0a`,
    `${path}\t`,
    `${path}.`,
    `${path}.json`,
    `${path}%23`,
    `${path}#x`,
    `${path}?`,
    `${path}?x=/probe/public`,
    `${path}%3f`,
    `${path}%`,
    `${path}%zz`,
    `${path}%c0%ae`,
    `${path}%ff`,
    `${head}%ef%bc%8f${last}`,
    `${head}/%c5%bf${last.slice(1)}`,
    path.toUpperCase(),
    `${head}/${last[0].toUpperCase()}${last.slice(1)}`,
    `http://localhost${path}`,
    `http://localhost:3000${path}?x`,
    `https://evil.example${path}`,
    `ftp://x${path}`,
    `*${path}`,
    path.slice(1),
  ];
}

const PLACES = ADAPTERS.flatMap((adapter) => VARIANTS.map((variant) => ({ adapter, variant, name: variant.name })));

describe.each(PLACES)('paths ($adapter, $name)', ({ adapter, variant }) => {
  const { host, kit } = variant;
  let t: TestApp;
  let ada: SignedUp;
  beforeAll(async () => {
    t = await createTestApp({ adapter, imports: variant.imports?.(), configure: variant.configure });
    ada = await t.signUp('ada@example.com');
  });
  afterAll(() => t.close());

  const raw = (method: string, path: string, headers: string[] = []) =>
    sendRaw(t.client.port, rawRequest(`${method} ${path}`, headers));

  it('PATH-07 the routes are where the variant says', async () => {
    expect((await t.client.get(`${host}/probe/public`)).status).toBe(200);
    expect((await t.client.get(`${host}/probe/principal`, { token: ada.accessToken })).status).toBe(200);
    expect((await t.client.get(`${kit}/me`, { token: ada.accessToken })).status).toBe(200);
  });

  it('PATH-01 no spelling of a protected path lets an anonymous caller in', async () => {
    const opened: string[] = [];
    const paths = [
      `${host}/probe/admin`,
      `${host}/probe/undecorated`,
      `${host}/open/staff`,
      `${kit}/me`,
      `${kit}/sessions`,
    ];
    for (const path of paths.flatMap(spellings)) {
      const { status, text } = await raw('GET', path);
      if (status < 400 && status !== 0) opened.push(`${status} ${path}`);
      if (status >= 500) opened.push(`${status} ${path}`);
      expect(text).not.toMatch(/"ok":true|ada@example.com|"items"/);
      expect(text).not.toMatch(/node_modules| at \S+ \(/);
    }
    expect(opened).toEqual([]);
  });

  it('PATH-02 no spelling of an admin path lets a plain user in', async () => {
    const authorization = [`Authorization: Bearer ${ada.accessToken}`];
    const opened: string[] = [];
    for (const path of [`${host}/probe/admin`, `${host}/open/staff`].flatMap(spellings)) {
      const { status, text } = await raw('GET', path, authorization);
      if (status < 400 && status !== 0) opened.push(`${status} ${path}`);
      expect(text).not.toContain('"ok":true');
    }
    expect(opened).toEqual([]);
  });

  it('PATH-02 a spelling that reaches a route of the kit has the rules of that route', async () => {
    const headers = [`Authorization: Bearer ${ada.accessToken}`];
    for (const path of spellings(`${kit}/me`)) {
      const { status, text } = await raw('GET', path, headers);
      if (status === 200) expect(text).toMatch(/cache-control: no-store/i);
      const login = await raw('POST', path.replace(/me(?=[^/]*$)/i, 'login'), [
        'Content-Type: text/plain',
        'Content-Length: 0',
      ]);
      expect(login.status).toBeLessThan(500);
      expect(login.text).not.toContain('access_token');
    }
  });

  const ROUTES: [path: string, allow: string[]][] = [
    [`${kit}/login`, ['POST']],
    [`${kit}/register`, ['POST']],
    [`${kit}/token`, ['POST']],
    [`${kit}/refresh`, ['POST']],
    [`${kit}/logout`, ['POST']],
    [`${kit}/password/change`, ['POST']],
    [`${kit}/me`, ['DELETE', 'GET', 'HEAD', 'PATCH']],
    [`${kit}/sessions`, ['DELETE', 'GET', 'HEAD']],
    [`${kit}/sessions/01890000-0000-7000-8000-000000000000`, ['DELETE']],
  ];

  it.each(ROUTES)('PATH-04 %s answers 405 to the methods it does not have', async (path, allow) => {
    for (const method of [
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'TRACE',
      'PROPFIND',
      'SEARCH',
      'LOCK',
      'PURGE',
      'QUERY',
    ]) {
      if (allow.includes(method)) continue;
      const reply = await t.client.call(method, path, { token: ada.accessToken });
      if (method !== 'HEAD') expectProblem(reply, 405, 'method_not_allowed');
      expect({ method, status: reply.status }).toEqual({ method, status: 405 });
      expect(reply.headers['allow']!.split(', ').sort()).toEqual(allow);
    }
  });

  it('PATH-04 HEAD is judged like GET, and has no body', async () => {
    for (const path of [`${kit}/me`, `${kit}/sessions`, `${host}/probe/admin`, `${host}/probe/undecorated`]) {
      const anonymous = await t.client.call('HEAD', path);
      expect({ path, status: anonymous.status, text: anonymous.text }).toEqual({ path, status: 401, text: '' });
      expect(anonymous.headers['www-authenticate']).toBe('Bearer');
    }
    const head = await t.client.call('HEAD', `${kit}/me`, { token: ada.accessToken });
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
    expect((await t.client.call('HEAD', `${host}/probe/admin`, { token: ada.accessToken })).status).toBe(403);
  });

  it('PATH-04 OPTIONS and unheard-of methods show nothing of a protected route', async () => {
    for (const path of [`${kit}/me`, `${kit}/sessions`, `${host}/probe/admin`, `${host}/probe/undecorated`]) {
      for (const method of ['OPTIONS', 'TRACE', 'PROPFIND', 'CONNECT', 'FOO', 'get', 'GET\t']) {
        const { status, text } = await raw(method, path, [`X-Echo: trace-me`]);
        expect(status).toBeLessThan(500);
        expect(text).not.toMatch(/"ok":true|ada@example.com|"items"|trace-me/);
      }
    }
  });

  it('PATH-05 broken percent-encoding is a client error without internals', async () => {
    for (const id of ['%', '%zz', '%ff', '%E0%A4%A', '%c0%af']) {
      const reply = await t.client.delete(`${kit}/sessions/${id}`, { token: ada.accessToken });
      expect([400, 404]).toContain(reply.status);
      expectNoInternals(reply);
    }
  });
});
