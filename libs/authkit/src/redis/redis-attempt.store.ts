import { RateLimiterRedis } from 'rate-limiter-flexible';
import { AttemptStore, type AttemptCount } from '../storage/attempt.store.js';

/** The part of a Redis client that is used; those of the packages `ioredis` and `redis` (or `@redis/client`) have it. */
export interface RedisClient {
  multi(): unknown;
  del(key: string): unknown;
}

export interface RedisAttemptsOptions {
  /** A connected client of `ioredis`, or of `redis` (node-redis 4 or later). The kit never closes it. */
  client: RedisClient;
  /** What every key begins with. @default 'authkit' */
  keyPrefix?: string;
  /** Milliseconds after which an answer is not waited for any longer. @default 2000 */
  timeout?: number;
}

/**
 * As the library's own script, except that a counter is never made or taken below 0 by giving back, and that one which
 * never ends stays so. Returns the count and what PTTL says.
 */
const ADD = `local points = tonumber(ARGV[1])
if points < 0 then
  local current = tonumber(redis.call('get', KEYS[1]) or '0')
  if current <= 0 then return {0, 0} end
end
redis.call('set', KEYS[1], 0, 'EX', ARGV[2], 'NX')
return {redis.call('incrby', KEYS[1], points), redis.call('pttl', KEYS[1])}`;

/** A second, which the library wants and no counter takes. */
const UNUSED = 1;

/** Counters in Redis, by the package rate-limiter-flexible; time is the Redis server's, counters go by themselves. */
export class RedisAttemptStore extends AttemptStore {
  private readonly limiter: RateLimiterRedis;
  private readonly timeout: number;

  constructor({ client, keyPrefix = 'authkit', timeout = 2000 }: RedisAttemptsOptions) {
    super();
    this.timeout = timeout;
    this.limiter = new RateLimiterRedis({
      storeClient: client,
      useRedisPackage: !('defineCommand' in client),
      // Else commands would wait in the client for a server that does not answer.
      rejectIfRedisNotReady: true,
      customIncrTtlLuaScript: ADD,
      keyPrefix,
      points: UNUSED,
      duration: UNUSED,
    });
  }

  override async add(key: string, durationMs: number): Promise<number> {
    const added = this.limiter.penalty(key, 1, { customDuration: secondsOf(durationMs) });
    return (await this.soon(added)).consumedPoints;
  }

  override async giveBack(key: string): Promise<void> {
    await this.soon(this.limiter.reward(key, 1));
  }

  override async find(keys: readonly string[]): Promise<(AttemptCount | null)[]> {
    const found = await this.soon(Promise.all(keys.map((key) => this.limiter.get(key))));
    return found.map(
      (one) =>
        one && { count: one.consumedPoints, endsIn: one.msBeforeNext < 0 ? null : Math.max(one.msBeforeNext, 1) },
    );
  }

  override async set(key: string, count: number, durationMs: number | null): Promise<void> {
    await this.soon(this.limiter.set(key, count, durationMs === null ? 0 : secondsOf(durationMs)));
  }

  override async delete(keys: readonly string[]): Promise<void> {
    await this.soon(Promise.all(keys.map((key) => this.limiter.delete(key))));
  }

  override sweep(): number {
    return 0;
  }

  private async soon<T>(work: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis has not answered within ${this.timeout} ms`)), this.timeout);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The option `storage.attempts` of an app whose nodes count attempts in Redis. */
export function redisAttempts(options: RedisAttemptsOptions): AttemptStore {
  return new RedisAttemptStore(options);
}

/** Whole seconds, as Redis' EX takes them. */
function secondsOf(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000));
}
