import type { IncomingMessage } from 'node:http';
import {
  Controller,
  Get,
  Injectable,
  Post,
  Req,
  SetMetadata,
  UnauthorizedException,
  UseFilters,
  UseGuards,
  type ExecutionContext,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { AuthGuard, PassportStrategy } from '@nestjs/passport';
import jwt from 'jsonwebtoken';
import {
  CurrentPrincipal,
  CurrentUser,
  ProblemFilter,
  Public,
  Roles,
  ruleOf,
  SessionStore,
  type AuthUser,
  type Principal,
} from 'nest-authkit';
import { passport } from 'nest-authkit/passport';
import defaultPassport, { type StrategyCreated } from 'passport';
import { ExtractJwt, Strategy as JwtStrategy } from 'passport-jwt';
import { expectProblem } from '../support/attack.js';
import { cookieHeader } from '../support/client.js';
import { forge } from '../support/forge.js';
import { createTestApp, describeOn, PASSWORD, type TestApp, type TestAppOptions } from '../support/test-app.js';

const HOME = { origin: 'http://localhost:3000' };
const OLD_SECRET = 'the secret of the recipe, 32 bytes and more';

interface WithUser {
  user: { id: string; roles?: readonly string[]; sessionId?: string; email?: string } | null;
}

/** As in code written for the recipe: req.user, one guard a controller. */
@Controller('old')
@UseGuards(AuthGuard('authkit'))
class OldController {
  @Get('me')
  me(@Req() { user }: WithUser, @CurrentPrincipal() principal: Principal) {
    return { id: user!.id, roles: user!.roles, sessionId: user!.sessionId, same: (user as unknown) === principal };
  }

  @Get('row')
  row(@CurrentUser() row: AuthUser) {
    return { email: row.email };
  }

  @Post('write')
  write(@Req() { user }: WithUser) {
    return { id: user!.id };
  }

  @Get('staff')
  @Roles('admin')
  staff() {
    return { ok: true };
  }
}

class OptionalGuard extends AuthGuard('authkit') {
  override handleRequest<T>(error: Error | null, user: T): T {
    if (error) throw error;
    return user || (null as T);
  }
}

class OwnWordsGuard extends AuthGuard('authkit') {
  override handleRequest<T>(error: Error | null, user: T): T {
    if (error || !user) throw error ?? new UnauthorizedException('log in, please');
    return user;
  }
}

class BadgeStrategy extends defaultPassport.Strategy {
  override authenticate(this: StrategyCreated<this>, { headers }: IncomingMessage): void {
    if (headers['x-badge'] === 'robot-7') this.success({ id: 'robot-7' });
    else this.fail('Badge', 401);
  }
}
defaultPassport.use('badge', new BadgeStrategy());

/** The recipe's own strategy, still there while its tokens live. */
@Injectable()
class OldJwtStrategy extends PassportStrategy(JwtStrategy, 'jwt') {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: OLD_SECRET, algorithms: ['HS256'] });
  }
  validate = ({ sub }: { sub: string }) => ({ id: sub });
}

@Controller('more')
@Public()
class MoreController {
  @Get('optional')
  @UseGuards(OptionalGuard)
  optional(@Req() { user }: WithUser) {
    return { id: user?.id ?? null };
  }

  @Get('own-words')
  @UseGuards(OwnWordsGuard)
  ownWords() {
    return { ok: true };
  }

  @Get('chain')
  @UseGuards(AuthGuard(['authkit', 'badge', 'jwt']))
  @UseFilters(ProblemFilter)
  chain(@Req() { user }: WithUser) {
    return { id: user!.id };
  }
}

const appWith = (options: TestAppOptions) =>
  createTestApp({
    ...options,
    controllers: [OldController, MoreController],
    providers: [OldJwtStrategy],
    authkit: { features: [passport()], ...options.authkit },
  });

describe.each([true, false])('AuthGuard("authkit"), global guard %s', (globalGuard) => {
  describeOn('', {}, ({ adapter }) => {
    let t: TestApp;
    let user: Awaited<ReturnType<TestApp['signUp']>>;
    let cookie: string;
    beforeAll(async () => {
      t = await appWith({ adapter, authkit: { globalGuard } });
      user = await t.signUp('ada@example.com', ['editor']);
      const login = { identifier: user.email, password: PASSWORD, transport: 'cookie' };
      cookie = cookieHeader((await t.client.post('/auth/login', login, { headers: HOME })).cookies);
    });
    afterAll(() => t.close());

    it('makes request.user the principal of the token', async () => {
      const reply = await t.client.get('/old/me', { token: user.accessToken });
      const { id, sessionId } = user;
      expect([reply.status, reply.body]).toEqual([200, { id, sessionId, roles: ['editor'], same: true }]);
    });

    it('fills @CurrentUser with the row', async () => {
      const reply = await t.client.get('/old/row', { token: user.accessToken });
      expect(reply.body).toEqual({ email: 'ada@example.com' });
    });

    it('takes the cookie for a call of our own pages', async () => {
      expect((await t.client.get('/old/me', { cookie })).body).toMatchObject({ id: user.id });
      const written = await t.client.post('/old/write', {}, { cookie, headers: HOME });
      expect([written.status, written.body]).toEqual([201, { id: user.id }]);
    });

    it('refuses a cookie sent by another site, or by nobody knows whom', async () => {
      const evil = { origin: 'https://evil.example' };
      expectProblem(await t.client.post('/old/write', {}, { cookie, headers: evil }), 403, 'csrf_rejected');
      expectProblem(await t.client.post('/old/write', {}, { cookie }), 403, 'csrf_origin_missing');
    });

    it('refuses a call without a credential as the kit does', async () => {
      const reply = await t.client.get('/old/me');
      expectProblem(reply, 401, 'authentication_required');
      expect(reply.headers['www-authenticate']).toBe('Bearer');
      expect(reply.headers['cache-control']).toBe('no-store');
    });

    it('refuses a bad token as the kit does, and tells listeners', async () => {
      const bad: [string, string][] = [
        [forge(user.accessToken, { key: Buffer.alloc(32) }), 'token_invalid'],
        [forge(user.accessToken, { claims: { exp: 1_000_000_000, iat: 999_999_000 } }), 'token_expired'],
        [forge(user.accessToken, { claims: { aud: 'https://other.example' } }), 'token_invalid'],
        [forge(user.accessToken, { header: { typ: 'JWT' } }), 'token_invalid'],
        [jwt.sign({ sub: user.id }, OLD_SECRET), 'token_invalid'],
        ['x', 'token_invalid'],
      ];
      for (const [token, code] of bad) {
        t.events.length = 0;
        const reply = await t.client.get('/old/me', { token });
        expectProblem(reply, 401, code);
        expect(reply.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
        expect(t.events).toMatchObject([{ type: 'authorization.denied', details: { code, path: '/old/me' } }]);
      }
    });

    it('lets the header decide alone, and refuses two', async () => {
      expectProblem(await t.client.get('/old/me', { token: 'x', cookie }), 401, 'token_invalid');
      const basic = { authorization: 'Basic YTpi' };
      expectProblem(await t.client.get('/old/me', { headers: basic, cookie }), 401, 'authentication_required');
      const two = { authorization: [`Bearer ${user.accessToken}`, 'Bearer x'] };
      expectProblem(await t.client.get('/old/me', { headers: two }), 400, 'ambiguous_credentials');
    });

    it('holds @Roles beside it', async () => {
      expectProblem(await t.client.get('/old/staff', { token: user.accessToken }), 403, 'insufficient_scope');
      const admin = await t.signUp(`boss-${adapter}@example.com`, ['admin']);
      expect((await t.client.get('/old/staff', { token: admin.accessToken })).status).toBe(200);
    });

    it('ends with the session, and with the account', async () => {
      const first = await t.signUp('first@example.com');
      const second = await t.signUp('second@example.com');
      await t.auth.revoke(first.sessionId);
      await t.auth.setActive(second.id, false);
      for (const { accessToken: token } of [first, second]) {
        expectProblem(await t.client.get('/old/me', { token }), 401, 'token_revoked');
      }
    });

    it('answers 503 when the session cannot be looked up', async () => {
      const fresh = await t.signUp('unlucky@example.com');
      const store = t.app.get(SessionStore);
      const real = store.findWithUser.bind(store);
      store.findWithUser = () => Promise.reject(new Error('connect ECONNREFUSED'));
      try {
        expectProblem(await t.client.get('/old/me', { token: fresh.accessToken }), 503, 'unavailable');
      } finally {
        store.findWithUser = real;
      }
      expect((await t.client.get('/old/me', { token: fresh.accessToken })).status).toBe(200);
    });

    it('leaves a guard that overrides handleRequest() the last word', async () => {
      expect((await t.client.get('/more/optional')).body).toEqual({ id: null });
      expect((await t.client.get('/more/optional', { token: user.accessToken })).body).toEqual({ id: user.id });
      const tampered = forge(user.accessToken, { key: Buffer.alloc(32) });
      expectProblem(await t.client.get('/more/optional', { token: tampered }), 401, 'token_invalid');
      expect((await t.client.get('/more/own-words')).body).toMatchObject({
        statusCode: 401,
        message: 'log in, please',
      });
      expectProblem(await t.client.get('/more/own-words', { token: tampered }), 401, 'token_invalid');
    });

    it('asks the next strategy when there is no token of ours, and nobody when there is a bad one', async () => {
      const chain = (options: object) => t.client.get('/more/chain', options);
      const badge = { 'x-badge': 'robot-7' };
      expect((await chain({ token: user.accessToken })).body).toEqual({ id: user.id });
      expect((await chain({ headers: badge })).body).toEqual({ id: 'robot-7' });
      expect((await chain({ headers: { ...badge, authorization: 'Basic YTpi' } })).body).toEqual({ id: 'robot-7' });
      expect((await chain({ token: jwt.sign({ sub: 'old user' }, OLD_SECRET) })).body).toEqual({ id: 'old user' });
      expect((await chain({})).status).toBe(401);

      const dead = await t.signUp('dead@example.com');
      await t.auth.revoke(dead.sessionId);
      for (const [token, code] of [
        [dead.accessToken, 'token_revoked'],
        [forge(user.accessToken, { key: Buffer.alloc(32) }), 'token_invalid'],
      ]) {
        expectProblem(await chain({ token, headers: badge }), 401, code);
      }
    });
  });
});

const IS_PUBLIC_KEY = 'isPublic';

/** The recipe's global guard in step 2 of docs/guides/migrating-from-passport.md. */
@Injectable()
class JwtAuthGuard extends AuthGuard(['authkit', 'jwt']) {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override canActivate(context: ExecutionContext) {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(IS_PUBLIC_KEY, [handler, controller])) return true;
    if (ruleOf(handler, controller).public) return true;
    return super.canActivate(context);
  }
}

@Controller('recipe')
class RecipeController {
  @Get('profile')
  profile(@Req() { user }: WithUser) {
    return { id: user!.id };
  }

  @Get('health')
  @SetMetadata(IS_PUBLIC_KEY, true)
  health() {
    return { ok: true };
  }
}

describeOn('an app on its way from the recipe', {}, ({ adapter }) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({
      adapter,
      controllers: [RecipeController],
      providers: [OldJwtStrategy, { provide: APP_GUARD, useClass: JwtAuthGuard }],
      authkit: { features: [passport()], globalGuard: false },
    });
  });
  afterAll(() => t.close());

  it('takes old tokens and new ones, and refuses those without', async () => {
    const { id, accessToken } = await t.signUp('ada@example.com');
    const old = jwt.sign({ sub: 'old user' }, OLD_SECRET);
    expect((await t.client.get('/recipe/profile', { token: accessToken })).body).toEqual({ id });
    expect((await t.client.get('/recipe/profile', { token: old })).body).toEqual({ id: 'old user' });
    expect((await t.client.get('/recipe/profile')).status).toBe(401);
    expect((await t.client.get('/recipe/health')).status).toBe(200);
  });

  it('serves the routes of the kit, to holders of the kit’s tokens alone', async () => {
    const { email, accessToken } = await t.signUp('bob@example.com');
    expect((await t.client.post('/auth/login', { identifier: email, password: PASSWORD })).status).toBe(200);
    expect((await t.client.get('/auth/me', { token: accessToken })).status).toBe(200);
    expect((await t.client.get('/auth/me', { token: jwt.sign({ sub: 'x' }, OLD_SECRET) })).status).toBe(401);
  });
});

describeOn('the passport feature', {}, ({ adapter }) => {
  it('makes request.user what the host says', async () => {
    const t = await appWith({
      adapter,
      authkit: {
        features: [passport({ user: async ({ id }, loadUser) => ({ id, ...((await loadUser()) as object) }) })],
      },
    });
    const { accessToken, id } = await t.signUp('ada@example.com');
    const reply = await t.client.get('/old/me', { token: accessToken });
    expect(reply.body).toMatchObject({ id, same: false });
    await t.close();
  });

  it('refuses with session.check never what the token itself does not allow', async () => {
    const t = await appWith({ adapter, authkit: { session: { check: 'never' } } });
    const { accessToken, sessionId } = await t.signUp('ada@example.com');
    await t.auth.revoke(sessionId);
    expect((await t.client.get('/old/me', { token: accessToken })).status).toBe(200);
    t.clock.advance(16 * 60_000);
    expectProblem(await t.client.get('/old/me', { token: accessToken }), 401, 'token_expired');
    await t.close();
  });

  it('of each app in a process knows that app’s users alone', async () => {
    const first = await appWith({ adapter, authkit: { globalGuard: false } });
    const second = await appWith({ adapter, authkit: { globalGuard: false } });
    const ada = await first.signUp('ada@example.com');
    const bob = await second.signUp('bob@example.com');
    expect((await first.client.get('/old/me', { token: ada.accessToken })).status).toBe(200);
    expect((await second.client.get('/old/me', { token: bob.accessToken })).status).toBe(200);
    expectProblem(await second.client.get('/old/me', { token: ada.accessToken }), 401, 'token_revoked');
    await second.close();
    expect((await first.client.get('/old/me', { token: ada.accessToken })).status).toBe(200);
    await first.close();
  });
});
