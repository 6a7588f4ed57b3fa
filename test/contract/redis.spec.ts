import { redisAttempts } from 'nest-authkit/redis';
import { attemptStoreContract } from 'nest-authkit/testing';
import { missingFor } from '../support/databases.js';
import { describeIf } from '../support/describe-if.js';
import { connectRedis, REDIS_CLIENTS } from '../support/redis.js';

for (const kind of REDIS_CLIENTS) {
  describeIf(missingFor('redis'), `attempts in Redis by ${kind}`, () => {
    let redis: Awaited<ReturnType<typeof connectRedis>>;
    beforeAll(async () => {
      redis = await connectRedis(kind);
    });
    afterAll(() => redis.close());

    const make = () => ({ store: redisAttempts(redis), pass: redis.pass, sweeps: false });
    it.each(attemptStoreContract(make))('$name', ({ run }) => run());

    it('are refused when the server is away, without waiting', async () => {
      const other = await connectRedis(kind);
      const store = redisAttempts(other);
      await other.close();
      await expect(Promise.resolve(store.add('k', 1000))).rejects.toThrow(/not ready|closed/);
      await expect(Promise.resolve(store.find(['k']))).rejects.toThrow(/not ready|closed/);
    });
  });
}
