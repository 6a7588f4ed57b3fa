// Covers ../../libs/authkit/src/access/route-report.js
import { Controller, Get, Global, Injectable, Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { APP_GUARD } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { IsString } from 'class-validator';
import {
  authKitEntities,
  AuthKitGuard,
  AuthKitModule,
  AuthService,
  Public,
  RegisterDto,
  RESOLVED_OPTIONS,
  Roles,
  UserStore,
  type AuthKitRuntimeOptions,
  type KnownUser,
  type ResolvedOptions,
} from 'nest-authkit';
import { memoryStorage } from 'nest-authkit/testing';
import { Client } from '../support/client.js';
import { prepareDatabase } from '../support/databases.js';
import { User } from '../support/test-user.entity.js';

const storage = memoryStorage();
const SECRET = 'k7Qw2Zr9Xv4Tn1Lb8Hs5Yd3Mf6Pc0Gj-Ue';

@Controller('thing')
class ThingController {
  @Get()
  thing() {
    return { ok: true };
  }

  @Get('open')
  @Public()
  open() {
    return { ok: true };
  }
}

async function boot(kit: DynamicModule, more: ModuleMetadata = {}) {
  const module = await Test.createTestingModule({
    ...more,
    imports: [kit, ...(more.imports ?? [])],
    controllers: [ThingController, ...(more.controllers ?? [])],
  }).compile();
  const app = module.createNestApplication({ logger: false });
  try {
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app.close();
    throw error;
  }
  return app;
}

const optionsOf = async (kit: DynamicModule, imports: ModuleMetadata['imports'] = []) => {
  const app = await boot(kit, { imports });
  const options = app.get<ResolvedOptions>(RESOLVED_OPTIONS);
  await app.close();
  return options;
};

describe('AuthKitModule', () => {
  it('boots in development with nothing but a user entity', async () => {
    const { options } = await prepareDatabase('sqlite', []);
    const app = await boot(AuthKitModule.forRoot({ userEntity: User }), {
      imports: [TypeOrmModule.forRoot({ ...options, entities: undefined, autoLoadEntities: true })],
    });
    const client = Client.of(app);
    expect((await client.get('/thing')).status).toBe(401);
    expect(
      (await client.post('/auth/register', { email: 'a@example.com', password: 'a long enough one' })).status,
    ).toBe(201);
    await app.close();
  });

  const forRootAsync = {
    useFactory: () =>
      AuthKitModule.forRootAsync({
        storage,
        imports: [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ APP: 'from-config' })] })],
        inject: [ConfigService],
        useFactory: (config: ConfigService) => ({ secret: SECRET, appName: config.getOrThrow<string>('APP') }),
      }),
    useClass: () => {
      @Injectable()
      class Options {
        create(): AuthKitRuntimeOptions {
          return { secret: SECRET, appName: 'from-config' };
        }
      }
      return AuthKitModule.forRootAsync({ storage, useClass: Options });
    },
    useExisting: () => {
      @Injectable()
      class Options {
        create(): AuthKitRuntimeOptions {
          return { secret: SECRET, appName: 'from-config' };
        }
      }
      @Global()
      @Module({ providers: [Options], exports: [Options] })
      class OptionsModule {}
      return AuthKitModule.forRootAsync({ storage, imports: [OptionsModule], useExisting: Options });
    },
  };

  it.each(Object.entries(forRootAsync))('takes its run-time options by %s', async (_how, kit) => {
    expect(await optionsOf(kit())).toMatchObject({ appName: 'from-config', secrets: [SECRET] });
  });

  it('guards nothing by itself with globalGuard: false, and exports the guard', async () => {
    const kit = AuthKitModule.forRoot({ storage, secret: SECRET, globalGuard: false });
    const unguarded = await boot(kit);
    expect((await Client.of(unguarded).get('/thing')).status).toBe(200);
    await unguarded.close();
    const placed = await boot(AuthKitModule.forRoot({ storage, secret: SECRET, globalGuard: false }), {
      providers: [{ provide: APP_GUARD, useExisting: AuthKitGuard }],
    });
    expect((await Client.of(placed).get('/thing')).status).toBe(401);
    expect((await Client.of(placed).get('/thing/open')).status).toBe(200);
    await placed.close();
  });

  it('lets a test replace the guard', async () => {
    const module = await Test.createTestingModule({
      imports: [AuthKitModule.forRoot({ storage, secret: SECRET })],
      controllers: [ThingController],
    })
      .overrideProvider(AuthKitGuard)
      .useValue({ canActivate: () => true })
      .compile();
    const app = module.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    expect((await Client.of(app).get('/thing')).status).toBe(200);
    await app.close();
  });

  it('serves its routes below another prefix, or not at all', async () => {
    const moved = await boot(AuthKitModule.forRoot({ storage, secret: SECRET, routes: { prefix: 'account' } }));
    expect((await Client.of(moved).get('/account/me')).status).toBe(401);
    expect((await Client.of(moved).get('/auth/me')).status).toBe(404);
    await moved.close();
    const none = await boot(AuthKitModule.forRoot({ storage, secret: SECRET, routes: false }));
    expect((await Client.of(none).get('/auth/me')).status).toBe(404);
    expect(none.get(AuthService)).toBeDefined();
    await none.close();
  });

  it('closes registration when told to', async () => {
    const app = await boot(AuthKitModule.forRoot({ storage, secret: SECRET, registration: { enabled: false } }));
    const reply = await Client.of(app).post('/auth/register', {
      email: 'a@example.com',
      password: 'a long enough one',
    });
    expect([reply.status, reply.body.code]).toEqual([403, 'registration_disabled']);
    await app.close();
  });
});

describe('AuthKitModule refuses to boot', () => {
  class FinderStore extends UserStore {
    findById(): KnownUser | null {
      return null;
    }
    findByIdentifier(): KnownUser | null {
      return null;
    }
  }
  class GreedyRegister extends RegisterDto {
    @IsString()
    roles!: string;
  }
  class GreedyProfile {
    @IsString()
    email!: string;
  }
  @Controller('torn')
  class TornController {
    @Get()
    @Public()
    @Roles('admin')
    torn() {}
  }

  it('with neither an entity nor a store for users, or with both', () => {
    expect(() => AuthKitModule.forRoot({})).toThrow(/userEntity: there is neither userEntity nor storage\.users/);
    expect(() => AuthKitModule.forRoot({ userEntity: User, storage })).toThrow(
      /storage\.users: it is given beside userEntity/,
    );
  });

  it('when it is imported twice', async () => {
    const again = AuthKitModule.forRoot({ storage, secret: SECRET, appName: 'again' });
    await expect(boot(AuthKitModule.forRoot({ storage, secret: SECRET }), { imports: [again] })).rejects.toThrow(
      /AuthKitModule: forRoot\(\) is imported more than once/,
    );
  });

  it('when another copy of the package is in the process', async () => {
    const shared = globalThis as Record<symbol, unknown>;
    const key = Symbol.for('nest-authkit');
    const original = shared[key];
    shared[key] = {};
    try {
      await expect(boot(AuthKitModule.forRoot({ storage, secret: SECRET }))).rejects.toThrow(
        /two copies of the package/,
      );
    } finally {
      shared[key] = original;
    }
  });

  it('with a handler whose rules contradict each other', async () => {
    await expect(
      boot(AuthKitModule.forRoot({ storage, secret: SECRET }), { controllers: [TornController] }),
    ).rejects.toThrow(/TornController\.torn: @Public\(\) stands beside another rule/);
  });

  it('with a DTO that declares what no client may set', async () => {
    await expect(
      boot(AuthKitModule.forRoot({ storage, secret: SECRET, dto: { register: GreedyRegister } })),
    ).rejects.toThrow(/dto\.register: it declares roles/);
    await expect(
      boot(AuthKitModule.forRoot({ storage, secret: SECRET, dto: { profile: GreedyProfile } })),
    ).rejects.toThrow(/dto\.profile: it declares email/);
  });

  it('with open registration on a store that cannot create', async () => {
    const readOnly = { ...storage, users: FinderStore };
    await expect(boot(AuthKitModule.forRoot({ storage: readOnly, secret: SECRET }))).rejects.toThrow(
      /registration\.enabled: FinderStore has no create\(\)/,
    );
    const app = await boot(
      AuthKitModule.forRoot({ storage: readOnly, secret: SECRET, registration: { enabled: false } }),
    );
    await app.close();
  });

  it('when an entity is not registered, naming it and the remedy', async () => {
    const { options } = await prepareDatabase('sqlite', [User]);
    await expect(
      boot(AuthKitModule.forRoot({ userEntity: User, secret: SECRET }), { imports: [TypeOrmModule.forRoot(options)] }),
    ).rejects.toThrow(/AuthSession is not registered with the DataSource\. Set autoLoadEntities: true, or list/);
  });

  it('when a table is missing, naming it and the remedy', async () => {
    const { options } = await prepareDatabase('sqlite', authKitEntities({ userEntity: User }), { synchronize: false });
    await expect(
      boot(AuthKitModule.forRoot({ userEntity: User, secret: SECRET }), { imports: [TypeOrmModule.forRoot(options)] }),
    ).rejects.toThrow(/table users: it cannot be read .* Run the migrations/);
  });

  it('in production with synchronize: true', async () => {
    const { options } = await prepareDatabase('sqlite', authKitEntities({ userEntity: User }));
    const kit = AuthKitModule.forRoot({ userEntity: User, secret: SECRET, baseUrl: 'https://app.example.com' });
    await expect(boot(kit, { imports: [TypeOrmModule.forRoot(options)] })).rejects.toThrow(
      /TypeOrmModule\.synchronize: it is true in production/,
    );
  });
});
