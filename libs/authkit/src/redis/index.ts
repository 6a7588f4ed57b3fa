export {
  redisAttempts,
  RedisAttemptStore,
  type RedisAttemptsOptions,
  type RedisClient,
} from './redis-attempt.store.js';
export { redisBus, type RedisBusClient, type RedisBusOptions } from './redis.bus.js';
