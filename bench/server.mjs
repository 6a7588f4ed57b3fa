// One variant of the app in a process of its own: argv[2] says which.
import { NestFactory } from '@nestjs/core';
import { serve } from './lib/child.mjs';

const { adapter, app: name, ...options } = JSON.parse(process.argv[2]);
const { module, configure, commands } = await (await import(`./apps/${name}.app.mjs`)).build(options);
const app = await NestFactory.create(module, await adapterOf(adapter), { logger: false, abortOnError: false });
configure?.(app);
await app.listen(0, '127.0.0.1');

const ready = { port: app.getHttpServer().address().port, bootMs: performance.now() };
serve(ready, {
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  rss: () => {
    globalThis.gc?.();
    return process.memoryUsage.rss() / 2 ** 20;
  },
  ...commands?.(app),
});

async function adapterOf(kind) {
  if (kind === 'express') return new (await import('@nestjs/platform-express')).ExpressAdapter();
  return new (await import('@nestjs/platform-fastify')).FastifyAdapter();
}
