import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { createTestApp, describeOn } from '../support/test-app.js';

/** The function of the pages' script that judges a `returnTo`, as browsers get it. */
const safeReturn = runInNewContext(`${readFileSync('libs/authkit/browser/return-to.js', 'utf8')};safeReturn`, {
  location: { origin: 'https://app.example.com' },
  URL,
}) as (value: string | null) => string | null;

describe('where a sign-in returns to', () => {
  it.each([
    '//evil.example',
    '/\\evil.example',
    'https:evil.example',
    'https://evil.example/',
    '\\/\\/evil.example',
    '/%2f%2fevil.example',
    '/%5cevil.example',
    '/%09/evil.example',
    '/\t/evil.example',
    '\t//evil.example',
    '/.//evil.example',
    '/%2e//evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '@evil.example',
    '.evil.example',
    '/%',
    '',
    '/%252f/../%2f%2fevil.example/..//',
    '//app.example.com/',
    '/\n/evil.example',
    '/\u0000',
    '/x/%0d%0aLocation:%20//evil.example',
    ' /notes',
    'notes',
    '?notes',
    null,
  ])('REDIR-01 is not %j', (returnTo) => {
    expect(safeReturn(returnTo)).toBeNull();
  });

  it.each([
    ['/', 'https://app.example.com/'],
    ['/notes', 'https://app.example.com/notes'],
    ['/notes?q=a%2Fb%20c#last', 'https://app.example.com/notes?q=a%2Fb%20c#last'],
    ['/a%20file', 'https://app.example.com/a%20file'],
    ['/search?next=//evil.example', 'https://app.example.com/search?next=//evil.example'],
  ])('may be %j, a path of the app', (returnTo, url) => {
    expect(safeReturn(returnTo)).toBe(url);
  });
});

describeOn('the redirect to the page for passwords', {}, ({ adapter }) => {
  it('REDIR-05 goes where the options say, whatever the request says, and carries nothing of it', async () => {
    const t = await createTestApp({ adapter });
    const evil = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
    for (const query of ['', '?token=secret', '?x=%0d%0aSet-Cookie:%20a=b', '?returnTo=//evil.example']) {
      const reply = await t.client.get(`/.well-known/change-password${query}`, { headers: evil });
      expect([302, 303]).toContain(reply.status);
      expect(reply.headers.location).toBe('http://localhost:3000/auth/pages/sessions#password');
      expect(reply.cookies).toEqual([]);
    }
    const posted = await t.client.post('/.well-known/change-password', {});
    expect(posted.status).toBeGreaterThanOrEqual(400);
    await t.close();
  });
});
