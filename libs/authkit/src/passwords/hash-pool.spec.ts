import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { HashPool } from './hash-pool.js';
import type { HashJob } from './password-hasher.js';

const from = `${process.cwd()}/package.json`;
const bcryptjs = createRequire(from)('bcrypt') as { compareSync(password: string, hash: string): boolean };
const SALT = '$2b$04$abcdefghijklmnopqrstuu';
const job = (password: string): HashJob => ({ module: 'bcrypt', from, method: 'hashSync', args: [password, SALT] });
/** Of Node itself: a thread that is ended inside a native package can abort the whole process. */
const slowJob: HashJob = { module: 'node:crypto', from, method: 'pbkdf2Sync', args: ['p', 's', 100_000, 32, 'sha1'] };
const pools: HashPool[] = [];
const newPool = (workers: number | null, queue: number): HashPool => {
  const pool = new HashPool(workers, queue);
  pools.push(pool);
  return pool;
};
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

const workersOf = (pool: HashPool): Worker[] => [...(pool as unknown as { workers: Set<Worker> }).workers];

describe.each([
  ['worker threads', 2],
  ['the pool of libuv', 0],
])('hashing in %s', (_where, workers) => {
  let pool: HashPool;
  beforeEach(() => (pool = newPool(workers, 3)));

  it('gives the result of each job', async () => {
    const hashes = await Promise.all(['a', 'b', 'c'].map((password) => pool.run(job(password))));
    hashes.forEach((hash, n) => expect(bcryptjs.compareSync('abc'[n], String(hash))).toBe(true));
  });

  it('refuses what does not fit into the queue at once with 503 and Retry-After, and does the rest', async () => {
    const running = Math.max(1, workers);
    const outcomes = await Promise.allSettled(Array.from({ length: running + 5 }, (_, n) => pool.run(job(`p${n}`))));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(running + 3);
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'overloaded', headers: { 'Retry-After': '5' } });
    expect(await pool.run(job('again'))).toMatch(/^\$2b\$04\$/);
  });

  it('reports a job that fails and goes on', async () => {
    const broken: HashJob = { module: 'bcrypt', from, method: 'hashSync', args: ['x', 'not a salt'] };
    await expect(pool.run(broken)).rejects.toThrow(workers > 0 ? /^hashing with bcrypt failed: .*salt/i : /salt/i);
    expect(await pool.run(job('next'))).toMatch(/^\$2b\$04\$/);
  });

  it('refuses everything once closed, what waits included, and finishes what runs', async () => {
    const running = Math.max(1, workers);
    const outcomes = Promise.allSettled(Array.from({ length: running + 3 }, (_, n) => pool.run(job(`w${n}`))));
    await pool.close();
    const refused = { status: 'rejected', reason: { code: 'overloaded' } };
    expect(await outcomes).toMatchObject([
      ...Array.from({ length: running }, () => ({ status: 'fulfilled' })),
      ...Array.from({ length: 3 }, () => refused),
    ]);
    await expect(pool.run(job('late'))).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('calls functions of Node and of packages that promise', async () => {
    const bytes: HashJob = { module: 'node:crypto', from, method: 'scryptSync', args: ['p', 'salt', 8, { N: 2 }] };
    const raw: HashJob = {
      module: '@node-rs/argon2',
      from,
      method: 'hashRawSync',
      args: ['p', { memoryCost: 64, timeCost: 1, parallelism: 1, salt: Buffer.alloc(16) }],
    };
    expect(await pool.run(bytes)).toHaveLength(8);
    expect(await pool.run(raw)).toHaveLength(32);
  });

  it('starts as many jobs at once as there are workers, at least one, and the queue holds the rest', async () => {
    const one = newPool(workers, 1);
    expect(one.hasRoom).toBe(true);
    const started = Array.from({ length: Math.max(1, workers) }, (_, n) => one.run(job(`s${n}`)));
    expect(one.hasRoom).toBe(true);
    const waiting = one.run(job('waits'));
    expect(one.hasRoom).toBe(false);
    await Promise.all([...started, waiting]);
    expect(one.hasRoom).toBe(true);
  });

  it('without a queue refuses only what finds no worker free', async () => {
    const none = newPool(workers, 0);
    for (let round = 0; round < 2; round += 1) {
      const started = Array.from({ length: Math.max(1, workers) }, (_, n) => none.run(job(`r${n}`)));
      await expect(none.run(job('over'))).rejects.toMatchObject({ code: 'overloaded' });
      expect(await Promise.all(started)).toHaveLength(started.length);
    }
  });

  it('takes the next job as soon as one is answered', async () => {
    const none = newPool(Math.min(1, workers), 0);
    for (const password of ['a', 'b', 'c']) expect(await none.run(job(password))).toMatch(/^\$2b\$04\$/);
  });

  it('makes one thread for each job that runs at once, and none where the pool of libuv hashes', async () => {
    await Promise.all(['a', 'b', 'c', 'd'].map((password) => pool.run(job(password))));
    expect(workersOf(pool)).toHaveLength(workers);
  });
});

it('without a number the pool has as many workers as the machine has cores', async () => {
  const pool = newPool(null, 0);
  const started = Array.from({ length: availableParallelism() }, (_, n) => pool.run(job(`c${n}`)));
  expect(workersOf(pool)).toHaveLength(availableParallelism());
  await expect(pool.run(job('over'))).rejects.toMatchObject({ code: 'overloaded' });
  await Promise.all(started);
});

it('the pool has as many workers as it is told, however many cores there are', async () => {
  const pool = newPool(1, 0);
  const first = pool.run(job('first'));
  await expect(pool.run(job('over'))).rejects.toMatchObject({ code: 'overloaded' });
  await first;
});

it('no listener stays on a worker when its job is done, nor when it fails', async () => {
  const pool = newPool(1, 3);
  const [first] = [pool.run(job('first')), pool.run({ ...job('broken'), method: 'none' }).catch(() => undefined)];
  await first;
  const [worker] = workersOf(pool);
  await pool.run(job('last'));
  const listeners = ['message', 'error', 'exit'].map((event) => worker.listenerCount(event));
  // What is left forgets the worker when it ends.
  expect(listeners).toEqual([0, 1, 1]);
});

it('closing ends the threads, when their jobs are done', async () => {
  const pool = newPool(2, 3);
  await Promise.all([pool.run(job('one')), pool.run(job('two'))]);
  const last = Promise.allSettled([pool.run(slowJob)]);
  const workers = workersOf(pool);
  await pool.close();
  expect(await last).toMatchObject([{ status: 'fulfilled' }]);
  expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  expect(workersOf(pool)).toEqual([]);
});

it('a worker that dies fails its job with 503 and is replaced', async () => {
  const pool = newPool(1, 3);
  const fatal = pool.run(slowJob);
  await Promise.all([expect(fatal).rejects.toMatchObject({ code: 'unavailable' }), workersOf(pool)[0].terminate()]);
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
});

it('a worker that dies at its job leaves the idle ones to the next', async () => {
  const pool = newPool(2, 3);
  await pool.run(job('first'));
  const [idle] = workersOf(pool);
  const [other, fatal] = [pool.run(job('other')), pool.run(slowJob)];
  const dying = workersOf(pool).find((worker) => worker !== idle)!;
  await other;
  await Promise.all([expect(fatal).rejects.toMatchObject({ code: 'unavailable' }), dying.terminate()]);
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
  expect(workersOf(pool)).toEqual([idle]);
});

it('an error in a worker fails its job with that error, and the worker is used no more', async () => {
  const pool = newPool(1, 3);
  const failing = pool.run(slowJob);
  const [worker] = workersOf(pool);
  worker.emit('error', new Error('out of memory'));
  await expect(failing).rejects.toThrow('out of memory');
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
  expect(workersOf(pool)).not.toContain(worker);
  await worker.terminate();
});

it('an error in a worker that is idle harms nobody, and the worker is used no more', async () => {
  const pool = newPool(1, 3);
  await pool.run(job('first'));
  const [worker] = workersOf(pool);
  worker.emit('error', new Error('out of memory'));
  expect(workersOf(pool)).toEqual([]);
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
  expect(workersOf(pool)).not.toContain(worker);
  await worker.terminate();
});

it('a worker that dies while it is idle harms nobody and is replaced', async () => {
  const pool = newPool(1, 3);
  await pool.run(job('first'));
  await workersOf(pool)[0].terminate();
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
});

it('a thread the system refuses fails its job alone, and the next job finds another', async () => {
  const pool = newPool(1, 3);
  const inside = pool as unknown as { spawn: () => Worker };
  const spawn = inside.spawn.bind(pool);
  inside.spawn = () => {
    throw new Error('EAGAIN');
  };
  await expect(pool.run(job('refused'))).rejects.toThrow('EAGAIN');
  inside.spawn = spawn;
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
});
