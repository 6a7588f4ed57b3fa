import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Redis } from 'ioredis';
import { authKitEntities, AuthKitModule, AuthUserBase, bcrypt, postgresBus, Public } from 'nest-authkit';
import { redisBus } from 'nest-authkit/redis';
import { DataSource, Entity } from 'typeorm';
import { dataSourceOptions, StatementCounter } from '../lib/database.mjs';
import { decorate } from '../lib/decorate.mjs';
import { helloController } from './hello.controller.mjs';

/** The app guarded by the kit, with its default options. Nodes of one app are given one secret. */
export function build({
  database = 'sqlite',
  check = 'cached',
  cost = 12,
  requireVerifiedEmail = false,
  bus,
  redisUrl,
  secret = randomBytes(48).toString('base64url'),
}) {
  const userEntity = decorate(class User extends AuthUserBase {}, [Entity('users')]);
  const entities = authKitEntities({ userEntity });
  const counter = new StatementCounter();
  const imports = [
    TypeOrmModule.forRoot(dataSourceOptions(database, entities, counter)),
    AuthKitModule.forRoot({
      userEntity,
      secret,
      bus: busOf(bus, redisUrl),
      // Longer than any run.
      accessToken: { ttl: '24h' },
      session: { check },
      passwords: { hasher: bcrypt({ cost }) },
      registration: { requireVerifiedEmail },
      // Every client comes from one address.
      rateLimits: false,
    }),
  ];
  const controllers = [helloController({ open: [Public()] })];
  return {
    module: decorate(class AppModule {}, [Module({ imports, controllers })]),
    commands: (app) => ({
      statements: () => counter.count,
      updates: (count) => bareUpdates(app.get(DataSource), entities[1], count),
    }),
  };
}

function busOf(kind, redisUrl) {
  if (kind === 'postgres') return postgresBus();
  return kind === 'redis' ? redisBus({ client: new Redis(redisUrl) }) : undefined;
}

/** What TypeORM's own UPDATE of one session row costs, one after the other. */
async function bareUpdates(source, sessionEntity, count) {
  const sessions = source.getRepository(sessionEntity);
  const [{ id }] = await sessions.find({ select: { id: true }, take: 1 });
  const before = process.cpuUsage();
  const startedAt = performance.now();
  for (let i = 0; i < count; i += 1) await sessions.update({ id }, { lastUsedAt: Date.now() });
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (count * 1000) / (performance.now() - startedAt), cpu: (user + system) / count };
}
