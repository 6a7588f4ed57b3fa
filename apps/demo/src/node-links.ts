import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { postgresBus, type AuthKitStaticOptions, type RevocationBus } from 'nest-authkit';
import { redisAttempts, redisBus } from 'nest-authkit/redis';
import type { NodesConfig } from './demo-config.js';

/** What several nodes of the demo share besides the database: a bus, and Redis to count failed attempts in. */
export class NodeLinks implements OnApplicationShutdown {
  readonly bus: RevocationBus | undefined;
  readonly storage: AuthKitStaticOptions['storage'];
  private readonly redis: Redis | null;

  constructor({ bus, redisUrl }: NodesConfig) {
    this.redis = redisUrl ? connect(redisUrl) : null;
    if (this.redis) this.storage = { attempts: redisAttempts({ client: this.redis }) };
    if (bus === 'postgres') this.bus = postgresBus();
    if (bus === 'redis') this.bus = redisBus({ client: this.redis! });
  }

  onApplicationShutdown(): void {
    this.redis?.disconnect();
  }
}

function connect(url: string): Redis {
  // Else what is asked would wait for a server that is away.
  const client = new Redis(url, { maxRetriesPerRequest: 1 });
  client.once('error', (error) => new Logger('Redis').warn(error.message));
  // It tries again by itself, and each time that fails is one of these.
  return client.on('error', () => undefined);
}
