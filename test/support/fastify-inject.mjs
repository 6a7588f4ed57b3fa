// A host's test of a Fastify app that never listens, in a process of its own: light-my-request, which is behind
// `inject`, needs a package that Jest cannot load before Node 24.9. Prints what it saw, as JSON.
import 'reflect-metadata';
import { Controller, Get, Post } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuthKitModule, Roles } from 'nest-authkit';
import { createTestAuth, fastPasswords, memoryStorage, withFixedClock } from 'nest-authkit/testing';

const [, , transport] = process.argv;

class ReportsController {
  list() {
    return ['report'];
  }

  add() {
    return { added: true };
  }
}
const method = (name, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(ReportsController.prototype, name);
  for (const decorate of decorators) decorate(ReportsController.prototype, name, descriptor);
};
method('list', Roles('admin'), Get());
method('add', Post());
Controller('reports')(ReportsController);

const builder = Test.createTestingModule({
  imports: [AuthKitModule.forRoot({ storage: memoryStorage(), passwords: fastPasswords() })],
  controllers: [ReportsController],
});
const clock = withFixedClock(builder);
const app = (await builder.compile()).createNestApplication(new FastifyAdapter(), { logger: false });
await app.init();

const auth = createTestAuth(app);
const { headers } = await auth.actingAs(await auth.user({ roles: ['admin'] }), { transport });
const status = async (request) => (await app.inject({ url: '/reports', ...request })).statusCode;
const seen = {
  anonymous: await status({}),
  admin: await status({ headers }),
  user: await status({ headers: (await auth.actingAs('new user', { transport })).headers }),
  change: await status({ headers, method: 'POST', payload: { a: 1 } }),
};
clock.advance('16m');
seen.late = await status({ headers });
await app.close();
console.log(JSON.stringify(seen));
