import { PassportSignIn, passport, type PassportFeatureOptions } from 'nest-authkit/passport';
import { AuthKitError, bcrypt } from 'nest-authkit';
import { expectNoInternals, expectProblem, stateOf } from '../support/attack.js';
import { cookieHeader, type Reply } from '../support/client.js';
import { OAuthProvider } from '../support/oauth-provider.js';
import { AcmeStrategy, CarelessStrategy, LegacyStrategy, OtherStrategy } from '../support/passport-strategies.js';
import { createTestApp, describeOn, PASSWORD, SECRET, type TestApp } from '../support/test-app.js';

const SIGN_IN: PassportFeatureOptions['signIn'] = {
  legacy: { strategy: LegacyStrategy },
  acme: { strategy: AcmeStrategy, successUrl: '/welcome' },
  other: { strategy: OtherStrategy, successUrl: '/welcome' },
  careless: { strategy: CarelessStrategy, successUrl: '/welcome' },
  hasty: { strategy: { authenticate: () => undefined }, timeout: 0.05 },
};

describeOn('passport sign-in', { databases: ['sqlite'] }, ({ adapter }) => {
  let provider: OAuthProvider;
  let t: TestApp;
  beforeAll(async () => {
    provider = await OAuthProvider.start();
    t = await createTestApp({
      adapter,
      database: 'sqlite',
      authkit: { features: [passport({ signIn: SIGN_IN })] },
      providers: [
        ...[LegacyStrategy, AcmeStrategy, OtherStrategy, CarelessStrategy],
        { provide: OAuthProvider, useValue: provider },
      ],
    });
  });
  afterAll(async () => {
    await t.close();
    await provider.stop();
  });
  beforeEach(() => {
    provider.mood = 'well';
    provider.tokenRequests = 0;
    t.app.get(LegacyStrategy).fault = null;
  });

  /** One browser's start: its cookie, and the address the provider would send it back to. */
  async function begin(name = 'acme'): Promise<{ cookie: string; back: URL }> {
    const begun = await t.client.get(`/auth/passport/${name}`);
    return { cookie: cookieHeader(begun.cookies), back: new URL(provider.approve(begun.headers.location!)) };
  }
  const comeBack = (back: URL, cookie?: string) => t.client.get(back.pathname + back.search, { cookie });
  const post = (body: unknown, options = {}) => t.client.post('/auth/passport/legacy', body, options);

  /** 401, no cookie but the end of the attempt's own, no session, and the code is not even shown to the provider. */
  async function expectNoWay(back: URL, cookie?: string): Promise<void> {
    provider.tokenRequests = 0;
    const before = await stateOf(t);
    const reply = await comeBack(back, cookie);
    expectProblem(reply, 401, 'invalid_credentials');
    expect(reply.cookies.filter((one) => !/^authkit_signin_\w+=;/.test(one))).toEqual([]);
    expect(provider.tokenRequests).toBe(0);
    expect(await stateOf(t)).toBe(before);
  }

  it('PRE-04 a state that is missing, changed or made up is refused', async () => {
    const { cookie, back } = await begin();
    const state = back.searchParams.get('state')!;
    for (const other of [null, '', 'x', `${state}x`, state.slice(1), state.toUpperCase(), '__proto__', 'constructor']) {
      const url = new URL(back);
      if (other === null) url.searchParams.delete('state');
      else url.searchParams.set('state', other);
      await expectNoWay(url, cookie);
    }
    expect((await comeBack(back, cookie)).headers.location).toBe('/welcome');
  });

  it('PRE-04 a state is good in the browser it was made for, and in no other', async () => {
    const attacker = await begin();
    const victim = await begin();
    await expectNoWay(attacker.back);
    await expectNoWay(attacker.back, victim.cookie);
    await expectNoWay(attacker.back, `${victim.cookie}; ${attacker.cookie}`);
    await expectNoWay(attacker.back, `${attacker.cookie}; ${victim.cookie}`);
    await expectNoWay(attacker.back, attacker.cookie.slice(0, -2));
    await expectNoWay(attacker.back, 'authkit_signin_acme=');
  });

  it('PRE-04 a state is good once', async () => {
    const { cookie, back } = await begin();
    expect((await comeBack(back, cookie)).status).toBe(303);
    await expectNoWay(back, cookie);
    const again = new URL(back);
    again.searchParams.set('code', 'another');
    await expectNoWay(again, cookie);
  });

  it('PRE-04 of many requests with one state one gets in', async () => {
    const { cookie, back } = await begin();
    const replies = await Promise.all(Array.from({ length: 10 }, () => comeBack(back, cookie)));
    expect(replies.map(({ status }) => status).sort()).toEqual([303, ...Array<number>(9).fill(401)]);
  });

  it('PRE-04 a state is good at the provider it was made for', async () => {
    const { cookie, back } = await begin('other');
    const url = new URL(back);
    url.pathname = '/auth/passport/acme/callback';
    await expectNoWay(url, cookie);
    await expectNoWay(url, cookie.replace('signin_other', 'signin_acme'));
  });

  it('PRE-04 a state is good for ten minutes', async () => {
    const late = await begin();
    t.clock.advance(10 * 60_000);
    await expectNoWay(late.back, late.cookie);
    const inTime = await begin();
    t.clock.advance(10 * 60_000 - 1);
    expect((await comeBack(inTime.back, inTime.cookie)).status).toBe(303);
  });

  it('PRE-04 a state made under the last secret is good, under an unknown one not', async () => {
    const { cookie, back } = await begin();
    for (const [secret, status] of [
      [['n3w-Qw2Zr9Xv4Tn1Lb8Hs5Yd3Mf6Pc0Gj-Ue', SECRET], 303],
      [['n3w-Qw2Zr9Xv4Tn1Lb8Hs5Yd3Mf6Pc0Gj-Ue'], 401],
    ] as const) {
      const node = await createTestApp({
        adapter,
        authkit: { secret, features: [passport({ signIn: { acme: SIGN_IN!['acme'] } })] },
        providers: [AcmeStrategy, { provide: OAuthProvider, useValue: provider }],
      });
      node.clock.advance(t.clock.now() - node.clock.now());
      expect((await node.client.get(back.pathname + back.search, { cookie })).status).toBe(status);
      await node.close();
    }
  });

  it('PRE-04 a code of another browser fails at PKCE', async () => {
    const attacker = await begin();
    const victim = await begin();
    const mixed = new URL(attacker.back);
    mixed.searchParams.set('code', victim.back.searchParams.get('code')!);
    expectProblem(await comeBack(mixed, attacker.cookie), 401, 'invalid_credentials');
    expect(provider.tokenRequests).toBe(1);
  });

  it('PRE-04 a strategy that checks no state signs nobody in', async () => {
    const begun = await t.client.get('/auth/passport/careless');
    const back = new URL(provider.approve(begun.headers.location!));
    const reply = await comeBack(back);
    expectProblem(reply, 503, 'unavailable');
    expect(reply.cookies).toEqual([]);
  });

  it('REDIR-01 nothing in the query decides where a browser goes', async () => {
    const evil = [
      '//evil.example',
      '/\\evil.example',
      'https:evil.example',
      '/%09/evil.example',
      'javascript:alert(1)',
    ];
    for (const to of evil) {
      const begun = await t.client.get(`/auth/passport/acme?returnTo=${to}&redirect_uri=${to}&successUrl=${to}&code=1`);
      const asked = new URL(begun.headers.location!);
      expect(asked.origin).toBe(provider.origin);
      expect(asked.searchParams.get('redirect_uri')).toBe('http://localhost:3000/auth/passport/acme/callback');
      const back = new URL(provider.approve(asked.href));
      for (const name of ['returnTo', 'successUrl', 'redirect_uri']) back.searchParams.set(name, to);
      expect((await comeBack(back, cookieHeader(begun.cookies))).headers.location).toBe('/welcome');
    }
  });

  it('HOST-01 no header decides where a browser comes back', async () => {
    for (const headers of [
      { host: 'evil.example' },
      { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
      { forwarded: 'host=evil.example;proto=https' },
    ] as Record<string, string>[]) {
      const begun = await t.client.get('/auth/passport/acme', { headers });
      const asked = new URL(begun.headers.location!).searchParams;
      expect(asked.get('redirect_uri')).toBe('http://localhost:3000/auth/passport/acme/callback');
    }
  });

  it('a callback is read strictly and costs the caller, not us, when it is nonsense', async () => {
    const { cookie, back } = await begin();
    const twice = new URL(back);
    twice.search = `?code=x&${back.search.slice(1)}`;
    await expectNoWay(twice, cookie);
    const state = back.searchParams.get('state')!;
    for (const query of [
      '',
      '?code=',
      '?code[]=1',
      `?code=1&code=2&state=${state}`,
      `?state=${state}`,
      '?error=server_error',
      '?error=access_denied&error_description=%00%0d%0aSet-Cookie:x',
      '?error[]=x&__proto__[user]=1',
      '?code=%E0%A4%A',
    ]) {
      const reply = await t.client.get(`/auth/passport/acme/callback${query}`, { cookie });
      expectProblem(reply, 401, 'invalid_credentials');
    }
    for (const [method, path] of [
      ['POST', '/auth/passport/acme/callback'],
      ['HEAD', '/auth/passport/acme/callback'],
      ['POST', '/auth/passport/acme'],
      ['GET', '/auth/passport/legacy'],
    ]) {
      expect([method, path, (await t.client.call(method, path)).status]).toEqual([method, path, 405]);
    }
  });

  it('a provider that is broken is 503, without its words', async () => {
    provider.mood = 'broken';
    const { cookie, back } = await begin();
    const reply = await comeBack(back, cookie);
    expectProblem(reply, 503, 'unavailable');
    expect(reply.text).not.toContain('html');
    expect(reply.cookies.filter((one) => !/^authkit_signin_\w+=;/.test(one))).toEqual([]);
  });

  it('a strategy that never answers is 503 in the end', async () => {
    expectProblem(await t.client.post('/auth/passport/hasty', { username: 'a', password: 'b' }), 503, 'unavailable');
  });

  it('CSRF-02 another site signs nobody in by credentials', async () => {
    const before = await stateOf(t);
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { referer: 'https://evil.example/' },
    ] as Record<string, string>[]) {
      for (const transport of ['bearer', 'cookie']) {
        const reply = await post({ username: 'grace', password: 'old-pw', transport }, { headers });
        expectProblem(reply, 403, 'csrf_rejected');
        expect(reply.cookies).toEqual([]);
      }
    }
    const silent = await post({ username: 'grace', password: 'old-pw', transport: 'cookie' });
    expectProblem(silent, 403, 'csrf_origin_missing');
    expect(await stateOf(t)).toBe(before);
  });

  it('CSRF-04 takes JSON and nothing else, and no credentials in a URL', async () => {
    const form = { username: 'grace', password: 'old-pw' };
    expectProblem(await t.client.form('/auth/passport/legacy', form), 415, 'unsupported_media_type');
    expectProblem(await t.client.post('/auth/passport/legacy?username=grace&password=old-pw', {}), 422);
    expectProblem(await post({ username: { $ne: '' }, password: ['old-pw'] }), 422, 'validation_failed');
    expectProblem(await post({ ...form, isAdmin: true }), 422, 'validation_failed');
  });

  it('ENUM every failure of credentials has one answer', async () => {
    const known = await post({ username: 'grace', password: 'old-pw' });
    expect(known.status).toBe(200);
    const user = known.body.user as { id: string };
    const legacy = t.app.get(LegacyStrategy);
    const replies: Reply[] = [];
    const attempt = async (body: object, fault: (() => unknown) | null = null) => {
      legacy.fault = fault;
      replies.push(await post(body));
    };
    const right = { username: 'grace', password: 'old-pw' };
    await attempt({ username: 'grace', password: 'wrong' });
    await attempt({ username: 'nobody', password: 'wrong' });
    await attempt({ username: '', password: '' });
    await attempt(right, () => ({ id: 'no such user' }));
    await attempt(right, () => null);
    await attempt(right, () => {
      throw new AuthKitError('email_taken');
    });
    await t.auth.setActive(user.id, false);
    await attempt(right);
    await t.auth.setActive(user.id, true);
    const bodies = replies.map(({ status, body, headers }) => {
      const { requestId: _, ...rest } = body as Record<string, unknown>;
      return { status, rest, challenge: headers['www-authenticate'] };
    });
    expect(new Set(bodies.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(bodies[0]).toMatchObject({ status: 401, rest: { code: 'invalid_credentials' }, challenge: 'Bearer' });
  });

  it('what goes wrong in a strategy is 503, and stays inside', async () => {
    const legacy = t.app.get(LegacyStrategy);
    const faults: (() => unknown)[] = [
      () => {
        throw new Error(`SELECT failed for ${PASSWORD} at node_modules/pg/index.js:1`);
      },
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- strategies do
        throw 'SELECT failed';
      },
      () => Promise.reject(new TypeError('x is not a function')),
      () => ({ name: 'somebody without an id' }),
      () => ({ id: { $ne: null } }),
      () => {
        throw new AuthKitError('overloaded');
      },
    ];
    for (const fault of faults) {
      legacy.fault = fault;
      const reply = await post({ username: 'grace', password: 'old-pw' });
      expectProblem(reply, 503);
      expectNoInternals(reply);
      expect(reply.text).not.toContain('SELECT');
    }
  });

  it('an account without a password is opened by none', async () => {
    await post({ username: 'grace', password: 'old-pw' });
    for (const password of ['old-pw', '', 'null', PASSWORD]) {
      const login = await t.client.post('/auth/login', { identifier: 'grace@example.com', password });
      expectProblem(login, 401, 'invalid_credentials');
    }
    const body = { email: 'nopw@example.com', password: null };
    expectProblem(await t.client.post('/auth/register', body), 422, 'validation_failed');
  });

  it('the reason is for listeners, short, and names nobody else', async () => {
    t.events.length = 0;
    await post({ username: 'grace', password: 'wrong' });
    await t.client.get(`/auth/passport/acme/callback?error=x&error_description=${'y'.repeat(3000)}`);
    expect(t.events.map(({ type, details }) => [type, details])).toEqual([
      ['login.failed', { reason: 'refused' }],
      ['login.failed', { reason: 'y'.repeat(200) }],
    ]);
  });

  it('a strategy run outside a sign-in has no state', async () => {
    const signIns = t.app.get(PassportSignIn);
    const request = { headers: {}, method: 'GET', url: '/x', query: { code: '1', state: '2' } };
    await expect(signIns.authenticate(t.app.get(AcmeStrategy), request)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describeOn('passport sign-in over https', {}, ({ adapter }) => {
  it('binds the state to a cookie that no other host can set', async () => {
    const provider = await OAuthProvider.start();
    const t = await createTestApp({
      adapter,
      authkit: {
        baseUrl: 'https://app.example.com',
        passwords: { hasher: bcrypt() },
        cookies: { domain: 'example.com' },
        features: [passport({ signIn: { acme: SIGN_IN!['acme'] } })],
      },
      providers: [AcmeStrategy, { provide: OAuthProvider, useValue: provider }],
    });
    const begun = await t.client.get('/auth/passport/acme');
    expect(begun.cookies).toEqual([
      expect.stringMatching(
        /^__Host-authkit_signin_acme=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
    const asked = new URL(begun.headers.location!).searchParams;
    expect(asked.get('redirect_uri')).toBe('https://app.example.com/auth/passport/acme/callback');
    await t.close();
    await provider.stop();
  });
});
