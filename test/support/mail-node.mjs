// A node of its own that writes one mail and is killed at the worst moment; run by test/flows/mail-crash.spec.ts.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { authKitEntities, AuthKitModule, AuthService, AuthUserBase } from 'nest-authkit';
import { Entity } from 'typeorm';

// Of the built library, which is not there yet when imports are checked.
const built = (path) => import(new URL(`../../libs/authkit/dist/esm/${path}`, import.meta.url).href);
const { Outbox } = await built('mail/outbox.js');
const { UnitOfWork } = await built('storage/unit-of-work.js');

const { database, mail, secret, dieAfterCommit } = JSON.parse(process.env['MAIL_NODE']);

class User extends AuthUserBase {}
Entity('users')(User);

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      ...database,
      ...(database.type === 'better-sqlite3' && { driver: createRequire(import.meta.url)('libsql') }),
      entities: authKitEntities({ userEntity: User }),
      synchronize: false,
    }),
    AuthKitModule.forRoot({ userEntity: User, baseUrl: 'http://localhost:3000', secret, mail }),
  ],
})(AppModule);

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const user = await app.get(AuthService).findUser({ email: 'ada@example.com' });
const unit = app.get(UnitOfWork, { strict: false });
await unit.run(async () => {
  // Before the worker is woken.
  if (dieAfterCommit) unit.afterCommit(() => process.kill(process.pid, 'SIGKILL'));
  const data = { link: 'http://localhost:3000/#token=nao_a', lifetime: 86_400_000 };
  await app.get(Outbox, { strict: false }).enqueue(user, 'verify_email', { ...data, disownLink: data.link });
});
// Until it is killed while it sends.
setInterval(() => undefined, 1_000);
