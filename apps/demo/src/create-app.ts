import { ValidationPipe, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { AppModule } from './app.module.js';
import { readDemoConfig, type Adapter, type Environment } from './demo-config.js';
import { ShallowBodyPipe } from './shallow-body.pipe.js';
import { setUpSwagger } from './swagger.js';

/** The whole app, configured by `env` and not listening yet. */
export async function createDemoApp(env: Environment = process.env): Promise<INestApplication> {
  const config = readDemoConfig(env);
  const app = await NestFactory.create<INestApplication>(AppModule.with(config), adapterOf(config.adapter), {
    logger: ['warn', 'error'],
    abortOnError: false,
  });
  // For the demo's own routes; the kit validates the bodies of its own by itself.
  app.useGlobalPipes(
    new ShallowBodyPipe(),
    new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }),
  );
  app.useWebSocketAdapter(config.sockets === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
  setUpSwagger(app);
  return app;
}

function adapterOf(name: Adapter): ExpressAdapter | FastifyAdapter {
  if (name === 'fastify') return new FastifyAdapter();
  const adapter = new ExpressAdapter();
  adapter.disable('x-powered-by');
  return adapter;
}
