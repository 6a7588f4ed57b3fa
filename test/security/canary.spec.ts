import { Logger, type CallHandler } from '@nestjs/common';
import { AccountService } from '../../libs/authkit/src/account/account.service.js';
import { KeyRing } from '../../libs/authkit/src/kernel/key-ring.js';
import { catchError, throwError } from 'rxjs';
import { bcrypt } from 'nest-authkit';
import { Canaries, listen, loggerInto } from '../support/canaries.js';
import { cookieHeader, type CallOptions, type Reply } from '../support/client.js';
import { forge } from '../support/forge.js';
import { KEYS, OTHER_P256, P256, SHARED_SECRET } from '../support/keys.js';
import { importHash, stateOf, storedHash } from '../support/attack.js';
import { createTestApp, describeOn, type TestApp } from '../support/test-app.js';

const SECRETS = ['canary-secret-Vb3Nw8Kd1Rt6Yq4Zs9Lx2Hf7', 'canary-former-Hs5Yd3Mf6Pc0Gj1Ue8Xv4Tn1'];
const PASSWORDS = {
  first: 'canary first password 1',
  second: 'canary second password 2',
  third: 'canary third password 3',
  wrong: 'canary wrong password 4',
  unknown: 'canary password of nobody 5',
  short: 'canaryshort',
  long: `canary long ${'x'.repeat(1_100)}`,
  // Plain bcrypt reads 72 bytes; more is no match.
  broken: 'canary broken \ud800 6',
};
const ORIGIN = { origin: 'http://localhost:3000' };

/** The places where a kind of secret belongs; in all others it is a leak. */
const BELONGS: Record<string, readonly string[]> = {
  'access token': ['tokens of a reply', 'AuthService.login()', 'AuthService.refresh()'],
  'refresh token': ['tokens of a reply', 'AuthService.login()', 'AuthService.refresh()'],
  'device token': ['tokens of a reply'],
  'password hash': ['table users.password_hash'],
  seed: ['table auth_sessions.seed'],
};
const belongs = (what: string, place: string) => BELONGS[what]?.includes(place) ?? false;

describeOn('canary secrets', { databases: ['sqlite', 'postgres'] }, (place) => {
  const canaries = new Canaries();
  let t: TestApp;
  let restore: () => void;

  beforeAll(async () => {
    restore = listen(canaries);
    t = await createTestApp({
      ...place,
      authkit: {
        secret: SECRETS,
        accessToken: { keys: [KEYS.ES256, { kid: 'next', alg: 'ES256', pem: OTHER_P256.privateKey }, KEYS.HS256] },
        passwords: { hasher: bcrypt({ cost: 5 }) },
      },
      configure: (app) => {
        Logger.overrideLogger(loggerInto(canaries));
        const keep = (error: unknown) => (canaries.see('error', error), throwError(() => error));
        app.useGlobalInterceptors({ intercept: (_, next: CallHandler) => next.handle().pipe(catchError(keep)) });
      },
    });
    canaries.add('secret', ...SECRETS, SHARED_SECRET);
    canaries.add('private key', P256.privateKey, OTHER_P256.privateKey);
    for (const label of ['access-token HS256', 'refresh-token']) {
      for (const key of new KeyRing(SECRETS).keys(label)) {
        for (const encoding of ['hex', 'base64', 'base64url'] as const) {
          canaries.add('derived key', key.export().toString(encoding));
        }
      }
    }
    for (const password of Object.values(PASSWORDS)) canaries.add('password', password);
  });
  afterAll(async () => {
    restore();
    await t.close();
  });

  /** One call; its reply is looked at without the tokens, which are taken out and known from then on. */
  async function call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const reply = await t.client.call(method, path, options);
    const { access_token, refresh_token, device_token, ...body } = Object(reply.body) as Record<string, string>;
    const { 'set-cookie': cookies = [], ...headers } = reply.headers;
    canaries.see('reply', typeof reply.body === 'string' ? reply.text : body, headers, reply.status);
    canaries.see('tokens of a reply', cookies, access_token ?? '', refresh_token ?? '', device_token ?? '');
    const values = cookies.map((cookie) => /^authkit_(at|rt|device)=([^;]*)/.exec(cookie)!);
    canaries.add(
      'access token',
      access_token,
      ...values.filter(([, kind]) => kind === 'at').map(([, , value]) => value),
    );
    canaries.add(
      'refresh token',
      refresh_token,
      ...values.filter(([, kind]) => kind === 'rt').map(([, , value]) => value),
    );
    canaries.add(
      'device token',
      device_token,
      ...values.filter(([, kind]) => kind === 'device').map(([, , value]) => value),
    );
    return reply;
  }
  const post = (path: string, body?: unknown, options: CallOptions = {}) => call('POST', path, { ...options, body });
  const login = (password: string, rest: object = {}, options: CallOptions = {}) =>
    post('/auth/login', { identifier: 'ada@example.com', password, ...rest }, options);
  const form = (fields: Record<string, string>) =>
    call('POST', '/auth/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });

  /** Keeps what a call of the host's throws or gives. */
  async function host(name: string, work: () => Promise<unknown>): Promise<void> {
    await work().then(
      (result) => canaries.see(name, result),
      (error: unknown) => canaries.see('error', error),
    );
  }

  async function lookAtTables(): Promise<void> {
    const tables = JSON.parse(await stateOf(t)) as Record<string, Record<string, unknown>[]>;
    for (const [table, rows] of Object.entries(tables)) {
      for (const row of rows) {
        canaries.add('seed', row['seed'] as string | undefined);
        canaries.add('password hash', row['password_hash'] as string | undefined);
        for (const [column, value] of Object.entries(row)) {
          canaries.see(`table ${table.split('.').pop()}.${column}`, String(value));
        }
      }
    }
  }

  const expectNoLeak = async () => {
    await lookAtTables();
    canaries.see('event', ...t.events);
    expect(canaries.finds(belongs)).toEqual([]);
  };

  it('show nowhere in the flows of an account, wrong ones included', async () => {
    await post('/auth/register', { email: 'ada@example.com', password: PASSWORDS.first });
    await post('/auth/register', { email: 'ada@example.com', password: PASSWORDS.second });
    await post('/auth/register', { email: 'eve@example.com', password: PASSWORDS.short });
    await post('/auth/register', { email: 'eve@example.com', password: PASSWORDS.long });
    await post('/auth/register', { email: 'no address', password: PASSWORDS.first, roles: [PASSWORDS.wrong] });
    for (const password of Object.values(PASSWORDS)) await login(password);
    await post('/auth/login', { identifier: 'nobody@example.com', password: PASSWORDS.unknown });
    await post('/auth/login', { identifier: PASSWORDS.first, password: PASSWORDS.first });
    await post('/auth/login', `{"identifier":"ada@example.com","password":"${PASSWORDS.first}"`, {
      headers: { 'content-type': 'application/json' },
    });
    await post('/auth/login', PASSWORDS.first, { headers: { 'content-type': 'text/plain' } });
    await login(PASSWORDS.first, { extra: PASSWORDS.wrong });

    const { body } = await login(PASSWORDS.first);
    const token = body.access_token as string;
    await call('GET', '/auth/me', { token });
    await call('GET', '/auth/sessions', { token });
    await call('GET', `/auth/me?access_token=${token}`, {});
    await post('/auth/password/change', { currentPassword: PASSWORDS.wrong, newPassword: PASSWORDS.second }, { token });
    await post('/auth/password/change', { currentPassword: PASSWORDS.first, newPassword: PASSWORDS.short }, { token });
    await post('/auth/password/change', { currentPassword: PASSWORDS.first, newPassword: PASSWORDS.second }, { token });
    const granted = await form({ grant_type: 'password', username: 'ada@example.com', password: PASSWORDS.second });
    expect(granted.body).toHaveProperty('access_token');
    await form({ grant_type: 'password', username: 'ada@example.com', password: PASSWORDS.wrong });
    await form({ grant_type: PASSWORDS.second, username: PASSWORDS.second, client_secret: PASSWORDS.wrong });
    await expectNoLeak();
  });

  it('show nowhere when tokens are refreshed, replayed, forged and given back', async () => {
    const first = (await login(PASSWORDS.second)).body as Record<string, string>;
    const second = (await post('/auth/refresh', { refreshToken: first['refresh_token'] })).body as Record<
      string,
      string
    >;
    await post('/auth/refresh', { refreshToken: second['access_token'] });
    await post('/auth/refresh', { refreshToken: `${second['refresh_token']}x` });
    await form({ grant_type: 'refresh_token', refresh_token: second['refresh_token'] });
    for (const forged of [
      forge(second['access_token'], { header: { alg: 'none' } }),
      forge(second['access_token'], { claims: { sub: 'x' } }),
      `${second['access_token']}x`,
      second['refresh_token'],
    ]) {
      await call('GET', '/auth/me', { token: forged });
      await call('GET', '/probe/admin', { token: forged });
    }
    await call('GET', '/probe/admin', { token: second['access_token'] });
    t.clock.advance(40_000);
    await post('/auth/refresh', { refreshToken: first['refresh_token'] });

    const cookies = async () =>
      cookieHeader((await login(PASSWORDS.second, { transport: 'cookie' }, { headers: ORIGIN })).cookies);
    const cookie = await cookies();
    await post('/auth/refresh', undefined, { cookie, headers: ORIGIN });
    await post('/auth/refresh', undefined, { cookie, headers: { origin: 'https://evil.example' } });
    await call('GET', '/probe/principal', { cookie: `${cookie}; ${cookie}` });
    t.clock.advance(40_000);
    await post('/auth/refresh', undefined, { cookie, headers: ORIGIN });
    const other = await cookies();
    await login(PASSWORDS.second, { transport: 'cookie' }, { cookie: other, headers: ORIGIN });
    await post('/auth/logout', undefined, { cookie: other, headers: ORIGIN });
    t.clock.advance(86_400_000);
    await call('GET', '/probe/principal', { token: second['access_token'] });
    await expectNoLeak();
    expect(t.events.map(({ type }) => type)).toContain('session.reuse_detected');
  });

  it('show nowhere in what host code is given and thrown', async () => {
    const ada = (await t.auth.findUser('ada@example.com'))!;
    await host('AuthService.findUser()', () => t.auth.findUser('ada@example.com'));
    await host('AuthService.setPassword()', () => t.auth.setPassword(ada.id, PASSWORDS.third));
    for (const password of Object.values(PASSWORDS)) {
      await host('AuthService.setPassword()', () => t.auth.setPassword('no such user', password));
      await host('AuthService.register()', () => t.auth.register({ email: 'ada@example.com', password }));
    }
    await host('AuthService.register()', () =>
      t.auth.register({ email: 'bob@example.com', password: PASSWORDS.first, [PASSWORDS.wrong]: PASSWORDS.wrong }),
    );
    const imported = '$2b$04$canaryCanaryCanaryCanarOe5kzJ0x1yC3dV7wXbQmLr9tGhUiPfaSe';
    canaries.add('password hash', imported, `${imported}-broken`);
    for (const passwordHash of [imported, `${imported}-broken`, `$unknown$${imported}`]) {
      await host('AuthService.importUser()', () => t.auth.importUser({ email: 'imported@example.com', passwordHash }));
    }
    await post('/auth/login', { identifier: 'imported@example.com', password: PASSWORDS.wrong });
    await host('AuthService.login()', () => t.auth.login('ada@example.com', PASSWORDS.wrong));
    const { accessToken, refreshToken, sessionId } = await t.auth.login('ada@example.com', PASSWORDS.third);
    canaries.add('access token', accessToken);
    canaries.add('refresh token', refreshToken);
    await host('AuthService.verifyAccessToken()', async () => t.auth.verifyAccessToken(accessToken));
    await host('error', async () => t.auth.verifyAccessToken(`${accessToken}x`));
    await host('error', () => t.auth.refresh(accessToken));
    await host('error', () =>
      t.app.get(AccountService).changePassword(ada.id, sessionId, PASSWORDS.wrong, PASSWORDS.first),
    );
    await host('AuthService.setActive()', () => t.auth.setActive(ada.id, false));
    await login(PASSWORDS.third);
    await call('GET', '/probe/principal', { token: accessToken });
    await host('AuthService.setActive()', () => t.auth.setActive(ada.id, true));
    await expectNoLeak();
    expect(canaries.countAt('error')).toBeGreaterThan(10);
  });

  it('show nowhere when a stored hash is of a scheme unknown, broken, or to be renewed', async () => {
    const hash = (await storedHash(t, 'ada@example.com'))!;
    const { body } = await login(PASSWORDS.third);
    expect(body).toHaveProperty('user');
    for (const stored of ['$canary-unknown-scheme$1234567890', hash.slice(0, -6), hash.replace('r=5', 'r=4'), null]) {
      canaries.add('password hash', stored);
      await importHash(t, 'ada@example.com', stored);
      await login(PASSWORDS.third);
    }
    await importHash(t, 'ada@example.com', hash);
    await expectNoLeak();
    expect(canaries.countAt('log')).toBeGreaterThan(0);
  });
});
