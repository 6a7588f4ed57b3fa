import { Controller, Post, Req, UseFilters } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { IsString } from 'class-validator';
import {
  AuthKitError,
  authKitOpenApi,
  AuthService,
  ProblemFilter,
  Public,
  SecondFactor,
  type AuthKitOptions,
} from 'nest-authkit';
import { passport, PassportSignIn, SignInDto, type PassportFeatureOptions } from 'nest-authkit/passport';
import { expectProblem } from '../support/attack.js';
import { cookieHeader, type Reply } from '../support/client.js';
import { DATABASES } from '../support/databases.js';
import { OAuthProvider } from '../support/oauth-provider.js';
import { AcmeStrategy, LegacyStrategy } from '../support/passport-strategies.js';
import { createTestApp, describeOn, type Adapter, type TestApp, type TestAppOptions } from '../support/test-app.js';

const HOME = { origin: 'http://localhost:3000' };
const GRACE = { username: 'grace', password: 'old-pw' };

const SIGN_IN: PassportFeatureOptions['signIn'] = {
  legacy: { strategy: LegacyStrategy, amr: ['pwd'] },
  acme: { strategy: AcmeStrategy, successUrl: '/welcome?from=acme', failureUrl: '/login?next=home', amr: ['acme'] },
};

/** A controller of the host's own, for a strategy that the feature has no route for. */
@Controller('own')
@UseFilters(ProblemFilter)
class OwnController {
  constructor(
    private readonly signIns: PassportSignIn,
    private readonly auth: AuthService,
    private readonly strategy: LegacyStrategy,
  ) {}

  @Post('login')
  @Public()
  async login(@Req() request: object) {
    const user = await this.signIns.authenticate(this.strategy, request);
    const { accessToken, sessionId } = await this.auth.issueFor(user, { amr: ['pwd'] });
    return { accessToken, sessionId };
  }
}

class PinDto extends SignInDto {
  @IsString()
  pin!: string;
}

describeOn('a passport strategy as a way to sign in', { databases: DATABASES }, ({ adapter, database }) => {
  let provider: OAuthProvider;
  let t: TestApp;
  const appWith = (signIn = SIGN_IN, options: TestAppOptions = {}) =>
    createTestApp({
      adapter,
      database,
      ...options,
      authkit: { features: [passport({ signIn }), ...(options.authkit?.features ?? [])], ...without(options.authkit) },
      controllers: [OwnController],
      providers: [LegacyStrategy, AcmeStrategy, { provide: OAuthProvider, useValue: provider }],
    });
  beforeAll(async () => {
    provider = await OAuthProvider.start();
    t = await appWith();
  });
  afterAll(async () => {
    await t.close();
    await provider.stop();
  });

  /** A browser's way to the provider and back; what it carries of ours goes with it. */
  async function visitAcme(carried = ''): Promise<Reply> {
    const begun = await t.client.get('/auth/passport/acme', { cookie: carried });
    expect(begun.status).toBe(303);
    const back = new URL(provider.approve(begun.headers.location!));
    const cookie = [carried, cookieHeader(begun.cookies)].filter(Boolean).join('; ');
    return t.client.get(back.pathname + back.search, { cookie, headers: { 'sec-fetch-site': 'cross-site' } });
  }

  it('takes credentials, and answers as a login', async () => {
    const reply = await t.client.post('/auth/passport/legacy', GRACE);
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({ token_type: 'Bearer', user: { email: 'grace@example.com' } });
    expect(reply.headers['cache-control']).toBe('no-store');
    const me = await t.client.get('/auth/me', { token: reply.body.access_token });
    expect(me.body.user.email).toBe('grace@example.com');
    expect((await t.client.post('/auth/refresh', { refreshToken: reply.body.refresh_token })).status).toBe(200);
  });

  it('says in session and events how the user signed in', async () => {
    t.events.length = 0;
    const reply = await t.client.post('/auth/passport/legacy', GRACE);
    const id = reply.body.user.id as string;
    const events = t.events.filter(({ type }) => type !== 'mail.sent');
    expect(events.map(({ type }) => type)).toEqual(['session.issued', 'login.succeeded']);
    expect(events[1]).toMatchObject({ subject: id, details: { amr: ['pwd'] } });
    expect(t.auth.verifyAccessToken(reply.body.access_token as string).amr).toEqual(['pwd']);
  });

  it('sets cookies for those who ask for them, and ends the session they bring along', async () => {
    const body = { ...GRACE, transport: 'cookie' };
    const first = await t.client.post('/auth/passport/legacy', body, { headers: HOME });
    expect(first.body).toEqual({ expires_in: 900, user: expect.objectContaining({ email: 'grace@example.com' }) });
    const cookie = cookieHeader(first.cookies);
    expect((await t.client.get('/auth/me', { cookie })).status).toBe(200);
    const second = await t.client.post('/auth/passport/legacy', body, { headers: HOME, cookie });
    expectProblem(await t.client.get('/auth/me', { cookie }), 401, 'token_revoked');
    expect((await t.client.get('/auth/me', { cookie: cookieHeader(second.cookies) })).status).toBe(200);
  });

  it('leads a browser to the provider and back into the app, with cookies and nothing in a URL', async () => {
    const begun = await t.client.get('/auth/passport/acme', { headers: { host: 'evil.example' } });
    const asked = new URL(begun.headers.location!).searchParams;
    expect([begun.status, asked.get('redirect_uri')]).toEqual([
      303,
      'http://localhost:3000/auth/passport/acme/callback',
    ]);
    expect(asked.get('code_challenge_method')).toBe('S256');
    expect(begun.cookies).toEqual([
      expect.stringMatching(/^authkit_signin_acme=[\w-]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);

    const reply = await visitAcme();
    expect([reply.status, reply.headers.location]).toEqual([303, '/welcome?from=acme']);
    expect(reply.headers['referrer-policy']).toBe('no-referrer');
    const names = reply.cookies.map((cookie) => /^(\w+)=(\w?)/.exec(cookie)!.slice(1));
    expect(names).toEqual([
      ['authkit_at', 'e'],
      ['authkit_rt', 'n'],
      ['authkit_device', 'n'],
      ['authkit_signin_acme', ''],
    ]);
    const me = await t.client.get('/auth/me', { cookie: cookieHeader(reply.cookies) });
    expect(me.body.user).toMatchObject({ email: 'ada@acme.example', emailVerified: true });
  });

  it('knows a user who comes again, and ends the session the browser had', async () => {
    const sessionOf = ({ cookies }: Reply) => cookieHeader(cookies.filter((one) => !one.includes('signin')));
    const first = sessionOf(await visitAcme());
    const before = await t.client.get('/auth/me', { cookie: first });
    const second = sessionOf(await visitAcme(first));
    expectProblem(await t.client.get('/auth/me', { cookie: first }), 401, 'token_revoked');
    expect((await t.client.get('/auth/me', { cookie: second })).body.user.id).toBe(before.body.user.id);
  });

  it('does not open an account that is switched off', async () => {
    const { id } = (await t.client.post('/auth/passport/legacy', GRACE)).body.user as { id: string };
    await visitAcme();
    const acme = (await t.auth.findUser('ada@acme.example'))!;
    for (const one of [id, acme.id]) await t.auth.setActive(one, false);
    t.events.length = 0;
    expectProblem(await t.client.post('/auth/passport/legacy', GRACE), 401, 'invalid_credentials');
    const visit = await visitAcme();
    expect([visit.status, visit.headers.location]).toEqual([303, '/login?next=home&error=invalid_credentials']);
    expect(visit.cookies.filter((cookie) => !cookie.startsWith('authkit_signin_acme=;'))).toEqual([]);
    expect(t.events.map(({ type, details }) => [type, details])).toEqual([
      ['login.failed', { reason: 'inactive' }],
      ['login.failed', { reason: 'inactive' }],
    ]);
    for (const one of [id, acme.id]) await t.auth.setActive(one, true);
  });

  it('comes back to the page for failures when the provider says no', async () => {
    const denied = await t.client.get('/auth/passport/acme/callback?error=access_denied&error_description=%3Cb%3E');
    expect([denied.status, denied.headers.location]).toEqual([303, '/login?next=home&error=invalid_credentials']);
  });

  it('serves a controller of the host’s own', async () => {
    const good = await t.client.post('/own/login', GRACE);
    expect(good.status).toBe(201);
    expect((await t.client.get('/auth/me', { token: good.body.accessToken })).status).toBe(200);
    expectProblem(await t.client.post('/own/login', { ...GRACE, password: 'x' }), 401, 'invalid_credentials');
  });

  it('asks for a second factor, and for a verified address where login does', async () => {
    class Never extends SecondFactor {
      override demand() {
        return new AuthKitError('invalid_credentials', { detail: 'And the second?' });
      }
    }
    const strict = await appWith(SIGN_IN, {
      authkit: { features: [{ name: 'never', secondFactor: Never }], registration: { requireVerifiedEmail: true } },
    });
    expectProblem(await strict.client.post('/auth/passport/legacy', GRACE), 403, 'email_not_verified');
    await strict.auth.setEmailVerified((await strict.auth.findUser('grace@example.com'))!.id, true, {
      keepPassword: true,
    });
    expect((await strict.client.post('/auth/passport/legacy', GRACE)).body.detail).toBe('And the second?');
    await strict.close();
  });

  it('is documented as open, with its body', async () => {
    const { paths } = SwaggerModule.createDocument(t.app, authKitOpenApi(new DocumentBuilder()).build());
    expect(paths['/auth/passport/legacy'].post).toMatchObject({
      security: [],
      requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/PasswordSignInDto' } } } },
    });
    expect(paths['/auth/passport/acme'].get).toMatchObject({ security: [], responses: { 303: {} } });
    expect(paths['/auth/passport/acme/callback'].get).toMatchObject({ security: [], responses: { 303: {} } });
  });
});

/** What of the options is not merged by hand. */
function without({ features: _features, ...rest }: Partial<AuthKitOptions> = {}): Partial<AuthKitOptions> {
  return rest;
}

describeOn('the options of passport()', {}, ({ adapter }) => {
  const boot = (feature: PassportFeatureOptions, authkit: Partial<AuthKitOptions> = {}, providers: object[] = []) =>
    createTestApp({
      adapter: adapter as Adapter,
      authkit: { features: [passport(feature)], ...authkit },
      providers: providers as TestAppOptions['providers'],
    });
  const instance = { authenticate: () => undefined };

  it('take a strategy that is no provider, a body of its own, and another path', async () => {
    const pins = {
      authenticate(this: { success(user: object): void; fail(): void }, { body }: { body: { pin: string } }) {
        if (body.pin === '4711') this.success({ id: userId });
        else this.fail();
      },
    };
    const t = await boot(
      { signIn: { pin: { strategy: pins as never, body: PinDto } } },
      { routes: { features: { passport: 'enter' } } },
    );
    const userId = (await t.signUp('ada@example.com')).id;
    const entered = await t.client.post('/enter/pin', { pin: '4711' });
    expect(t.auth.verifyAccessToken(entered.body.access_token as string).amr).toEqual(['pin']);
    expectProblem(await t.client.post('/enter/pin', { pin: '0' }), 401, 'invalid_credentials');
    expectProblem(await t.client.post('/enter/pin', { pin: 4711 }), 422, 'validation_failed');
    expectProblem(await t.client.post('/enter/pin', { pin: '4711', transport: 'pigeon' }), 422, 'validation_failed');
    await t.close();
  });

  it.each([
    ['//evil.example'],
    ['/\\evil.example'],
    ['https://evil.example/'],
    ['javascript:alert(1)'],
    ['/\t/evil.example'],
    ['/a\r\nSet-Cookie: x=1'],
    ['welcome'],
    [''],
  ])('refuse to send browsers to %j', async (url) => {
    const signIn = { acme: { strategy: instance, successUrl: url } };
    await expect(boot({ signIn })).rejects.toThrow('passport.signIn.acme.successUrl');
    const failing = { acme: { strategy: instance, successUrl: '/', failureUrl: url } };
    await expect(boot({ signIn: failing })).rejects.toThrow('passport.signIn.acme.failureUrl');
  });

  it('refuse what cannot work', async () => {
    await expect(boot({ signIn: { legacy: { strategy: LegacyStrategy } } })).rejects.toThrow(
      'passport.signIn.legacy.strategy: LegacyStrategy is no singleton provider',
    );
    const cookieless = { credentials: { cookie: false } };
    await expect(boot({ signIn: { acme: { strategy: instance, successUrl: '/' } } }, cookieless)).rejects.toThrow(
      'credentials.cookie is false',
    );
    expect(() => passport({ signIn: { 'a/b': { strategy: instance } } })).toThrow('a/b is no name for a path');
    const timeout = 'soon' as never;
    expect(() => passport({ signIn: { a: { strategy: instance, timeout } } })).toThrow('passport.signIn.a.timeout');
  });
});
