// Covers ../../libs/authkit/src/access/route-inventory.js ../../libs/authkit/src/access/route-notes.js ../../libs/authkit/src/access/route-report.js ../../libs/authkit/src/access/strict-routes.js
import {
  All,
  Controller,
  Get,
  Injectable,
  Logger,
  Module,
  Post,
  RequestMethod,
  Scope,
  SetMetadata,
  UseGuards,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
  type CanActivate,
  type INestApplication,
  type MiddlewareConsumer,
  type NestModule,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD, HttpAdapterHost, RouterModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  AllowCredentials,
  Authenticated,
  AuthKitGuard,
  AuthKitModule,
  Permissions,
  Public,
  RouteInventory,
  Roles,
  type RouteEntry,
} from 'nest-authkit';
import { memoryStorage, overrideAuthKitGuard } from 'nest-authkit/testing';
import type { Reply } from '../support/client.js';
import { createTestApp, describeOn, type TestApp, type TestAppOptions } from '../support/test-app.js';

const ok = () => ({ ok: true });

@Controller('open')
@Public()
class OpenHouse {
  @Get('hall')
  hall() {
    return ok();
  }
  @Get('office')
  @Roles('admin', 'editor')
  office() {
    return ok();
  }
}

@Roles('admin')
abstract class Staff {
  @Get('desk')
  desk() {
    return ok();
  }
  @Get('lobby')
  @Public()
  lobby() {
    return ok();
  }
}
@Controller('heirs')
class Heirs extends Staff {
  @Get('own')
  @Permissions('posts:read', 'posts:write')
  own() {
    return ok();
  }
}

@Controller(['cats', 'felines'])
class Arrays {
  @Get(['list', 'all/:page'])
  list() {
    return ok();
  }
  @All('any')
  @AllowCredentials('api-key', 'user')
  any() {
    return ok();
  }
}

@Controller({ path: 'versions', version: '1' })
class Versions {
  @Get()
  @Authenticated({ optional: true })
  first() {
    return ok();
  }
  @Get('both')
  @Version(['2', '3'])
  both() {
    return ok();
  }
  @Get('neutral')
  @Version(VERSION_NEUTRAL)
  @Authenticated()
  neutral() {
    return ok();
  }
}

@Controller('health')
class Health {
  @Get()
  @Public()
  health() {
    return ok();
  }
}

@Controller('nested')
class Nested {
  @Post(':id/files')
  @Roles('admin')
  @Roles('auditor')
  upload() {
    return ok();
  }
}

@Controller({ path: 'tenant', host: ':name.tenants.test' })
class Tenant {
  @Get()
  @Public()
  tenant() {
    return ok();
  }
}

@Module({ controllers: [Nested, Tenant] })
class NestedModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply((_request: unknown, _response: unknown, next: () => void) => next()).forRoutes(Nested);
  }
}

const ZOO: Partial<TestAppOptions> = {
  controllers: [OpenHouse, Heirs, Arrays, Versions, Health],
  imports: [NestedModule, RouterModule.register([{ path: 'area', module: NestedModule }])],
};

/** `GET /path version | who`, for the zoo's own controllers. */
function lines(routes: readonly RouteEntry[]): string[] {
  const zoo = ['OpenHouse', 'Heirs', 'Arrays', 'Versions', 'Health', 'Nested', 'Tenant'];
  return routes
    .filter(({ controller }) => zoo.includes(controller))
    .map(({ method, path, version, rule }) => {
      const roles = rule.roles.map((anyOf) => anyOf.join('|'));
      const words = rule.public ? ['public'] : [rule.optional && 'optional', ...roles, ...rule.permissions];
      const kinds = rule.credentials.join('|');
      const all = [...words, !rule.explicit && 'default', kinds !== 'user' && kinds].filter(Boolean);
      return `${method} ${path}${version ? ` v${version}` : ''}: ${all.join(' & ')}`;
    })
    .sort();
}

const plainly = (prefix: string) => [
  `ALL ${prefix}/cats/any: api-key|user`,
  `ALL ${prefix}/felines/any: api-key|user`,
  `GET ${prefix}/cats/all/:page: default`,
  `GET ${prefix}/cats/list: default`,
  `GET ${prefix}/felines/all/:page: default`,
  `GET ${prefix}/felines/list: default`,
  `GET ${prefix}/heirs/desk: admin`,
  `GET ${prefix}/heirs/lobby: public`,
  `GET ${prefix}/heirs/own: admin & posts:read & posts:write`,
  `GET ${prefix}/open/hall: public`,
  `GET ${prefix}/open/office: admin|editor`,
  `GET ${prefix}/area/tenant: public`,
  `POST ${prefix}/area/nested/:id/files: auditor & admin`,
];

/** Versions as they come out where they are not part of the path. */
const versionsAside = (prefix: string) => [
  `GET ${prefix}/versions v1: optional`,
  `GET ${prefix}/versions/both v2: default`,
  `GET ${prefix}/versions/both v3: default`,
  `GET ${prefix}/versions/neutral: `,
];

interface Variant {
  name: string;
  configure: (app: INestApplication) => void;
  expected: string[];
  /** Headers that ask for a version. */
  ask?: (version: string | null) => Record<string, string>;
}

const excluding = (app: INestApplication) =>
  void app.setGlobalPrefix('api', { exclude: ['health', { path: 'versions/neutral', method: RequestMethod.GET }] });

const VARIANTS: Variant[] = [
  {
    name: 'no prefix, no versioning',
    configure: () => undefined,
    expected: [
      ...plainly(''),
      'GET /health: public',
      'GET /versions: optional',
      'GET /versions/both: default',
      'GET /versions/neutral: ',
    ],
  },
  {
    name: 'a prefix with exceptions, and versions in the path',
    configure: (app) => {
      excluding(app);
      app.enableVersioning({ type: VersioningType.URI });
    },
    expected: [
      ...plainly('/api'),
      'GET /health: public',
      'GET /api/v1/versions v1: optional',
      'GET /api/v2/versions/both v2: default',
      'GET /api/v3/versions/both v3: default',
      'GET /versions/neutral: ',
    ],
  },
  {
    name: 'versions in a header',
    configure: (app) => void app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    expected: [...plainly(''), 'GET /health: public', ...versionsAside('')],
    ask: (version): Record<string, string> => (version ? { 'x-version': version } : {}),
  },
  {
    name: 'versions in the media type',
    configure: (app) => void app.enableVersioning({ type: VersioningType.MEDIA_TYPE, key: 'v=' }),
    expected: [...plainly(''), 'GET /health: public', ...versionsAside('')],
    ask: (version): Record<string, string> => (version ? { accept: `application/json;v=${version}` } : {}),
  },
  {
    name: 'versions by a function of the host',
    configure: (app) =>
      void app.enableVersioning({
        type: VersioningType.CUSTOM,
        extractor: (request) => (request as { headers: Record<string, string | undefined> }).headers['x-custom'] ?? '',
      }),
    expected: [...plainly(''), 'GET /health: public', ...versionsAside('')],
    ask: (version): Record<string, string> => (version ? { 'x-custom': version } : {}),
  },
];

const isUnserved = (reply: Reply) => reply.status === 404 || reply.status === 405;

describeOn('RouteInventory', {}, ({ adapter }) => {
  let t: TestApp;
  afterEach(() => t.close());

  it.each(VARIANTS)('lists where handlers of every kind are really served: $name', async (variant) => {
    t = await createTestApp({ adapter, ...ZOO, configure: variant.configure });
    const routes = t.app.get(RouteInventory).routes();
    expect(lines(routes)).toEqual([...variant.expected].sort());
    for (const { method, path, version, host, rule } of routes) {
      const reply = await t.client.call(method === 'ALL' ? 'PUT' : method, path.replace(/:\w+/g, '7'), {
        headers: { ...variant.ask?.(version), ...(host !== null && { host: 'a.tenants.test' }) },
        ...(method === 'POST' && { body: {} }),
      });
      const expected = rule.public || rule.optional ? 'in' : 'refused';
      expect([method, path, isUnserved(reply)]).toEqual([method, path, false]);
      // The kit's own public routes find fault with an empty body.
      if (!path.includes('/auth/')) expect([path, reply.status === 401 ? 'refused' : 'in']).toEqual([path, expected]);
    }
  });

  it('tells the kit’s routes from the host’s, and names module, controller and handler', async () => {
    t = await createTestApp({ adapter, ...ZOO });
    const routes = t.app.get(RouteInventory).routes();
    expect(routes.filter(({ own }) => own).map(({ module }) => module)).toEqual(
      routes.filter(({ path }) => path.startsWith('/auth/')).map(() => 'AuthKitModule'),
    );
    expect(routes.filter(({ own, rule }) => own && !rule.explicit)).toEqual([]);
    expect(routes.find(({ path }) => path === '/area/tenant')).toMatchObject({
      module: 'NestedModule',
      controller: 'Tenant',
      handler: 'tenant',
      host: ':name.tenants.test',
      guarded: true,
    });
  });

  it('belongs to its app, not to the process', async () => {
    t = await createTestApp({ adapter, controllers: [Health] });
    const other = await createTestApp({
      adapter,
      controllers: [Arrays],
      configure: (app) => void app.setGlobalPrefix('other'),
    });
    const paths = (one: TestApp) => lines(one.app.get(RouteInventory).routes());
    expect(paths(t)).toEqual(['GET /health: public']);
    expect(paths(other)).toContain('ALL /other/cats/any: api-key|user');
    expect(paths(other)).not.toContain('GET /other/health: public');
    await other.close();
  });

  it('marks what no AuthKitGuard stands before, and finds those that the host has placed', async () => {
    class HouseGuard extends AuthKitGuard {}
    @Controller('placed')
    class Placed {
      @Get('bare')
      bare() {
        return ok();
      }
      @Get('admin')
      @Roles('admin')
      admin() {
        return ok();
      }
      @Get('kit')
      @UseGuards(AuthKitGuard)
      kit() {
        return ok();
      }
      @Get('house')
      @UseGuards(HouseGuard)
      house() {
        return ok();
      }
    }
    const globalGuard = { globalGuard: false };
    t = await createTestApp({ adapter, controllers: [Placed], authkit: globalGuard });
    const marks = (one: TestApp) =>
      Object.fromEntries(
        one.app
          .get(RouteInventory)
          .routes()
          .filter(({ controller, own }) => own || controller === 'Placed')
          .map(({ own, handler, guarded }) => [own ? 'own' : handler, guarded]),
      );
    expect(marks(t)).toEqual({ own: true, bare: false, admin: false, kit: true, house: true });
    expect((await t.client.get('/placed/bare')).status).toBe(200);
    expect((await t.client.get('/placed/house')).status).toBe(401);
    const [note] = t.app.get(RouteInventory).notes();
    expect(note.level).toBe('warn');
    expect(note.text).toMatch(
      /^no AuthKitGuard stands before .*Placed\.bare and 1 more: use it there, or register it globally$/,
    );
    expect(note.text).not.toContain('Placed.kit');

    const placed = await createTestApp({
      adapter,
      controllers: [Placed],
      authkit: globalGuard,
      providers: [{ provide: APP_GUARD, useExisting: AuthKitGuard }],
    });
    expect(new Set(Object.values(marks(placed)))).toEqual(new Set([true]));
    await placed.close();
  });

  it('notes guards that run before, gateways, message handlers, middleware, raw routes, and no more', async () => {
    @Injectable()
    class EarlyGuard implements CanActivate {
      canActivate(): boolean {
        return true;
      }
    }
    class LateGuard extends EarlyGuard {}
    @Injectable()
    @SetMetadata('websockets:is_gateway', true)
    class ChatGateway {}
    @Controller()
    class Consumer {
      @SetMetadata('microservices:pattern', ['order.made'])
      onOrder(): void {}
    }
    t = await createTestApp({
      adapter,
      ...ZOO,
      authkit: { ...ZOO.authkit, dangerouslyUnguardedSockets: true },
      controllers: [Consumer, Arrays],
      providers: [{ provide: APP_GUARD, useClass: EarlyGuard }, ChatGateway],
      configure: (app) => {
        app.useGlobalGuards(new LateGuard());
        const { httpAdapter } = app.get(HttpAdapterHost);
        httpAdapter.get('/raw/:id', (_request: unknown, response: unknown) => httpAdapter.reply(response, 'raw', 200));
      },
    });
    expect((await t.client.get('/raw/1')).text).toBe('raw');
    expect(t.app.get(RouteInventory).notes()).toEqual([
      {
        level: 'warn',
        text: "connections and messages to ChatGateway are anybody's: dangerouslyUnguardedSockets is set",
      },
      {
        level: 'warn',
        text: 'no guard stands before Consumer.onOrder in a microservice connected without inheritAppConfig: true',
      },
      { level: 'log', text: 'EarlyGuard runs before AuthKitGuard, and sees no principal' },
      { level: 'log', text: "not guarded, as no controller's: GET /raw/:id" },
      { level: 'log', text: 'middleware runs before every guard: that of NestedModule' },
    ]);

    const plain = await createTestApp({ adapter, controllers: [Arrays, Versions] });
    expect(plain.app.get(RouteInventory).notes()).toEqual([]);
    await plain.close();
  });

  it.each([Scope.DEFAULT, Scope.REQUEST])(
    'keeps the rule of a method that the constructor has bound (scope %i)',
    async (scope) => {
      @Controller({ path: 'bound', scope })
      class Bound {
        constructor() {
          this.secret = this.secret.bind(this);
        }
        @Get()
        @Roles('admin')
        secret() {
          return ok();
        }
      }
      t = await createTestApp({ adapter, controllers: [Bound] });
      const [user, admin] = [await t.signUp('ada@example.com'), await t.signUp('eve@example.com', ['admin'])];
      expect((await t.client.get('/bound', { token: user.accessToken })).status).toBe(403);
      expect((await t.client.get('/bound', { token: admin.accessToken })).status).toBe(200);
      const bound = t.app
        .get(RouteInventory)
        .routes()
        .find(({ path }) => path === '/bound');
      expect(bound?.rule).toMatchObject({ roles: [['admin']], explicit: true });
    },
  );

  it.each([false, true])(
    'lets nobody into a wrapped method of a controller made for each request (public: %p)',
    async (isPublic) => {
      @Controller({ path: 'wrapped', scope: Scope.REQUEST })
      class Wrapped {
        constructor() {
          const original = this.secret.bind(this);
          this.secret = () => original();
          this.twice = this.twice.bind(this).bind(this);
        }
        @Get()
        @Roles('admin')
        secret() {
          return ok();
        }
        @Get('twice')
        @Roles('admin')
        twice() {
          return ok();
        }
      }
      if (isPublic) Public()(Wrapped);
      t = await createTestApp({ adapter, controllers: [Wrapped] });
      const [user, admin] = [await t.signUp('ada@example.com'), await t.signUp('eve@example.com', ['admin'])];
      const statuses = async (path: string) => [
        (await t.client.get(path)).status,
        (await t.client.get(path, { token: user.accessToken })).status,
        (await t.client.get(path, { token: admin.accessToken })).status,
      ];
      expect(await statuses('/wrapped')).toEqual([500, 500, 500]);
      expect(await statuses('/wrapped/twice')).toEqual([401, 403, 200]);
    },
  );

  it('keeps the rule of a method that the constructor has wrapped', async () => {
    @Controller('wrapped')
    class Wrapped {
      constructor() {
        const original = this.secret.bind(this);
        this.secret = () => original();
      }
      @Get()
      @Roles('admin')
      secret() {
        return ok();
      }
    }
    t = await createTestApp({ adapter, controllers: [Wrapped] });
    const user = await t.signUp('ada@example.com');
    expect((await t.client.get('/wrapped', { token: user.accessToken })).status).toBe(403);
  });
});

describe('the guard that the inventory looks for', () => {
  @Injectable()
  class OtherGuard implements CanActivate {
    canActivate(): boolean {
      return true;
    }
  }
  @Injectable()
  class OwnGuard extends AuthKitGuard {}

  async function areGuarded(providers: Provider[], isReplaced = false): Promise<boolean[]> {
    const builder = Test.createTestingModule({
      imports: [AuthKitModule.forRoot({ storage: memoryStorage(), routes: false, globalGuard: false })],
      controllers: [Arrays],
      providers,
    });
    const module = await (isReplaced ? overrideAuthKitGuard(builder, null) : builder).compile();
    const app = module.createNestApplication({ logger: false });
    await app.init();
    const guarded = new Set(
      app
        .get(RouteInventory)
        .routes()
        .map((route) => route.guarded),
    );
    await app.close();
    return [...guarded];
  }

  it.each<[string, Provider[], boolean]>([
    ['none', [], false],
    ['another', [{ provide: APP_GUARD, useClass: OtherGuard }], false],
    ['another for each request', [{ provide: APP_GUARD, scope: Scope.REQUEST, useClass: OtherGuard }], false],
    ['the kit’s', [{ provide: APP_GUARD, useExisting: AuthKitGuard }], true],
    ['a subclass of it', [{ provide: APP_GUARD, useClass: OwnGuard }], true],
    ['a subclass of it for each request', [{ provide: APP_GUARD, scope: Scope.REQUEST, useClass: OwnGuard }], true],
  ])('is in force where the global one is %s: %#', async (_which, providers, guarded) => {
    expect(await areGuarded(providers)).toEqual([guarded]);
  });

  it('is looked for in vain, and then nothing is said to run before it', async () => {
    const module = await Test.createTestingModule({
      imports: [AuthKitModule.forRoot({ storage: memoryStorage(), routes: false, globalGuard: false })],
      controllers: [OpenHouse],
      providers: [{ provide: APP_GUARD, useClass: OtherGuard }],
    }).compile();
    const app = module.createNestApplication({ logger: false });
    await app.init();
    expect(app.get(RouteInventory).notes()).toEqual([
      { level: 'warn', text: expect.stringContaining('no AuthKitGuard stands before') },
    ]);
    await app.close();
  });

  it('may be what a test has put in its place', async () => {
    expect(await areGuarded([{ provide: APP_GUARD, useExisting: AuthKitGuard }], true)).toEqual([true]);
    expect(await areGuarded([{ provide: APP_GUARD, useClass: OtherGuard }], true)).toEqual([false]);
  });
});

describeOn('at boot', {}, ({ adapter }) => {
  it('one line counts the routes, and warnings follow', async () => {
    const said: string[] = [];
    const logger = {
      log: (message: string, context: string) => void (context === 'AuthKit' && said.push(`log ${message}`)),
      warn: (message: string, context: string) => void (context === 'AuthKit' && said.push(`warn ${message}`)),
      error: () => undefined,
    };
    @Injectable()
    @SetMetadata('websockets:is_gateway', true)
    class ChatGateway {}
    const t = await createTestApp({
      adapter,
      controllers: [OpenHouse, Versions],
      providers: [ChatGateway],
      authkit: { routes: false, rateLimits: {}, dangerouslyUnguardedSockets: true },
      configure: (app) => app.useLogger(logger),
    });
    Logger.overrideLogger(false);
    await t.close();
    // Ten of ProbeController, two of OpenController, two of OpenHouse, three of Versions.
    expect(said).toEqual([
      'log 17 routes: 4 public, 2 optional, 6 signed in (2 of them without a decorator), 5 by role or permission',
      expect.stringMatching(/^warn connections and messages to ChatGateway/),
    ]);
  });

  it('strictRoutes refuses handlers without a rule, naming every one', async () => {
    const booting = createTestApp({
      adapter,
      controllers: [Arrays, Versions, OpenHouse],
      authkit: { strictRoutes: true },
      configure: (app) => void app.setGlobalPrefix('api'),
    });
    const message = await booting.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).toMatch(/^nest-authkit: strictRoutes: 6 routes have no rule:\n/);
    expect(message.split('\n').filter((line) => line.startsWith('  '))).toEqual([
      '  RootTestModule ProbeController.undecorated (GET /api/probe/undecorated)',
      '  RootTestModule Arrays.list (GET /api/cats/list)',
      '  RootTestModule Arrays.list (GET /api/cats/all/:page)',
      '  RootTestModule Arrays.list (GET /api/felines/list)',
      '  RootTestModule Arrays.list (GET /api/felines/all/:page)',
      '  RootTestModule Versions.both (GET /api/versions/both)',
    ]);
    expect(message).toMatch(/Declare @Public\(\), @Authenticated\(\), @Roles\(\) or another rule/);
  });
});
