import { Controller, Get, Post } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { AuthKitModule, authKitOpenApi, Public, RequireFresh, RouteInventory, Roles } from 'nest-authkit';
import { memoryStorage, overrideAuthKitGuard, withFixedClock } from 'nest-authkit/testing';
import { whoMayCall } from '../../libs/authkit/src/access/route-words.js';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { expectProblem } from '../support/attack.js';
import { Client, cookieHeader } from '../support/client.js';
import { ALL_DATABASES, DATABASES, temporaryFile } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const MINUTE = 60_000;
const ORIGIN = { origin: 'http://localhost:3000' };

@Controller('vault')
class VaultController {
  @Post()
  @RequireFresh('15m')
  unlock() {
    return { ok: true };
  }

  @Get('boss')
  @Roles('boss')
  @RequireFresh('15m')
  boss() {
    return { ok: true };
  }
}

describeOn('step-up', { databases: ['memory', ...ALL_DATABASES] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, controllers: [VaultController] });
  });
  afterAll(() => t.close());
  let users = 0;
  const signUp = () => t.signUp(`step${(users += 1)}@example.com`);
  const open = (token: string) => t.client.post('/vault', undefined, { token });
  const prove = (token: string, body: unknown = { password: PASSWORD }) =>
    t.client.post('/auth/reauthenticate', body, { token });

  it('lets a user in who has just signed in, asks one who did so long ago, and lets them in again', async () => {
    const { accessToken: token } = await signUp();
    expect((await open(token)).status).toBe(201);
    t.clock.advance(15 * MINUTE);
    expect((await open(token)).status).toBe(201);
    t.clock.advance(1);
    expectProblem(await open(token), 403, 'reauthentication_required');
    expect((await prove(token)).status).toBe(204);
    expect((await open(token)).status).toBe(201);
  });

  it('answers a stale one with the age in problem and header, and the session stays', async () => {
    const { refreshToken, sessionId, id } = await signUp();
    t.clock.advance(20 * MINUTE);
    const { accessToken: token } = await t.auth.refresh(refreshToken);
    const stale = await open(token);
    expectProblem(stale, 403, 'reauthentication_required');
    expect(stale.body.max_age).toBe(900);
    expect(stale.headers['www-authenticate']).toBe('Bearer error="insufficient_user_authentication", max_age=900');
    expect((await t.client.get('/auth/me', { token })).status).toBe(200);
    // Who may not at all is not asked for a password.
    expectProblem(await t.client.get('/vault/boss', { token }), 403, 'insufficient_scope');

    t.events.length = 0;
    const proven = await prove(token);
    expect([proven.status, proven.text, proven.headers['cache-control']]).toEqual([204, '', 'no-store']);
    expect(t.events).toMatchObject([
      {
        type: 'session.reauthenticated',
        subject: id,
        sessionId,
        actor: { kind: 'user', id },
        details: { amr: ['pwd'] },
      },
    ]);
    expect((await open(token)).status).toBe(201);
    expect((await t.client.get('/probe/principal', { token })).body.authenticatedAt).toBe(t.clock.now());
  });

  it('takes no wrong password, and none for a user who has none: one answer, and nothing is renewed', async () => {
    const user = await signUp();
    const { user: bare } = await t.kit.actingAs('new user', { transport: 'bearer' });
    t.clock.advance(20 * MINUTE);
    const { accessToken: token } = await t.auth.refresh(user.refreshToken);
    const wrong = await prove(token, { password: 'not the password' });
    expectProblem(wrong, 401, 'invalid_credentials');
    const { accessToken } = await t.kit.actingAs(bare, { transport: 'bearer', authenticatedAt: new Date(0) });
    const none = await prove(accessToken);
    const { requestId: _one, ...first } = wrong.body as Record<string, unknown>;
    const { requestId: _two, ...second } = none.body as Record<string, unknown>;
    expect(second).toEqual(first);
    expect(t.events.filter(({ type }) => type === 'login.failed').map(({ details }) => details)).toEqual([
      { reason: 'wrong_password' },
      { reason: 'no_password' },
    ]);
    for (const one of [token, accessToken]) expectProblem(await open(one), 403, 'reauthentication_required');
    for (const body of ['', {}, { password: 1 }, { password: '\ud800' }]) {
      expectProblem(await prove(token, body), [415, 422]);
    }
  });

  it('is for who is signed in, by cookie only from the app’s own pages', async () => {
    expectProblem(await t.client.post('/auth/reauthenticate', { password: PASSWORD }), 401, 'authentication_required');
    const user = await signUp();
    const login = { identifier: user.email, password: PASSWORD, transport: 'cookie' };
    const cookie = cookieHeader((await t.client.post('/auth/login', login, { headers: ORIGIN })).cookies);
    const from = (headers: Record<string, string>) =>
      t.client.post('/auth/reauthenticate', { password: PASSWORD }, { cookie, headers });
    expectProblem(await from({ origin: 'https://evil.example' }), 403, 'csrf_rejected');
    expectProblem(await from({}), 403, 'csrf_origin_missing');
    expect((await from(ORIGIN)).status).toBe(204);
    await t.auth.revokeAll(user.id);
    expectProblem(await from(ORIGIN), 401, 'token_revoked');
  });

  it('renews one session, not the user’s others', async () => {
    const user = await signUp();
    const other = await t.auth.login(user.email, PASSWORD);
    t.clock.advance(20 * MINUTE);
    const [one, two] = [await t.auth.refresh(user.refreshToken), await t.auth.refresh(other.refreshToken)];
    expect((await prove(one.accessToken)).status).toBe(204);
    expect([(await open(one.accessToken)).status, (await open(two.accessToken)).status]).toEqual([201, 403]);
    t.clock.advance(5 * MINUTE);
    // Refreshing proves nothing: the token carries the time of the proof on.
    const { accessToken } = await t.auth.refresh(one.refreshToken);
    expect(t.auth.verifyAccessToken(accessToken).auth_time).toBe(Math.floor((t.clock.now() - 5 * MINUTE) / 1000));
  });
});

describeOn("step-up with session.check: 'never'", {}, ({ adapter }) => {
  it('reads the session’s row all the same', async () => {
    const t = await createTestApp({
      adapter,
      controllers: [VaultController],
      authkit: { session: { check: 'never' } },
    });
    const user = await t.signUp('never@example.com');
    t.clock.advance(20 * MINUTE);
    const { accessToken: token } = await t.auth.refresh(user.refreshToken);
    const open = () => t.client.post('/vault', undefined, { token });
    expectProblem(await open(), 403, 'reauthentication_required');
    const proven = await t.client.post('/auth/reauthenticate', { password: PASSWORD }, { token });
    // The token still has the old time in it.
    expect([proven.status, (await open()).status]).toEqual([204, 201]);
    await t.auth.revokeAll(user.id);
    expectProblem(await open(), 401, 'token_revoked');
    await t.close();
  });
});

describeOn('step-up on two nodes', { adapters: ['express'], databases: DATABASES }, ({ adapter, database }) => {
  it('is in force on the other at once, where handlers ask for it, and soon everywhere', async () => {
    const options = { adapter, database, controllers: [VaultController] };
    const one = await createTestApp({ ...options, ...(database === 'sqlite' && { file: temporaryFile() }) });
    const two = await createTestApp({ ...options, beside: one });
    const user = await one.signUp('nodes@example.com');
    one.clock.advance(20 * MINUTE);
    const { accessToken: token } = await one.auth.refresh(user.refreshToken);
    const seen = async () => (await two.client.get('/probe/principal', { token })).body.authenticatedAt as number;
    await seen();
    expect((await two.client.post('/vault', undefined, { token })).status).toBe(403);
    expect((await one.client.post('/auth/reauthenticate', { password: PASSWORD }, { token })).status).toBe(204);
    expect((await two.client.post('/vault', undefined, { token })).status).toBe(201);
    await two.app.get(ChangeFeed, { strict: false }).poll();
    expect(await seen()).toBe(one.clock.now());
    await two.close();
    await one.close();
  });
});

describe('@RequireFresh()', () => {
  it('shows in the route table and in the OpenAPI document', async () => {
    const t = await createTestApp({ controllers: [VaultController] });
    const routes = t.app.get(RouteInventory).routes();
    const words = (handler: string) => whoMayCall(routes.find((route) => route.handler === handler)!);
    expect([words('unlock'), words('boss'), words('reauthenticate')]).toEqual([
      'signed in, authenticated within 15 min',
      'role boss, authenticated within 15 min',
      'signed in',
    ]);
    const document = SwaggerModule.createDocument(t.app, authKitOpenApi(new DocumentBuilder()).build());
    const { description } = document.paths['/vault'].post!.responses!['403'] as { description: string };
    expect(description).toBe('Needs an authentication at most 15m old.');
    expect(document.paths['/auth/reauthenticate'].post!.responses).toHaveProperty('204');
    await t.close();
  });

  it('beside @Public() fails the boot', async () => {
    @Controller('torn')
    class TornController {
      @Get()
      @Public()
      @RequireFresh('15m')
      torn() {}
    }
    await expect(createTestApp({ controllers: [TornController] })).rejects.toThrow(/TornController\.torn: @Public\(\)/);
  });

  it('takes a stand-in for fresh by the app’s clock, if it has a session at all', async () => {
    const outcome = async (who: { sessionId?: string; authenticatedAt?: number }) => {
      const builder = Test.createTestingModule({
        imports: [AuthKitModule.forRoot({ storage: memoryStorage() })],
        controllers: [VaultController],
      });
      withFixedClock(builder);
      const module = await overrideAuthKitGuard(builder, who, { enforceRules: true }).compile();
      const app = module.createNestApplication({ logger: false });
      await app.listen(0, '127.0.0.1');
      const { status, body } = await Client.of(app).post('/vault');
      await app.close();
      return [status, body.code];
    };
    expect(await outcome({ sessionId: 's' })).toEqual([201, undefined]);
    expect(await outcome({ sessionId: 's', authenticatedAt: 0 })).toEqual([403, 'reauthentication_required']);
    expect(await outcome({})).toEqual([403, 'credential_not_allowed']);
  });
});
