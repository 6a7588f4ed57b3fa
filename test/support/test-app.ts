import type { INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  authKitEntities,
  AuthKitModule,
  AuthService,
  Clock,
  type AnyAuthEvent,
  type AuthKitOptions,
} from 'nest-authkit';
import {
  createTestAuth,
  fastPasswords,
  FixedClock,
  MailboxMailer,
  memoryStorage,
  OutboxWorker,
  type KeptMail,
  type TestAuth,
} from 'nest-authkit/testing';
import { DataSource } from 'typeorm';
import { Client } from './client.js';
import { missingFor, prepareDatabase, type Database, type TestDatabase } from './databases.js';
import { describeIf } from './describe-if.js';
import { OpenController, ProbeController } from './probe.controller.js';
import { TestProfileDto, TestRegisterDto, TestUserDto, User } from './test-user.entity.js';

export type Adapter = 'express' | 'fastify';
export const ADAPTERS: readonly Adapter[] = ['express', 'fastify'];

export const SECRET = 'k7Qw2Zr9Xv4Tn1Lb8Hs5Yd3Mf6Pc0Gj-Ue';
const LOCAL = 'http://localhost:3000';
export const PASSWORD = 'violet harbour lantern 42';

export interface TestAppOptions {
  adapter?: Adapter;
  /** `memory` needs no TypeORM. @default 'memory' */
  database?: Database | 'memory';
  /** On top of the defaults below. */
  authkit?: Partial<AuthKitOptions>;
  controllers?: Type<object>[];
  providers?: ModuleMetadata['providers'];
  imports?: ModuleMetadata['imports'];
  /** Instead of one made for this app: used as it is, and dropped at the end. */
  prepared?: TestDatabase;
  /** Keep SQLite in this file. */
  file?: string;
  /** Use the kit's own clock instead of a fixed one. */
  realClock?: boolean;
  /** Make this app another node of that one: same database, same clock. SQLite needs a `file` then. */
  beside?: TestApp;
  /** Before the app is initialised: prefix, versioning, pipes. */
  configure?: (app: INestApplication) => void;
}

/** A running app on a port of its own, and what a test needs to look into it. */
export interface TestApp {
  app: INestApplication;
  client: Client;
  auth: AuthService;
  /** What hosts test with; `actingAs` and `user` cost no hash. */
  kit: TestAuth<User>;
  clock: FixedClock;
  events: AnyAuthEvent[];
  /** Not with `memory`. */
  source: DataSource;
  /** Null with `memory`. */
  prepared: TestDatabase | null;
  /** Waits until all that is to be sent now is sent, by any node of this app; what was sent so far, newest first. */
  mails(): Promise<readonly KeptMail[]>;
  /** Where the mails of this app and those beside it go; none with another `mail` in `authkit`. */
  mailroom: Mailroom;
  /** A user with a password and an address not verified, signed in. */
  signUp(email: string, roles?: string[], password?: string): Promise<SignedUp>;
  close(): Promise<void>;
}

/** What the nodes of an app share. */
interface Mailroom {
  readonly mailbox: MailboxMailer;
  readonly workers: OutboxWorker[];
}

export interface SignedUp {
  id: string;
  email: string;
  password: string;
  accessToken: string;
  refreshToken: string;
  sessionId: string;
}

export async function createTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { adapter = 'express', database = 'memory', authkit = {}, beside } = options;
  const clock = beside?.clock ?? new FixedClock();
  const mailroom = beside?.mailroom ?? { mailbox: new MailboxMailer(clock), workers: [] };
  const userEntity = authkit.userEntity ?? User;
  const onTypeOrm = database !== 'memory';
  const prepared = !onTypeOrm
    ? null
    : beside
      ? alsoUsing(beside.prepared!)
      : (options.prepared ??
        (await prepareDatabase(database, authKitEntities({ ...authkit, userEntity }), { file: options.file })));
  const builder = Test.createTestingModule({
    imports: [
      ...(prepared ? [TypeOrmModule.forRoot(prepared.options)] : []),
      AuthKitModule.forRoot({
        secret: SECRET,
        baseUrl: LOCAL,
        mail: { transport: mailroom.mailbox, from: 'Test <auth@example.com>' },
        dto: { register: TestRegisterDto, profile: TestProfileDto, user: TestUserDto },
        roles: {
          admin: { inherits: ['editor'], permissions: ['*'] },
          editor: { permissions: ['posts:*'] },
        },
        // Suites about them say rateLimits: {}. Production, which any other base URL is, refuses to be without.
        ...((authkit.baseUrl ?? LOCAL) === LOCAL && { rateLimits: false as const }),
        ...(onTypeOrm ? { userEntity } : { storage: memoryStorage() }),
        ...authkit,
        passwords: { ...fastPasswords(), queue: 1000, ...authkit.passwords },
      }),
      ...(options.imports ?? []),
    ],
    controllers: [ProbeController, OpenController, ...(options.controllers ?? [])],
    providers: options.providers ?? [],
  });
  if (!options.realClock) builder.overrideProvider(Clock).useValue(clock);
  const module = await builder.compile();
  const app =
    adapter === 'express'
      ? module.createNestApplication(new ExpressAdapter(), { logger: false })
      : module.createNestApplication(new FastifyAdapter(), { logger: false });
  options.configure?.(app);
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');

  const kit = createTestAuth<User>(app);
  mailroom.workers.push(app.get(OutboxWorker, { strict: false }));
  return {
    app,
    client: Client.of(app),
    auth: app.get(AuthService),
    kit,
    clock,
    events: kit.events,
    prepared,
    get source() {
      return app.get(DataSource);
    },
    mailroom,
    async mails() {
      for (const worker of mailroom.workers) await worker.drain();
      // A test with a mailer of its own, or none, looks at that of development.
      const own = 'mail' in authkit;
      return own ? app.get(MailboxMailer, { strict: false }).mails : mailroom.mailbox.mails;
    },
    async signUp(email, roles, password = PASSWORD) {
      const user = await kit.user({ email, password, roles, emailVerified: false });
      const { accessToken, refreshToken, sessionId } = await kit.actingAs(user, { transport: 'bearer' });
      return { id: user.id, email, password, accessToken, refreshToken, sessionId };
    },
    async close() {
      mailroom.workers.splice(mailroom.workers.indexOf(app.get(OutboxWorker, { strict: false })), 1);
      await app.close();
      await prepared?.drop();
    },
  };
}

function alsoUsing({ options }: TestDatabase): TestDatabase {
  return { options: { ...options, synchronize: false }, drop: async () => undefined };
}

/** A place for a suite to run at. */
export interface Place<D extends string = Database | 'memory'> {
  adapter: Adapter;
  database: D;
}

/**
 * Every adapter and every database at least once, in pairs: neither knows of the other. `TEST_PLACES=all` crosses them,
 * for twice the time.
 */
export function placesOf<D extends string>(adapters: readonly Adapter[], databases: readonly D[]): Place<D>[] {
  if (process.env['TEST_PLACES'] === 'all') {
    return adapters.flatMap((adapter) => databases.map((database) => ({ adapter, database })));
  }
  return Array.from({ length: Math.max(adapters.length, databases.length) }, (_, n) => ({
    adapter: adapters[n % adapters.length],
    database: databases[n % databases.length],
  }));
}

/** Runs a suite on every adapter and database that the capability touches. */
export function describeOn(
  name: string,
  where: { adapters?: readonly Adapter[]; databases?: readonly (Database | 'memory')[] },
  suite: (place: Place) => void,
): void {
  const { adapters = ADAPTERS, databases = ['memory'] } = where;
  for (const place of placesOf(adapters, databases)) {
    const { adapter, database } = place;
    describeIf(missingFor(database), `${name} (${adapter}, ${database})`, () => suite(place));
  }
}
