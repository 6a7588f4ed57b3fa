import { connect } from 'node:net';
import { VersioningType, type INestApplication } from '@nestjs/common';
import { AuthKitConfigError, AuthPages, html, PageRenderer, RESOLVED_OPTIONS, type AuthKitOptions } from 'nest-authkit';
import { map } from 'rxjs';
import { Links } from '../../libs/authkit/src/account/links.js';
import { MAIL_LINKS } from '../../libs/authkit/src/options/link-options.js';
import { PAGE_NAMES } from '../../libs/authkit/src/pages/page-names.js';
import { expectProblem, stateOf } from '../support/attack.js';
import { createTestApp, describeOn, type TestApp, type TestAppOptions } from '../support/test-app.js';

const CHANGE_PASSWORD = '/.well-known/change-password';
const TOKEN = 'b25lLXRpbWUtdG9rZW4';
const linksOf = (t: TestApp) => t.app.get(Links);
const OWN_LINKS = Object.fromEntries(MAIL_LINKS.map((kind) => [kind, `/app/${kind}`]));

describeOn('the pages of the kit', { databases: ['sqlite'] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { appName: 'Notes & <b>more</b>' } });
    await t.signUp('ada@example.com');
  });
  afterAll(() => t.close());

  it.each(PAGE_NAMES)('%s is a page for everybody, which nobody may frame, store, or run scripts in', async (name) => {
    const { status, headers, text } = await t.client.get(`/auth/pages/${name}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-language': 'en',
    });
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['vary']).toContain('Accept-Language');
    expect(text).toMatch(/^<!doctype html>\s*<html lang="en">/);
    expect(text).toContain('Notes &amp; &lt;b&gt;more&lt;/b&gt;');
    // What a strict policy would stop anyway, and what would leave the app.
    expect(text).not.toMatch(
      /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|https?:\/\/|<form(?![^>]* method="post"|[^>]* method="dialog")/,
    );
    expect(text).not.toMatch(/\{\w+\}(?![^"]*")/);
  });

  it.each(PAGE_NAMES)('%s labels every input and names every button', async (name) => {
    const { text } = await t.client.get(`/auth/pages/${name}`);
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(ids).toEqual([...new Set(ids)]);
    for (const [input] of text.matchAll(/<input[^>]*>/g)) {
      if (/ hidden|type="hidden"/.test(input)) continue;
      const id = / id="([^"]+)"/.exec(input)![1];
      expect(text).toContain(`<label for="${id}">`);
      for (const other of / aria-describedby="([^"]+)"/.exec(input)![1].split(' ')) expect(ids).toContain(other);
      expect(input).toMatch(/autocomplete="[\w-]+"/);
    }
    expect(text.match(/<h1/g)!.length).toBeGreaterThan(0);
    for (const [, target] of text.matchAll(/aria-labelledby="([^"]+)"/g)) expect(ids).toContain(target);
  });

  it('a GET or HEAD changes nothing, whatever token it brings', async () => {
    const before = await stateOf(t);
    for (const name of PAGE_NAMES) {
      for (const method of ['GET', 'HEAD']) {
        const reply = await t.client.call(method, `/auth/pages/${name}?token=${TOKEN}`);
        expect(reply.status).toBe(200);
        expect(reply.text).not.toContain(TOKEN);
      }
      expectProblem(await t.client.post(`/auth/pages/${name}`, { token: TOKEN }), 405, 'method_not_allowed');
    }
    await t.client.get(CHANGE_PASSWORD);
    expect(await stateOf(t)).toBe(before);
  });

  it.each([
    ['de-AT,de;q=0.9,en;q=0.1', 'de', 'Anmelden'],
    ['fr', 'fr', 'Connexion'],
    ['es-MX, en;q=0.5', 'es', 'Iniciar sesión'],
    ['nl, en-GB;q=0.5, de;q=0.4', 'en', 'Sign in'],
    ['tlh', 'en', 'Sign in'],
    ['*', 'en', 'Sign in'],
    ['"><script>', 'en', 'Sign in'],
  ])('speak the language of Accept-Language: %s', async (accepted, language, title) => {
    const { headers, text } = await t.client.get('/auth/pages/sign-in', { headers: { 'accept-language': accepted } });
    expect(headers['content-language']).toBe(language);
    expect(text).toContain(`<html lang="${language}">`);
    expect(text).toContain(`<h1>${title}</h1>`);
    expect(text).not.toContain('"><script>');
  });

  it('load one script, one stylesheet and one icon, kept for good under their version only', async () => {
    const { text } = await t.client.get('/auth/pages/sign-in');
    const files = [...text.matchAll(/(?:src|href)="([^"]+\?v=[^"]+)"/g)].map(([, path]) => path);
    expect(files.map((path) => path.split('?')[0])).toEqual([
      '/auth/pages/authkit.css',
      '/auth/pages/authkit.svg',
      '/auth/pages/authkit.js',
    ]);
    for (const path of files) {
      const exact = await t.client.get(path);
      expect(exact.headers['content-type']).toMatch(/^(text\/css|text\/javascript|image\/svg\+xml); charset=utf-8$/);
      expect(exact.headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(exact.headers['x-content-type-options']).toBe('nosniff');
      const { headers } = await t.client.get(path.replace(/v=.*/, 'v=of-another-release'));
      expect([headers['cache-control'], headers.etag]).toEqual(['no-cache', exact.headers.etag]);
      const again = await t.client.get(path, { headers: { 'if-none-match': headers.etag! } });
      expect([again.status, again.text]).toEqual([304, '']);
    }
  });

  it.each(['en', 'de', 'fr'])('break no line within "e-mail" (%s)', async (language) => {
    for (const name of PAGE_NAMES) {
      const { text } = await t.client.get(`/auth/pages/${name}`, { headers: { 'accept-language': language } });
      const texts = text.replace(/^[\s\S]*<main[^>]*>/, '').replace(/<span class="unbroken">e-mail<\/span>/gi, '');
      expect(texts.replace(/<[^>]*>/g, '')).not.toMatch(/\be-mail\b/i);
      expect(/<title>(.*)<\/title>/.exec(text)![1]).not.toContain('<');
    }
  });

  it('ask at registration for the fields of the host', async () => {
    const { text } = await t.client.get('/auth/pages/register');
    expect(text).toContain('<label for="fullName">Full name <span class="optional">(optional)</span></label>');
    expect([...text.matchAll(/<input\s+id="(\w+)"/g)].map(([, id]) => id)).toEqual([
      'email',
      'username',
      'fullName',
      'employeeNumber',
      'password',
    ]);
  });

  it('HOST-01 links and redirects have the configured base only', async () => {
    const lies: Record<string, string>[] = [
      { host: 'evil.example' },
      { host: 'localhost:3000@evil.example' },
      { 'x-forwarded-host': 'evil.example' },
      { 'x-forwarded-host': 'evil.example, localhost' },
      { 'x-forwarded-proto': 'javascript', 'x-forwarded-port': '666' },
      { 'x-forwarded-prefix': '/evil' },
      { 'x-forwarded-server': 'evil.example' },
      { 'x-original-host': 'evil.example' },
      { 'x-host': 'evil.example' },
      { 'x-original-url': '/evil' },
      { 'x-rewrite-url': '/evil' },
      { forwarded: 'host=evil.example;proto=http' },
      { origin: 'https://evil.example', referer: 'https://evil.example/' },
    ];
    for (const headers of lies) {
      const moved = await t.client.get(`${CHANGE_PASSWORD}?returnTo=//evil.example`, { headers });
      expect([moved.status, moved.headers.location]).toEqual([
        302,
        'http://localhost:3000/auth/pages/sessions#password',
      ]);
      for (const name of PAGE_NAMES) {
        const { status, text } = await t.client.get(`/auth/pages/${name}`, { headers });
        expect([status, /evil|666/.test(text)]).toEqual([200, false]);
      }
    }
    const absolute = await requestLine(t.client.port, `GET http://evil.example${CHANGE_PASSWORD} HTTP/1.1`);
    if (absolute.startsWith('HTTP/1.1 302'))
      expect(absolute).toContain('http://localhost:3000/auth/pages/sessions#password');
    expect(absolute).not.toMatch(/location:[^\n]*evil/i);
  });

  it('change-password takes no other method', async () => {
    expect((await t.client.post(CHANGE_PASSWORD, {})).status).toBe(404);
    expect((await t.client.call('HEAD', CHANGE_PASSWORD)).status).toBe(302);
  });

  it('lead mails to themselves, with the token in the fragment', () => {
    const links = MAIL_LINKS.map((kind) => linksOf(t).to(kind, TOKEN));
    expect(links).toEqual([
      `http://localhost:3000/auth/pages/reset#token=${TOKEN}`,
      `http://localhost:3000/auth/pages/verify#token=${TOKEN}`,
      `http://localhost:3000/auth/pages/confirm-email#token=${TOKEN}`,
      `http://localhost:3000/auth/pages/cancel-email#token=${TOKEN}`,
      `http://localhost:3000/auth/pages/not-me#token=${TOKEN}`,
      `http://localhost:3000/auth/pages/cancel-deletion#token=${TOKEN}`,
    ]);
  });
});

describeOn('pages elsewhere', {}, ({ adapter }) => {
  let t: TestApp;
  afterEach(() => t.close());
  const start = async (authkit: Partial<AuthKitOptions>, configure?: TestAppOptions['configure']) => {
    t = await createTestApp({ adapter, authkit, configure });
    return t;
  };
  const place = (app: INestApplication) =>
    app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });

  it('are inside of prefix and version, and so are their links, files and calls', async () => {
    await start({ routes: { prefix: 'id' }, baseUrl: 'http://localhost:3000/below' }, place);
    const { status, text } = await t.client.get('/api/v1/id/pages/verify');
    expect(status).toBe(200);
    expect(text).toContain('src="/below/api/v1/id/pages/authkit.js?v=');
    expect(text).toContain('&quot;api&quot;:&quot;/below/api/v1/id&quot;');
    expect((await t.client.get('/api/v1/id/pages/authkit.js')).status).toBe(200);
    expect((await t.client.get('/id/pages/verify')).status).toBe(404);
    const base = 'http://localhost:3000/below/api/v1/id/pages';
    expect(linksOf(t).to('verifyEmail', TOKEN)).toBe(`${base}/verify#token=${TOKEN}`);
    expect((await t.client.get(CHANGE_PASSWORD)).headers.location).toBe(`${base}/sessions#password`);
  });

  it('are served as they are by a host that puts replies into an envelope', async () => {
    await start({}, (app) =>
      app.useGlobalInterceptors({
        intercept: (_context, next) => next.handle().pipe(map((data: unknown) => ({ data }))),
      }),
    );
    expect((await t.client.get('/auth/pages/sign-in')).text).toMatch(/^<!doctype html>/);
  });

  it('are the host’s where it names them, by path or by URL', async () => {
    await start({
      allowedOrigins: ['https://www.example.com'],
      links: { ...OWN_LINKS, signIn: '/in', changePassword: 'https://www.example.com/me?tab=password' },
    });
    expect(linksOf(t).to('notMe', TOKEN)).toBe(`http://localhost:3000/app/notMe#token=${TOKEN}`);
    expect((await t.client.get(CHANGE_PASSWORD)).headers.location).toBe('https://www.example.com/me?tab=password');
    expect((await t.client.get('/auth/pages/forgot')).text).toContain('href="/in"');
  });

  it('are gone where they are switched off, and change-password with them', async () => {
    await start({ routes: { pages: false }, links: OWN_LINKS });
    for (const name of ['sign-in', 'authkit.js']) expect((await t.client.get(`/auth/pages/${name}`)).status).toBe(404);
    expect((await t.client.get(CHANGE_PASSWORD)).status).toBe(404);
    expect(linksOf(t).to('resetPassword', TOKEN)).toBe(`http://localhost:3000/app/resetPassword#token=${TOKEN}`);
    expect(() => linksOf(t).page('signIn')).toThrow(AuthKitConfigError);
  });

  it('leave change-password to a host that has one, and serve it where only the host has a page', async () => {
    await start({ routes: { changePassword: false } });
    expect((await t.client.get(CHANGE_PASSWORD)).status).toBe(404);
    await t.close();
    await start({ routes: { pages: false }, links: { ...OWN_LINKS, changePassword: '/me' } });
    expect((await t.client.get(CHANGE_PASSWORD)).headers.location).toBe('http://localhost:3000/me');
  });

  it('are changed by a class of the host’s, one by one', async () => {
    class OwnPages extends AuthPages {
      protected override brand() {
        return html`<img src="/logo.svg" alt="${this.options.appName}" />`;
      }

      protected override notMe() {
        return html`<h1>${'<Ours>'}</h1>`;
      }
    }
    await start({ appName: 'Notes "& more"', routes: { pages: OwnPages } });
    const { text } = await t.client.get('/auth/pages/not-me');
    expect(text).toContain('<h1>&lt;Ours&gt;</h1>');
    expect(text).toContain('<img src="/logo.svg" alt="Notes &quot;&amp; more&quot;" />');
    expect((await t.client.get('/auth/pages/sign-in')).text).toContain('<h1>Sign in</h1>');
  });

  it('are made by the host alone, with the headers all the same', async () => {
    class Bare extends PageRenderer {
      render(name: string, language: string): string {
        return `${name} ${language}`;
      }
    }
    await start({ routes: { pages: Bare } });
    const { text, headers } = await t.client.get('/auth/pages/reset', { headers: { 'accept-language': 'fr' } });
    expect([text, headers['x-frame-options']]).toEqual(['reset fr', 'DENY']);
  });

  it('have the stylesheet of the host beside the kit’s, and lead to its home', async () => {
    await start({ pages: { stylesheet: '/theme.css', home: '/start' } });
    const { text, headers } = await t.client.get('/auth/pages/sign-in');
    expect(text).toContain('<link rel="stylesheet" href="/theme.css" />');
    expect(text).toContain('&quot;home&quot;:&quot;/start&quot;');
    expect(headers['content-security-policy']).toContain("style-src 'self';");
    await t.close();
    const allowedOrigins = ['https://cdn.example.com'];
    await start({ allowedOrigins, pages: { stylesheet: 'https://cdn.example.com/theme.css' } });
    const foreign = await t.client.get('/auth/pages/sign-in');
    expect(foreign.text).toContain('href="https://cdn.example.com/theme.css"');
    expect(foreign.headers['content-security-policy']).toContain("style-src 'self' https://cdn.example.com;");
  });

  it('offer no registration where there is none', async () => {
    await start({ registration: { enabled: false } });
    expect((await t.client.get('/auth/pages/sign-in')).text).not.toContain('/register');
    const { text } = await t.client.get('/auth/pages/register');
    expect(text).toContain('Registration is closed.');
    expect(text).not.toContain('<form');
  });
});

describe('links', () => {
  it.each([
    'https://evil.example/reset',
    'http://localhost:3000@evil.example/reset',
    'http://localhost:3001/reset',
    '//evil.example/reset',
    '/\\evil.example',
    'reset',
    '/reset#here',
    '/re set',
    '/reset\n',
    '/reset\u0000',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://user:pw@localhost:3000/reset',
    '',
    7,
  ])('refuse to lead to %j', async (resetPassword) => {
    const links = { resetPassword } as { resetPassword: string };
    await expect(createTestApp({ authkit: { links } })).rejects.toThrow(/links\.resetPassword: .* is not valid/);
  });

  it('are needed where the pages of the kit are off', async () => {
    const { notMe, ...others } = OWN_LINKS;
    expect(notMe).toBeDefined();
    await expect(createTestApp({ authkit: { routes: { pages: false }, links: others } })).rejects.toThrow(
      /links\.notMe: it is missing, and the pages of the kit are off/,
    );
  });

  it('are not needed without routes, until one is used', async () => {
    const t = await createTestApp({ authkit: { routes: false } });
    expect(() => linksOf(t).to('verifyEmail', TOKEN)).toThrow(/links\.verifyEmail: it is missing/);
    expect((await t.client.get(CHANGE_PASSWORD)).status).toBe(404);
    await t.close();
  });

  it('are absolute in the resolved options', async () => {
    const t = await createTestApp({ authkit: { links: { signIn: '/in' } } });
    expect(t.app.get(RESOLVED_OPTIONS).links).toMatchObject({ signIn: 'http://localhost:3000/in', notMe: null });
    await t.close();
  });
});

/** One request as it stands, and the head of the answer. */
function requestLine(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.end(`${line}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}
