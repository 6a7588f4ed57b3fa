import { expectProblem, importHash } from '../support/attack.js';
import { DATABASES } from '../support/databases.js';
import { bcrypt, PasswordHasher, type RunHashJob } from 'nest-authkit';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';
import type { Reply } from '../support/client.js';

/** What a client sees, less what differs between any two requests. */
function seen(reply: Reply): unknown {
  const { requestId: _requestId, ...body } = reply.body as Record<string, unknown>;
  // The ETag is a digest of the body, requestId included.
  const { date: _date, etag: _etag, ...headers } = reply.headers;
  return { status: reply.status, body, headers };
}

/** The real hasher, counting the hashes it computes. */
class CountingHasher extends PasswordHasher {
  jobs = 0;
  private readonly inner = bcrypt({ cost: 4 });
  override readonly scheme = this.inner.scheme;
  override recognises = (hash: string) => this.inner.recognises(hash);
  override hash = (password: string, run: RunHashJob) => this.inner.hash(password, this.counted(run));
  override verify = (password: string, hash: string, run: RunHashJob) =>
    this.inner.verify(password, hash, this.counted(run));
  override needsRehash = (hash: string) => this.inner.needsRehash(hash);
  override decoy = () => this.inner.decoy();

  private counted(run: RunHashJob): RunHashJob {
    return (job) => {
      this.jobs += 1;
      return run(job);
    };
  }
}

describeOn('enumeration', { databases: DATABASES }, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  const hasher = new CountingHasher();
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { passwords: { hasher } } });
    ada = await t.signUp('ada@example.com');
    for (const name of ['disabled', 'social', 'odd', 'costly', 'crypt', 'imported'])
      await t.signUp(`${name}@example.com`);
    await t.auth.setActive((await t.auth.login('disabled@example.com', PASSWORD)).user.id, false);
    await importHash(t, 'social@example.com', null);
    await importHash(t, 'odd@example.com', '$md5$5f4dcc3b5aa765d61d8327deb882cf99');
    await importHash(t, 'costly@example.com', `$2b$20$${'a'.repeat(53)}`);
    await importHash(t, 'imported@example.com', `$2b$04$${'a'.repeat(53)}`);
    await importHash(t, 'crypt@example.com', `$2x$05$${'a'.repeat(53)}`);
  });
  afterAll(() => t.close());

  const FAILURES: [name: string, identifier: string, password: string][] = [
    ['an unknown address', 'nobody@example.com', PASSWORD],
    ['an unknown username', 'nobody-here', PASSWORD],
    ['a text that names nobody', 'a b', PASSWORD],
    ['an empty identifier', '', PASSWORD],
    ['a wrong password', 'ada@example.com', 'not the password'],
    ['an empty password', 'ada@example.com', ''],
    ['a disabled account', 'disabled@example.com', PASSWORD],
    ['a disabled account with a wrong password', 'disabled@example.com', 'not the password'],
    ['an account without a password', 'social@example.com', PASSWORD],
    ['a hash of an unknown scheme', 'odd@example.com', PASSWORD],
    ['a hash of absurd cost', 'costly@example.com', PASSWORD],
    ['a hash of the broken $2x$', 'crypt@example.com', PASSWORD],
  ];

  it.each(FAILURES)('ENUM-01 login with %s looks like every failed login', async (_name, identifier, password) => {
    const reference = await t.client.post('/auth/login', {
      identifier: 'reference@example.com',
      password: 'whatever it is',
    });
    expectProblem(reference, 401, 'invalid_credentials');
    const reply = await t.client.post('/auth/login', { identifier, password });
    expect(seen(reply)).toEqual(seen(reference));
    expect(reply.headers['www-authenticate']).toBe('Bearer');
    expect(reply.cookies).toEqual([]);
  });

  it.each(FAILURES.filter(([, identifier, password]) => identifier !== '' && password !== ''))(
    'ENUM-01 the token endpoint with %s looks like every failed grant',
    async (_name, username, password) => {
      const [reference, reply] = await Promise.all(
        [
          { username: 'reference@example.com', password: 'whatever it is' },
          { username, password },
        ].map((fields) => t.client.form('/auth/token', { grant_type: 'password', ...fields })),
      );
      expect(reply.status).toBe(400);
      expect(reply.body).toMatchObject({ error: 'invalid_grant', code: 'invalid_credentials' });
      expect(seen(reply)).toEqual(seen(reference));
    },
  );

  it.each([
    ...FAILURES,
    ['a password too long for an imported hash', 'imported@example.com', 'x'.repeat(73)] as const,
    ['a password with NUL for an imported hash', 'imported@example.com', 'x\0y'] as const,
  ])('ENUM-03 login with %s costs one hash like every failed login', async (_name, identifier, password) => {
    hasher.jobs = 0;
    await t.client.post('/auth/login', { identifier, password });
    expect(hasher.jobs).toBe(1);
  });

  it('ENUM-01 the reason of a failed login is in the event, not in the reply', async () => {
    t.events.length = 0;
    const reply = await t.client.post('/auth/login', { identifier: 'disabled@example.com', password: PASSWORD });
    expect(reply.text).not.toContain('inactive');
    expect(t.events).toContainEqual(expect.objectContaining({ type: 'login.failed', details: { reason: 'inactive' } }));
  });

  it('ENUM-06 a foreign session, a dead one and one that never was get the same 404', async () => {
    const eve = await t.signUp('eve@example.com');
    const gone = await t.auth.login('eve@example.com', PASSWORD);
    await t.auth.revoke(gone.sessionId);
    const ids = [
      ada.sessionId,
      gone.sessionId,
      '01890000-0000-7000-8000-000000000000',
      'no-uuid',
      "' OR 1=1 --",
      '%00',
    ];
    const replies: unknown[] = [];
    for (const id of ids) {
      const reply = await t.client.delete(`/auth/sessions/${encodeURI(id)}`, { token: eve.accessToken });
      expectProblem(reply, 404, 'session_not_found');
      const { instance: _instance, requestId: _requestId, ...body } = reply.body as Record<string, unknown>;
      replies.push(body);
    }
    expect(new Set(replies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect((await t.client.get('/auth/me', { token: ada.accessToken })).status).toBe(200);
  });
});

describeOn('enumeration of unverified accounts', {}, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { registration: { requireVerifiedEmail: true } } });
    await t.auth.register({ email: 'new@example.com', password: PASSWORD });
  });
  afterAll(() => t.close());

  it('ENUM-01 only who knows the password learns that the address is not verified', async () => {
    const wrong = await t.client.post('/auth/login', { identifier: 'new@example.com', password: 'not the password' });
    const unknown = await t.client.post('/auth/login', {
      identifier: 'nobody@example.com',
      password: 'not the password',
    });
    expectProblem(wrong, 401, 'invalid_credentials');
    expect(seen(wrong)).toEqual(seen(unknown));
    expectProblem(
      await t.client.post('/auth/login', { identifier: 'new@example.com', password: PASSWORD }),
      403,
      'email_not_verified',
    );
  });
});
