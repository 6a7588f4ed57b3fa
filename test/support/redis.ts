import { randomBytes } from 'node:crypto';
import { createClient } from '@redis/client';
import { Redis } from 'ioredis';

/** The clients of Redis that the kit takes. */
export const REDIS_CLIENTS = ['ioredis', 'node-redis'] as const;

/** A connected client, and a prefix that nobody else uses. */
export async function connectRedis(kind: (typeof REDIS_CLIENTS)[number], url = process.env['REDIS_URL']!) {
  const keyPrefix = `t_${randomBytes(6).toString('hex')}`;
  const probe = new Redis(url, { lazyConnect: true });
  await probe.connect();
  const keys = () => probe.keys(`${keyPrefix}:*`);
  const client =
    kind === 'ioredis'
      ? new Redis(url, { lazyConnect: true })
      : createClient({ url, socket: { reconnectStrategy: false } });
  await client.connect();
  return {
    client,
    keyPrefix,
    /** Redis' time cannot be set, but how long each key has left. */
    async pass(ms: number): Promise<void> {
      for (const key of await keys()) {
        const left = await probe.pttl(key);
        if (left >= 0) await (left > ms ? probe.pexpire(key, left - ms) : probe.del(key));
      }
    },
    async close(): Promise<void> {
      const mine = await keys();
      if (mine.length > 0) await probe.del(...mine);
      probe.disconnect();
      if (client instanceof Redis) client.disconnect();
      else if (client.isOpen) client.destroy();
    },
  };
}
