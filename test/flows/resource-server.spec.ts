import { createPublicKey } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Controller, Get, Injectable, Logger, Module } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import type { AccessTokenKey } from 'nest-authkit';
import {
  Authenticated,
  Clock,
  CurrentPrincipal,
  OnAuthEvent,
  Permissions,
  Public,
  ResourceServerModule,
  Roles,
  type AnyAuthEvent,
  type Principal,
  type ResourceServerOptions,
} from 'nest-authkit/resource-server';
import { expectProblem } from '../support/attack.js';
import { Client } from '../support/client.js';
import { forge } from '../support/forge.js';
import { FakeIssuer } from '../support/issuer.js';
import { KEYS, OTHER_P256, P256, RSA, SMALL_RSA } from '../support/keys.js';
import { createTestApp, describeOn, type Adapter, type SignedUp, type TestApp } from '../support/test-app.js';

const ISSUER = 'http://localhost:3000';
const ES2: AccessTokenKey = { kid: 'es2', alg: 'ES256', pem: OTHER_P256.privateKey };

@Controller('things')
class ThingsController {
  @Get()
  mine(@CurrentPrincipal() { id, sessionId, roles, amr }: Principal) {
    return { id, sessionId, roles, amr };
  }

  @Get('tamper')
  tamper(@CurrentPrincipal() who: Principal) {
    try {
      (who.amr as string[]).push('mfa');
      return { refused: false };
    } catch {
      return { refused: true };
    }
  }

  @Get('open')
  @Public()
  open() {
    return { ok: true };
  }

  @Get('maybe')
  @Authenticated({ optional: true })
  maybe(@CurrentPrincipal() who: Principal | null) {
    return { id: who?.id ?? null };
  }

  @Get('staff')
  @Roles('editor')
  staff() {
    return { ok: true };
  }

  @Get('write')
  @Permissions('posts:write')
  write() {
    return { ok: true };
  }
}

@Injectable()
class Diary {
  readonly denials: AnyAuthEvent[] = [];

  @OnAuthEvent('authorization.denied')
  onDenied(event: AnyAuthEvent): void {
    this.denials.push(event);
  }
}

async function resourceServer(t: TestApp, adapter: Adapter, options: Partial<ResourceServerOptions> = {}) {
  const module = await Test.createTestingModule({
    imports: [ResourceServerModule.forRoot({ issuer: ISSUER, ...options })],
    controllers: [ThingsController],
    providers: [Diary],
  })
    .overrideProvider(Clock)
    .useValue(t.clock)
    .compile();
  const app =
    adapter === 'express'
      ? module.createNestApplication(new ExpressAdapter(), { logger: false })
      : module.createNestApplication(new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  return { app, client: Client.of(app), close: () => app.close() };
}

type Server = Awaited<ReturnType<typeof resourceServer>>;

describeOn('a resource server', {}, ({ adapter }) => {
  let t: TestApp;
  let server: Server;
  let ada: SignedUp;
  const roles = { admin: { inherits: ['editor'], permissions: ['*'] }, editor: { permissions: ['posts:*'] } };
  beforeAll(async () => {
    t = await createTestApp({ adapter, authkit: { roles, accessToken: { keys: [KEYS.ES256] } } });
    ada = await t.signUp('ada@example.com', ['admin']);
    server = await resourceServer(t, adapter, {
      jwksUrl: `http://127.0.0.1:${t.client.port}/.well-known/jwks.json`,
      roles,
    });
  });
  afterAll(async () => {
    await server.close();
    await t.close();
  });

  it('takes another app’s token by that app’s published keys', async () => {
    const reply = await server.client.get('/things', { token: ada.accessToken });
    expect([reply.status, reply.body]).toEqual([
      200,
      { id: ada.id, sessionId: ada.sessionId, roles: ['admin', 'editor'], amr: ['pwd'] },
    ]);
  });

  it('denies by default, with the same problems and events as the issuer', async () => {
    const anonymous = await server.client.get('/things');
    expectProblem(anonymous, 401, 'authentication_required');
    expect(anonymous.headers['www-authenticate']).toBe('Bearer');
    expect(anonymous.body.instance).toBe('/things');
    const forged = await server.client.get('/things', { token: forge(ada.accessToken) });
    expectProblem(forged, 401, 'token_invalid');
    const { denials } = server.app.get(Diary);
    expect(denials.at(-1)).toMatchObject({
      details: { code: 'token_invalid', path: '/things' },
      requestId: forged.body.requestId,
    });
  });

  it('leaves public handlers open and lets optional ones know who asks', async () => {
    expect((await server.client.get('/things/open', { token: 'nonsense' })).status).toBe(200);
    expect((await server.client.get('/things/maybe')).body).toEqual({ id: null });
    expect((await server.client.get('/things/maybe', { token: ada.accessToken })).body).toEqual({ id: ada.id });
    expect((await server.client.get('/things/maybe', { token: 'nonsense' })).status).toBe(401);
  });

  it('applies roles and permissions by its own definitions', async () => {
    const user = await t.signUp('bob@example.com');
    for (const path of ['/things/staff', '/things/write']) {
      expect((await server.client.get(path, { token: ada.accessToken })).status).toBe(200);
      const refused = await server.client.get(path, { token: user.accessToken });
      expectProblem(refused, 403, 'insufficient_scope');
    }
  });

  it('takes no cookie, no refresh token, no second header', async () => {
    const login = await t.auth.login(ada.email, ada.password, 'cookie');
    const cookie = `authkit_at=${login.accessToken}; __Host-authkit_at=${login.accessToken}`;
    expect((await server.client.get('/things', { cookie })).status).toBe(401);
    expect((await server.client.get('/things', { token: ada.refreshToken })).status).toBe(401);
    const twice = { authorization: [`Bearer ${ada.accessToken}`, `Bearer ${ada.accessToken}`] };
    expect((await server.client.get('/things', { headers: twice })).status).toBe(400);
  });

  it('leaves the guard to the host with globalGuard: false', async () => {
    const open = await resourceServer(t, adapter, { globalGuard: false } as Partial<ResourceServerOptions>);
    expect((await open.client.get('/things/open')).status).toBe(200);
    expect((await open.client.get('/things/staff')).status).toBe(200);
    await open.close();
  });

  it('keeps what one handler does to a principal from the next request', async () => {
    const { accessToken: token } = await t.auth.login(ada.email, ada.password);
    expect((await server.client.get('/things/tamper', { token })).body).toEqual({ refused: true });
    expect((await server.client.get('/things', { token })).body).toMatchObject({ amr: ['pwd'] });
  });

  it('refuses a token for another audience, and one that has expired', async () => {
    const jwksUrl = `http://127.0.0.1:${t.client.port}/.well-known/jwks.json`;
    const other = await resourceServer(t, adapter, { jwksUrl, audience: 'https://billing.example.com' });
    expectProblem(await other.client.get('/things', { token: ada.accessToken }), 401, 'token_invalid');
    await other.close();
    const { accessToken } = await t.auth.login(ada.email, ada.password);
    t.clock.advance(15 * 60_000 + 5_000);
    expectProblem(await server.client.get('/things', { token: accessToken }), 401, 'token_expired');
  });
});

describe('the keys of a resource server', () => {
  let t: TestApp;
  let ada: SignedUp;
  let issuer: FakeIssuer;
  let server: Server;
  const [es, es2] = [jwkOf('es', P256.publicKey), jwkOf('es2', OTHER_P256.publicKey)];
  let warn: ReturnType<typeof jest.spyOn>;

  beforeEach(async () => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    t = await createTestApp({ authkit: { accessToken: { keys: [KEYS.ES256] } } });
    ada = await t.signUp('ada@example.com');
    issuer = await FakeIssuer.start();
    issuer.publish({ keys: [es] });
  });
  afterEach(async () => {
    await server.close();
    await issuer.stop();
    await t.close();
    warn.mockRestore();
  });
  const start = async (options: Partial<ResourceServerOptions> = {}) => {
    server = await resourceServer(t, 'express', { jwksUrl: issuer.url, ...options });
  };
  const call = (token: string) => server.client.get('/things', { token });
  /** A token as the issuer would sign it with another key. */
  const signedWith = async (key: AccessTokenKey) => {
    const node = await createTestApp({ authkit: { accessToken: { keys: [key] } }, beside: t });
    const { accessToken } = await node.signUp('ada@example.com');
    await node.close();
    return accessToken;
  };

  it('are read once for many requests', async () => {
    await start();
    for (let n = 0; n < 20; n += 1) expect((await call(ada.accessToken)).status).toBe(200);
    expect(issuer.requests).toBe(1);
  });

  it('are read again for a key they lack, and many tokens that name one wait for the one read', async () => {
    await start();
    const token = await signedWith(ES2);
    t.clock.advance(30_000);
    issuer.publish({ keys: [es2, es] });
    const replies = await Promise.all(Array.from({ length: 10 }, () => call(token)));
    expect(replies.map(({ status }) => status)).toEqual(Array<number>(10).fill(200));
    expect(issuer.requests).toBe(2);
    expect((await call(ada.accessToken)).status).toBe(200);
  });

  it('are not read more than once a cooldown, however many unknown keys tokens name', async () => {
    await start();
    t.clock.advance(30_000);
    for (let n = 0; n < 10; n += 1) {
      expectProblem(await call(forge(ada.accessToken, { header: { kid: `made-up-${n}` } })), 401, 'token_invalid');
    }
    expect(issuer.requests).toBe(2);
    t.clock.advance(30_000);
    await call(forge(ada.accessToken, { header: { kid: 'made-up' } }));
    expect(issuer.requests).toBe(3);
  });

  it('go when the issuer withdraws them, those of tokens seen before too', async () => {
    await start();
    expect((await call(ada.accessToken)).status).toBe(200);
    issuer.publish({ keys: [es2] });
    t.clock.advance(5 * 60_000);
    const { accessToken } = await t.auth.refresh(ada.refreshToken);
    await settled(async () => (await call(accessToken)).status === 401);
    expectProblem(await call(ada.accessToken), 401, 'token_invalid');
  });

  it('go when they were withdrawn while nobody called and the process slept', async () => {
    await start();
    expect((await call(ada.accessToken)).status).toBe(200);
    issuer.publish({ keys: [es2] });
    t.clock.advance(59 * 60_000);
    const { accessToken } = await t.auth.issueFor(ada.id);
    expectProblem(await call(accessToken), 401, 'token_invalid');
  });

  it('go when another key takes their name', async () => {
    await start();
    expect((await call(ada.accessToken)).status).toBe(200);
    issuer.publish({ keys: [{ ...es2, kid: 'es' }] });
    t.clock.advance(5 * 60_000);
    const { accessToken } = await t.auth.refresh(ada.refreshToken);
    await settled(async () => (await call(accessToken)).status === 401);
    expect((await call(ada.accessToken)).status).toBe(401);
  });

  it('stay while the issuer is down, for an hour; then every token is 503, and all is well when it is back', async () => {
    await start();
    issuer.answer = (response) => response.destroy();
    const tokens: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      t.clock.advance(14 * 60_000);
      const { accessToken } = await t.auth.issueFor(ada.id);
      tokens.push(accessToken);
      expect((await call(accessToken)).status).toBe(200);
    }
    t.clock.advance(5 * 60_000);
    const { accessToken } = await t.auth.issueFor(ada.id);
    const refused = await call(accessToken);
    expectProblem(refused, 503, 'unavailable');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    issuer.publish({ keys: [es] });
    t.clock.advance(30_000);
    expect((await call(accessToken)).status).toBe(200);
  });

  it('are read again when the clock has been set back, instead of never', async () => {
    await start();
    t.clock.advance(-3_600_000);
    const { accessToken } = await t.auth.issueFor(ada.id);
    const requests = issuer.requests;
    expect((await call(accessToken)).status).toBe(200);
    await settled(async () => issuer.requests === requests + 1 && (await call(accessToken)).status === 200);
    expect(issuer.requests).toBe(requests + 1);
  });

  it('are not there when the app starts before the issuer; it answers 503, then serves', async () => {
    issuer.answer = (response) => response.writeHead(503).end();
    await start();
    expectProblem(await call(ada.accessToken), 503, 'unavailable');
    expect((await server.client.get('/things/open')).status).toBe(200);
    issuer.publish({ keys: [es] });
    t.clock.advance(30_000);
    expect((await call(ada.accessToken)).status).toBe(200);
  });

  it('leave a new key undecided within the cooldown, and a made-up one too if it claims to be as new', async () => {
    await start();
    issuer.publish({ keys: [es2, es] });
    t.clock.advance(6_000);
    const token = await signedWith(ES2);
    const early = await call(token);
    expectProblem(early, 503, 'unavailable');
    expect(early.headers['retry-after']).toBe('24');
    t.clock.advance(24_000);
    expect((await call(token)).status).toBe(200);
  });

  it('are given up in time when the issuer stalls in the middle of them', async () => {
    const dripping = new Set<NodeJS.Timeout>();
    issuer.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 100);
      dripping.add(timer);
      response.on('close', () => clearInterval(timer));
    };
    // Collecting garbage is what makes fetch forget its signal.
    setFlagsFromString('--expose_gc');
    const collect = runInNewContext('gc') as () => void;
    const collecting = setInterval(collect, 50);
    await start({ jwks: { timeout: '1s' } });
    clearInterval(collecting);
    expectProblem(await call(ada.accessToken), 503, 'unavailable');
    issuer.publish({ keys: [es] });
    t.clock.advance(30_000);
    expect((await call(ada.accessToken)).status).toBe(200);
  });

  it('leave an unknown key undecided while the issuer is down, without logging anybody out', async () => {
    await start();
    const token = await signedWith(ES2);
    t.clock.advance(30_000);
    issuer.answer = (response) => response.writeHead(500).end();
    expectProblem(await call(token), 503, 'unavailable');
    expect((await call(ada.accessToken)).status).toBe(200);
  });

  const secret = { kty: 'oct', k: Buffer.from('x'.repeat(32)).toString('base64url'), alg: 'HS256', kid: 'es' };
  it.each<[string, unknown]>([
    ['no JSON', 'nonsense'],
    ['no list', { keys: {} }],
    ['null', 'null'],
    ['one name twice', { keys: [es, { ...es2, kid: 'es' }] }],
    ['more than 64 KiB', { keys: [es], padding: 'x'.repeat(65_536) }],
    ['a redirect', 'redirect'],
  ])('are not taken from a document with %s', async (_what, document) => {
    if (document === 'redirect') {
      issuer.answer = (response) => response.writeHead(302, { location: issuer.url }).end();
    } else {
      issuer.publish(document);
    }
    await start();
    expectProblem(await call(ada.accessToken), 503, 'unavailable');
  });

  it.each<[string, unknown]>([
    ['a secret', secret],
    ['a private key', { ...es, d: 'AAAA' }],
    ['one for encryption', { ...es, use: 'enc' }],
    ['one without a name', { ...es, kid: undefined }],
    ['one without an algorithm', { ...es, alg: undefined }],
    ['one of an algorithm nobody here uses', { ...es, alg: 'ES384' }],
    ['one that does not fit its algorithm', { ...es, alg: 'RS256' }],
    ['an RSA key that is too short', { ...jwkOf('es', SMALL_RSA.publicKey), alg: 'RS256' }],
    ['one that is broken', { ...es, x: 'AAAA' }],
    ['null', null],
  ])('are taken without %s, which is said in the log', async (_what, key) => {
    issuer.publish({ keys: [key, es2] });
    await start();
    expectProblem(await call(ada.accessToken), 401, 'token_invalid');
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/publishes a key that is not used/));
  });

  it('verify RS256 and PS256 tokens each by its own key', async () => {
    const rsa = jwkOf('rs', RSA.publicKey);
    issuer.publish({
      keys: [
        { ...rsa, alg: 'RS256' },
        { ...rsa, alg: 'PS256', kid: 'ps' },
      ],
    });
    await start();
    for (const key of [KEYS.RS256, KEYS.PS256]) expect((await call(await signedWith(key))).status).toBe(200);
  });
});

describe('ResourceServerModule refuses to boot', () => {
  const boot = async (options: Partial<ResourceServerOptions>, more: object[] = []) => {
    const imports = [ResourceServerModule.forRoot({ issuer: ISSUER, ...options }), ...(more as [])];
    const app = (await Test.createTestingModule({ imports }).compile()).createNestApplication({ logger: false });
    try {
      await app.init();
    } finally {
      await app.close();
    }
  };

  it.each<[string, Partial<ResourceServerOptions>, RegExp]>([
    ['without an issuer', { issuer: undefined }, /issuer: it is missing/],
    [
      'with keys over plain HTTP',
      { jwksUrl: 'http://auth.internal/jwks' },
      /jwksUrl: .* Use https, or set dangerously/,
    ],
    ['with a password in the URL', { jwksUrl: 'https://u:p@auth.example.com/' }, /jwksUrl: it is not an http\(s\) URL/],
    ['with another scheme', { jwksUrl: 'file:///etc/keys' }, /jwksUrl: it is not an http\(s\) URL/],
    ['with an unknown option', { jwksUri: 'x' } as object, /jwksUri: there is no such option/],
    ['with keys kept shorter than they are good', { jwks: { keepFor: '1m' } }, /jwks\.keepFor: "1m" is not valid/],
  ])('%s', async (_what, options, message) => {
    await expect(boot(options)).rejects.toThrow(message);
  });

  it('with strictRoutes and a handler without a rule', async () => {
    @Controller('bare')
    class Bare {
      @Get()
      bare() {
        return 'bare';
      }
    }
    @Module({ controllers: [Bare] })
    class BareModule {}
    await expect(boot({ strictRoutes: true }, [BareModule])).rejects.toThrow(
      /strictRoutes: 1 route has no rule:\n {2}BareModule Bare\.bare \(GET \/bare\)/,
    );
    await expect(boot({}, [BareModule])).resolves.toBeUndefined();
  });

  it('beside another copy of the package', async () => {
    const shared = globalThis as Record<symbol, unknown>;
    const key = Symbol.for('nest-authkit');
    const original = shared[key];
    shared[key] = {};
    try {
      await expect(boot({})).rejects.toThrow(/two copies of the package/);
    } finally {
      shared[key] = original;
    }
  });

  it('imported twice', async () => {
    const again = ResourceServerModule.forRoot({ issuer: 'https://other.example.com' });
    await expect(boot({}, [again])).rejects.toThrow(/forRoot\(\) is imported more than once/);
  });
});

function jwkOf(kid: string, pem: string) {
  return { ...createPublicKey(pem).export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' };
}

/** A read in the background answers when it answers; a few turns of the event loop are enough on loopback. */
async function settled(condition: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 200; n += 1) if (await condition()) return;
  throw new Error('it never came true');
}
