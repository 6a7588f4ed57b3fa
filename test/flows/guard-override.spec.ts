import type { INestApplication } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuthKitGuard, AuthKitModule, RequestContext, RolePolicy } from 'nest-authkit';
import {
  createTestAuth,
  memoryStorage,
  overrideAuthKitGuard,
  testPrincipal,
  type GuardOverrideOptions,
} from 'nest-authkit/testing';
import { ResourceServerModule } from 'nest-authkit/resource-server';
import { Client } from '../support/client.js';
import { OpenController, ProbeController } from '../support/probe.controller.js';
import { ADAPTERS } from '../support/test-app.js';

type Who = Parameters<typeof overrideAuthKitGuard>[1];
const ROLES = {
  admin: { inherits: ['editor'], permissions: ['*'] },
  editor: { inherits: [], permissions: ['posts:*'] },
};

describe.each(ADAPTERS)('overrideAuthKitGuard (%s)', (adapter) => {
  let app: INestApplication;
  let client: Client;
  afterEach(() => app.close());

  async function start(who: Who, options?: GuardOverrideOptions, globalGuard = true) {
    const builder = Test.createTestingModule({
      imports: [AuthKitModule.forRoot({ storage: memoryStorage(), roles: ROLES, globalGuard })],
      controllers: [ProbeController, OpenController],
      providers: globalGuard ? [] : [{ provide: APP_GUARD, useExisting: AuthKitGuard }],
    });
    const module = await overrideAuthKitGuard(builder, who, options).compile();
    app = module.createNestApplication(adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(), {
      logger: false,
    });
    await app.listen(0, '127.0.0.1');
    client = Client.of(app);
  }
  const statusOf = async (...paths: string[]) => {
    const replies = await Promise.all(paths.map((path) => client.get(path)));
    return replies.map(({ status }) => status);
  };

  it('lets everybody in as the principal given, whatever the rules', async () => {
    const ada = testPrincipal({ id: 'ada', roles: ['user'], sessionId: 's-1', amr: ['otp'], authenticatedAt: 5 });
    await start(ada);
    expect(await statusOf('/probe/undecorated', '/probe/admin', '/probe/write', '/open/staff')).toEqual([
      200, 200, 200, 200,
    ]);
    expect((await client.get('/probe/principal')).body).toEqual({
      ...{ kind: 'user', id: 'ada', sessionId: 's-1', roles: ['user'], permissions: [], amr: ['otp'] },
      authenticatedAt: 5,
    });
  });

  it('lets everybody in as nobody', async () => {
    await start(null);
    expect((await client.get('/probe/optional')).body).toEqual({ id: null, email: null });
    expect(await statusOf('/probe/admin')).toEqual([200]);
  });

  it('knows nobody on public routes, as the real guard', async () => {
    await start({ roles: ['admin'] });
    expect((await client.get('/probe/public')).body).toEqual({ principal: null });
  });

  it('expands roles as the app does, and applies rules when asked to', async () => {
    await start({ roles: ['editor'] }, { enforceRules: true });
    expect(await statusOf('/probe/undecorated', '/probe/editor', '/probe/write', '/open/door')).toEqual([
      200, 200, 200, 200,
    ]);
    const refused = await client.get('/probe/admin');
    expect([refused.status, refused.body.code]).toEqual([403, 'insufficient_scope']);
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'www-authenticate': 'Bearer error="insufficient_scope"',
    });
  });

  it('applies rules to anonymous callers and to other kinds of credential', async () => {
    let who: ReturnType<Extract<Who, (...args: never[]) => unknown>> = null;
    await start(() => who, { enforceRules: true });
    expect(await statusOf('/probe/undecorated', '/probe/optional', '/probe/public')).toEqual([401, 200, 200]);
    who = { kind: 'api-key', permissions: ['*'] };
    const refused = await client.get('/probe/write');
    expect([refused.status, refused.body.code]).toEqual([403, 'credential_not_allowed']);
  });

  it('asks a function who acts in each request', async () => {
    await start((context) => {
      const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
      return headers['x-user'] === undefined ? null : { id: headers['x-user'] };
    });
    const idFor = async (user: string) =>
      (await client.get('/probe/principal', { headers: { 'x-user': user } })).body.id;
    expect([await idFor('ada'), await idFor('grace')]).toEqual(['ada', 'grace']);
  });

  it.each<[string, GuardOverrideOptions['user']]>([
    ['the user given', { email: 'ada@example.com' }],
    ['what a function loads for the principal', async ({ id }) => ({ email: `${id}@example.com` })],
  ])('gives @CurrentUser() %s', async (_what, user) => {
    await start({ id: 'ada' }, { user });
    expect((await client.get('/probe/optional')).body).toEqual({ id: 'ada', email: 'ada@example.com' });
  });

  it('stands in for a guard the host has placed, and on the kit’s own routes', async () => {
    let id = '';
    await start(() => ({ id }), {}, false);
    id = (await createTestAuth(app).user({ email: 'ada@example.com' })).id;
    const me = await client.get('/auth/me');
    expect([me.status, me.body.user?.email]).toEqual([200, 'ada@example.com']);
    expect((await client.get('/probe/principal')).body.id).toBe(id);
  });
});

describe('overrideAuthKitGuard on a resource server', () => {
  it('applies its rules to who acts, without keys and tokens', async () => {
    const builder = Test.createTestingModule({
      imports: [ResourceServerModule.forRoot({ issuer: 'https://issuer.example.com', roles: ROLES })],
      controllers: [ProbeController],
    });
    const module = await overrideAuthKitGuard(builder, { roles: ['editor'] }, { enforceRules: true }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    const [write, admin] = [await Client.of(app).get('/probe/write'), await Client.of(app).get('/probe/admin')];
    await app.close();
    expect([write.status, admin.status]).toEqual([200, 403]);
  });
});

describe('the user of an overridden guard', () => {
  it('is loaded once a request, and only where it is asked for', async () => {
    let loads = 0;
    const builder = Test.createTestingModule({ imports: [AuthKitModule.forRoot({ storage: memoryStorage() })] });
    const module = await overrideAuthKitGuard(builder, {}, { user: () => ({ n: (loads += 1) }) }).compile();
    const raw = {} as Parameters<typeof RequestContext.of>[0];
    const canActivate = () =>
      module.get(AuthKitGuard).canActivate({
        getHandler: () => ProbeController.prototype.undecorated,
        getClass: () => ProbeController,
        getType: () => 'http',
        switchToHttp: () => ({ getRequest: () => raw }),
      } as never);
    expect(canActivate()).toBe(true);
    expect(loads).toBe(0);
    const { loadUser } = RequestContext.of(raw);
    expect(await loadUser!()).toEqual({ n: 1 });
    expect(await RequestContext.of(raw).loadUser!()).toEqual({ n: 1 });
    await module.close();
  });
});

describe('testPrincipal', () => {
  it('answers as a real principal does, with what the roles grant where a policy says so', () => {
    const plain = testPrincipal({ roles: ['admin'], permissions: ['posts:*'] });
    expect([plain.hasRole('editor'), plain.hasRole('x', 'admin')]).toEqual([false, true]);
    expect([plain.can('posts:write'), plain.can('posts:write', 'users:read')]).toEqual([true, false]);
    const granted = testPrincipal({ roles: ['admin'], permissions: ['extra'] }, new RolePolicy({ roles: ROLES }));
    expect(granted).toMatchObject({ roles: ['admin', 'editor'], permissions: ['*', 'posts:*', 'extra'] });
    expect([granted.hasRole('editor'), granted.can('anything:at:all')]).toEqual([true, true]);
  });

  it('is a user who has just signed in, with no roles, unless told otherwise', () => {
    const before = Date.now();
    const principal = testPrincipal();
    expect(principal).toMatchObject({ kind: 'user', roles: [], permissions: [], amr: ['pwd'] });
    expect(principal.authenticatedAt).toBeGreaterThanOrEqual(before);
    expect(principal).not.toHaveProperty('sessionId');
    expect(Object.isFrozen(principal)).toBe(true);
  });
});
