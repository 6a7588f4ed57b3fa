import { jest } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { Module, type INestApplication } from '@nestjs/common';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { AuthKitModule, Clock, SessionStore } from 'nest-authkit';
import { ResourceServerModule } from 'nest-authkit/resource-server';
import { rpc, RpcIdentity, type RpcFeatureOptions } from 'nest-authkit/rpc';
import { memoryStorage } from 'nest-authkit/testing';
import { KeyRing } from '../../libs/authkit/src/kernel/key-ring.js';
import { signIdentity } from '../../libs/authkit/src/rpc/identity.js';
import { firstValueFrom, merge, take, toArray } from 'rxjs';
import { missingFor } from '../support/databases.js';
import { describeIf } from '../support/describe-if.js';
import { alsoHeard, answer, connectService, heard, portOf, SumsController } from '../support/rpc-app.js';
import { createTestApp, SECRET, type SignedUp, type TestApp } from '../support/test-app.js';

const OTHER_SECRET = 'Zt8Kc2Wq5Xn9Vb4Lm7Rj3Hd6Gf1Ps0Ya+Ue';
const SUM = { cmd: 'sum', v: 1 };
const keyOf = (secret: string) => new KeyRing([secret]).keys('rpc identity')[0];

describe('the identity of a message', () => {
  let t: TestApp;
  let proxy: ClientProxy;
  let identity: RpcIdentity;
  let ann: SignedUp;
  let caller: { kind: 'user'; id: string; sessionId: string };
  beforeAll(async () => {
    t = await createTestApp({ authkit: { features: [rpc()] }, controllers: [SumsController] });
    proxy = await connectService(t.app, 'tcp', { inheritAppConfig: true });
    identity = t.app.get(RpcIdentity);
    ann = await t.signUp('ann@example.com');
    caller = { kind: 'user', id: ann.id, sessionId: ann.sessionId };
  });
  afterAll(async () => {
    await proxy.close();
    await t.close();
  });

  const codeOf = async (pattern: unknown, payload: unknown) => (await answer(proxy.send(pattern, payload)))['code'];
  const signed = (data: unknown, time = { now: t.clock.now(), lifetime: 10_000 }, key = keyOf(SECRET)) => ({
    ...{ authkit: signIdentity(key, caller, { pattern: SUM, data }, time), data },
  });

  it('is taken once, by the guard of the app and that of the handler together', async () => {
    const message = signed([1]);
    expect(await answer(proxy.send(SUM, message))).toMatchObject({ sum: 1 });
    expect(await codeOf(SUM, message)).toBe('token_invalid');
  });

  it('is taken once by all handlers of an event together, each for its own patterns', async () => {
    const denied = () => t.events.filter(({ type }) => type === 'authorization.denied').length;
    const before = denied();
    const four = firstValueFrom(merge(heard, alsoHeard).pipe(take(4), toArray()));
    const message = identity.attach('shared', 'first', caller);
    proxy.emit('shared', identity.attach('other', 'for one of them', caller));
    proxy.emit('shared', message);
    proxy.emit('shared', message);
    proxy.emit('shared', identity.attach('shared', 'last', caller));
    expect((await four).map(({ data }) => data).sort()).toEqual(['first', 'first', 'last', 'last']);
    expect(denied()).toBe(before + 3);
  });

  it('is taken once of many at a time', async () => {
    const message = signed([2]);
    const replies = await Promise.all(Array.from({ length: 50 }, () => answer(proxy.send(SUM, message))));
    expect(replies.filter((reply) => reply['sum'] === 2)).toHaveLength(1);
  });

  it('is for one payload and one pattern', async () => {
    expect(await codeOf(SUM, { ...signed([1]), data: [1, 1] })).toBe('token_invalid');
    expect(await codeOf('admin', signed([1]))).toBe('token_invalid');
    expect(await codeOf('fresh', identity.attach('admin', null, caller))).toBe('token_invalid');
  });

  it('holds for the payload as it arrives', async () => {
    const numbers = Object.assign([1, 2], { toJSON: () => [3, 4] });
    expect(await answer(proxy.send(SUM, identity.attach({ v: 1, cmd: 'sum' }, numbers, caller)))).toMatchObject({
      sum: 7,
    });
  });

  it('is believed for its lifetime, never for more than 30 s, and not before', async () => {
    const now = t.clock.now();
    const day = 86_400_000;
    expect(await codeOf(SUM, signed([1], { now: now - 15_000, lifetime: 10_000 }))).toBe('token_expired');
    expect(await codeOf(SUM, signed([1], { now: now - 35_000, lifetime: day }))).toBe('token_expired');
    expect(await codeOf(SUM, signed([1], { now: now + 6_000, lifetime: 10_000 }))).toBe('token_invalid');
    // Clocks differ.
    expect(await codeOf(SUM, signed([1], { now: now - 14_000, lifetime: 10_000 }))).toBeUndefined();
    expect(await codeOf(SUM, signed([1], { now: now + 4_000, lifetime: 10_000 }))).toBeUndefined();
  });

  it('is remembered as long as it would be believed', async () => {
    const message = signed([5], { now: t.clock.now() + 5_000, lifetime: 30_000 });
    expect(await codeOf(SUM, message)).toBeUndefined();
    t.clock.advance('39s');
    expect(await codeOf(SUM, message)).toBe('token_invalid');
    t.clock.advance('1s');
    expect(await codeOf(SUM, message)).toBe('token_expired');
  });

  it("is nobody's that is forged", async () => {
    expect(await codeOf(SUM, signed([1], undefined, keyOf(OTHER_SECRET)))).toBe('token_invalid');
    const { authkit, data } = signed([1]);
    const [text, mac] = authkit.split('.');
    const admin = Buffer.from(
      Buffer.from(text, 'base64url').toString().replace('"roles":[]', '"roles":["admin"]'),
    ).toString('base64url');
    const forgeries = [
      '',
      '.',
      text,
      `${text}.`,
      `.${mac}`,
      `${admin}.${mac}`,
      `${text}.${mac}.`,
      `${authkit}.x`,
      'null',
    ];
    for (const forged of forgeries) expect(await codeOf(SUM, { authkit: forged, data })).toBe('token_invalid');
    for (let i = 0; i < authkit.length; i += 7) {
      const flipped = String.fromCharCode(authkit.charCodeAt(i) ^ 1);
      const forged = authkit.slice(0, i) + flipped + authkit.slice(i + 1);
      expect(await codeOf(SUM, { authkit: forged, data })).toBe('token_invalid');
    }
    expect(await codeOf(SUM, { authkit: ann.accessToken, data })).toBe('token_invalid');
    expect(await answer(proxy.send(SUM, { authkit, data }))).toMatchObject({ sum: 1 });
  });

  it('is none in what looks like it', async () => {
    for (const authkit of [7, {}, [], true]) {
      expect(await codeOf(SUM, { authkit, data: [1] })).toBe('authentication_required');
    }
    expect(await codeOf(SUM, { ...signed([1]), more: 1 })).toBe('authentication_required');
    expect(await codeOf(SUM, [1])).toBe('authentication_required');
  });

  it('cannot be put into the payload by who the payload comes from', async () => {
    const root = await t.signUp('root@example.com', ['admin']);
    const stolen = identity.attach('open', 'x', { kind: 'user', id: root.id, sessionId: root.sessionId });
    expect(await answer(proxy.send('open', identity.attach('open', stolen, null)))).toEqual({
      data: stolen,
      who: null,
    });
  });

  it('proves no more than the session: another user, an ended one, and a store that cannot say', async () => {
    const bob = await t.signUp('bob@example.com');
    const mixed = { kind: 'user' as const, id: bob.id, sessionId: ann.sessionId, roles: ['admin'] };
    expect(await codeOf('admin', identity.attach('admin', null, mixed))).toBe('token_invalid');
    const asBob = { kind: 'user' as const, id: bob.id, sessionId: bob.sessionId, roles: ['admin'] };
    expect(await codeOf('admin', identity.attach('admin', null, asBob))).toBe('insufficient_scope');
    const read = jest.spyOn(t.app.get(SessionStore), 'findWithUser').mockRejectedValue(new Error('down'));
    expect(await codeOf('fresh', identity.attach('fresh', null, asBob))).toBe('unavailable');
    read.mockRestore();
    await t.auth.revokeAll(bob.id);
    expect(await codeOf('fresh', identity.attach('fresh', null, asBob))).toBe('token_revoked');
  });

  it('is not fresh by the word of the sender', async () => {
    const old = await t.kit.actingAs(ann, { authenticatedAt: new Date(t.clock.now() - 3_600_000) });
    const claimed = { ...caller, sessionId: old.sessionId, authenticatedAt: t.clock.now() };
    expect(await codeOf('fresh', identity.attach('fresh', null, claimed))).toBe('reauthentication_required');
  });
});

describeIf(missingFor('postgres'), 'an identity shown to two nodes', () => {
  it('is taken by one, where the counters are shared', async () => {
    const options = { authkit: { features: [rpc({ replay: 'shared' })] }, controllers: [SumsController] };
    const one = await createTestApp({ ...options, database: 'postgres' });
    const two = await createTestApp({ ...options, database: 'postgres', beside: one });
    const proxies = [await connectService(one.app, 'tcp'), await connectService(two.app, 'tcp')];
    const ann = await one.signUp('ann@example.com');
    const message = one.app.get(RpcIdentity).attach(SUM, [1], { kind: 'user', id: ann.id, sessionId: ann.sessionId });
    const replies = await Promise.all(proxies.map((proxy) => answer(proxy.send(SUM, message))));
    expect(replies.map((reply) => reply['code'] ?? 'sum').sort()).toEqual(['sum', 'token_invalid']);
    for (const proxy of proxies) await proxy.close();
    await two.close();
    await one.close();
  });
});

describe('a service without the users', () => {
  it('believes what the sender signs, under the secret they share', async () => {
    const module = await Test.createTestingModule({
      imports: [
        ResourceServerModule.forRoot({
          issuer: 'http://localhost:3000',
          features: [rpc({ secret: [OTHER_SECRET, SECRET] })],
        }),
      ],
      controllers: [SumsController],
    }).compile();
    const app: INestApplication = module.createNestApplication({ logger: false });
    await app.init();
    const proxy = await connectService(app, 'tcp');
    const send = (secret: string, roles: string[]) => {
      const time = { now: app.get(Clock).now(), lifetime: 10_000 };
      const caller = { kind: 'user' as const, id: 'u1', sessionId: 's1', roles };
      const authkit = signIdentity(keyOf(secret), caller, { pattern: 'admin', data: null }, time);
      return answer(proxy.send('admin', { authkit, data: null }));
    };
    expect(await send(OTHER_SECRET, ['admin'])).toEqual({ ok: true });
    expect(await send(SECRET, ['admin'])).toEqual({ ok: true });
    expect(await send(SECRET, ['user'])).toMatchObject({ code: 'insufficient_scope' });
    expect(await send('Qx7Nv2Zk5Jw9Tb4Cm8Rh3Ld6Fs1Pg0Ya=Ie', ['admin'])).toMatchObject({ code: 'token_invalid' });
    await proxy.close();
    await app.close();
  });
});

describe('a service with users of its own', () => {
  it.each([
    [true, { ok: true }],
    [false, { code: 'token_revoked' }],
  ])("and trustSender %s answers for another app's user with %j", async (trustSender, expected) => {
    const authkit = { features: [rpc({ secret: OTHER_SECRET, trustSender })] };
    const t = await createTestApp({ authkit, controllers: [SumsController] });
    const proxy = await connectService(t.app, 'tcp');
    const caller = { kind: 'user' as const, id: 'u1', sessionId: 's1', roles: ['admin'] };
    expect(await answer(t.app.get(RpcIdentity).client(proxy, caller).send('admin', ''))).toMatchObject(expected);
    await proxy.close();
    await t.close();
  });
});

class Plain {
  handle() {
    return 'reached';
  }
}
MessagePattern('plain')(Plain.prototype, 'handle', Object.getOwnPropertyDescriptor(Plain.prototype, 'handle')!);

describe('an app with message handlers', () => {
  const OPTIONS = { secret: SECRET, baseUrl: 'http://localhost:3000', rateLimits: false as const };
  const moduleOf = (features: RpcFeatureOptions | null, controller: new () => object, more: object = {}) => {
    @Module({
      imports: [
        AuthKitModule.forRoot({
          ...OPTIONS,
          storage: memoryStorage(),
          features: features ? [rpc(features)] : [],
          ...more,
        }),
      ],
      controllers: [controller],
    })
    class AppModule {}
    return AppModule;
  };
  const start = async (...args: Parameters<typeof moduleOf>) => {
    const app = await NestFactory.create(moduleOf(...args), { logger: false, abortOnError: false });
    await app.init();
    await app.close();
  };

  it('does not start while nothing guards them', async () => {
    await expect(start(null, SumsController)).rejects.toThrow(
      "nest-authkit: SumsController.sum: it handles messages, and nothing guards it in a microservice connected without inheritAppConfig: true. Add rpc() of 'nest-authkit/rpc'",
    );
    await start(null, SumsController, { dangerouslyUnguardedSockets: true });
  });

  it.each([
    [{ secret: 'short' }, 'rpc.secret: it is shorter than 32 bytes'],
    [{ secret: [] }, 'rpc.secret: it is missing'],
    [{ lifetime: '31s' as const }, 'rpc.lifetime: it is 31s'],
    [{ lifetime: 0 }, 'rpc.lifetime: it is 0'],
  ])('does not start with %j', (options, problem) => {
    expect(() => rpc(options)).toThrow(problem);
  });

  it('guards them also without HTTP', async () => {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(moduleOf({}, Plain), {
      ...{ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 }, logger: false, abortOnError: false },
    });
    await app.listen();
    const proxy = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: portOf(app) },
    });
    expect(await answer(proxy.send('plain', ''))).toMatchObject({ code: 'authentication_required' });
    const identity = app.get(RpcIdentity);
    const service = identity.client(proxy, { kind: 'user', id: 'u1' });
    expect(await answer(service.send('plain'))).toBe('reached');
    await proxy.close();
    await app.close();
  });
});
