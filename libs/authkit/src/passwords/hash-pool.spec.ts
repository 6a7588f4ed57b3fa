import { createRequire } from 'node:module';
import type { Worker } from 'node:worker_threads';
import { HashPool } from './hash-pool.js';
import type { HashJob } from './password-hasher.js';

const from = `${process.cwd()}/package.json`;
const bcryptjs = createRequire(from)('bcrypt') as { compareSync(password: string, hash: string): boolean };
const SALT = '$2b$04$abcdefghijklmnopqrstuu';
const job = (password: string): HashJob => ({ module: 'bcrypt', from, method: 'hashSync', args: [password, SALT] });

describe.each([
  ['worker threads', 2],
  ['the pool of libuv', 0],
])('hashing in %s', (_where, workers) => {
  let pool: HashPool;
  beforeEach(() => (pool = new HashPool(workers, 3)));
  afterEach(() => pool.close());

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
    await expect(pool.run(broken)).rejects.toThrow();
    expect(await pool.run(job('next'))).toMatch(/^\$2b\$04\$/);
  });

  it('refuses everything once closed, what waits included', async () => {
    const waiting = Promise.allSettled(Array.from({ length: 4 }, (_, n) => pool.run(job(`w${n}`))));
    await pool.close();
    const last = (await waiting).at(-1) as PromiseRejectedResult;
    expect(last.reason).toMatchObject({ code: 'overloaded' });
    await expect(pool.run(job('late'))).rejects.toMatchObject({ code: 'overloaded' });
  });
});

it('a worker that dies fails its job with 503 and is replaced', async () => {
  const pool = new HashPool(1, 3);
  const fatal: HashJob = { module: 'node:process', from, method: 'exit', args: [1] };
  await expect(pool.run(fatal)).rejects.toMatchObject({ code: 'unavailable' });
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
  await pool.close();
});

it('a worker that dies while it is idle harms nobody and is replaced', async () => {
  const pool = new HashPool(1, 3);
  await pool.run(job('first'));
  const [worker] = (pool as unknown as { workers: Set<Worker> }).workers;
  await worker.terminate();
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
  await pool.close();
});

it('a thread the system refuses fails its job alone, and the next job finds another', async () => {
  const pool = new HashPool(1, 3);
  const inside = pool as unknown as { spawn: () => Worker };
  const spawn = inside.spawn.bind(pool);
  inside.spawn = () => {
    throw new Error('EAGAIN');
  };
  await expect(pool.run(job('refused'))).rejects.toThrow('EAGAIN');
  inside.spawn = spawn;
  expect(await pool.run(job('after'))).toMatch(/^\$2b\$04\$/);
  await pool.close();
});
