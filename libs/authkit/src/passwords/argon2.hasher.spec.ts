import { createRequire } from 'node:module';
import { argon2id } from './argon2.hasher.js';
import type { HashJob } from './password-hasher.js';

const here = createRequire(`${process.cwd()}/package.json`);
const library = here('@node-rs/argon2') as Record<string, (...args: unknown[]) => unknown>;
const run = (job: HashJob): Promise<unknown> => Promise.resolve(library[job.method](...job.args));
/** Counts the jobs and does none. */
function counter(result: unknown = 'yes') {
  const jobs: HashJob[] = [];
  return { jobs, run: (job: HashJob) => Promise.resolve((jobs.push(job), result)) };
}

const CHEAP = { memory: 64, passes: 1, parallelism: 1 };
const hasher = argon2id(CHEAP);
const stored = (parameters: string, salt = 'A'.repeat(22), digest = 'A'.repeat(43)) =>
  `$argon2id$v=19$${parameters}$${salt}$${digest}`;

describe('the parameters of argon2id', () => {
  it.each([
    [{ memory: 7 }, /memory must be from 8 KiB a lane to 262144 KiB, not 7/],
    [{ memory: 31, parallelism: 4 }, /memory must be/],
    [{ memory: 256 * 1024 + 1 }, /memory must be/],
    [{ memory: 64.5 }, /memory must be/],
    [{ passes: 1.5 }, /memory must be|passes/],
    [{ parallelism: 1.5 }, /memory must be|passes/],
    [{ passes: 0 }, /1 to 10 passes and 1 to 16 lanes/],
    [{ passes: 11 }, /passes/],
    [{ parallelism: 0 }, /lanes/],
    [{ parallelism: 17 }, /lanes/],
  ])('cannot be %p', (options, message) => {
    expect(() => argon2id({ ...options })).toThrow(message);
  });

  it.each([
    { memory: 8, passes: 1, parallelism: 1 },
    { memory: 32, parallelism: 4 },
    { memory: 256 * 1024, passes: 10, parallelism: 16 },
  ])('can be %p', (options) => {
    expect(argon2id(options).scheme).toBe('argon2id');
  });

  it('are the OWASP minimum by default', () => {
    expect(argon2id().decoy()).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it.each([
    [{}, null],
    [{ memory: 35_000, passes: 1 }, null],
    [{ memory: 34_999, passes: 1 }, 'argon2id m=34999,t=1'],
    [{ memory: 17_499, passes: 2 }, 'argon2id m=17499,t=2'],
  ])('%p are too weak for production: %p', (options, weakness) => {
    expect(argon2id(options).weakness()).toBe(weakness);
  });
});

describe('hashing with argon2id', () => {
  it('writes a PHC string of its parameters, 32 bytes long, and verifies it', async () => {
    const hash = await hasher.hash('secret', run);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hasher.verify('secret', hash, run)).toBe(true);
    expect(await hasher.verify('Secret', hash, run)).toBe(false);
    expect(hasher.needsRehash(hash)).toBe(false);
  });

  it('is a job of the optional package, found from the file that asks', async () => {
    const { jobs, run: count } = counter();
    await hasher.hash('secret', count);
    await hasher.verify('secret', stored('m=64,t=1,p=1'), count);
    const from = expect.stringContaining('argon2.hasher');
    expect(jobs).toMatchObject([
      { module: '@node-rs/argon2', from, method: 'hashSync' },
      { module: '@node-rs/argon2', from, method: 'verifySync', args: [stored('m=64,t=1,p=1'), 'secret'] },
    ]);
  });
});

describe('a stored argon2id hash', () => {
  it.each([
    ['of our parameters', stored('m=64,t=1,p=1'), 1],
    ['of the most memory', stored('m=262144,t=10,p=16'), 1],
    ['of the shortest salt and digest', stored('m=64,t=1,p=1', 'A'.repeat(11), 'A'.repeat(16)), 1],
    ['of the longest salt and digest', stored('m=64,t=1,p=1', 'A'.repeat(64), 'A'.repeat(86)), 1],
    ['of a salt that is no canonical base64', stored('m=64,t=1,p=1', 'c'.repeat(22)), 0],
    ['of a digest that is no canonical base64', stored('m=64,t=1,p=1', 'A'.repeat(22), 'd'.repeat(43)), 0],
    ['of more memory than we spend', stored('m=262145,t=1,p=1'), 0],
    ['of more passes than we spend', stored('m=64,t=11,p=1'), 0],
    ['of too many lanes to write', stored('m=64,t=1,p=100'), 0],
    ['without parameters', stored(''), 0],
    ['of the version before', stored('m=64,t=1,p=1').replace('v=19', 'v=16'), 1],
    ['of a version there is not', stored('m=64,t=1,p=1').replace('v=19', 'v=18'), 0],
    ['of argon2i', stored('m=64,t=1,p=1').replace('argon2id', 'argon2i'), 1],
    ['of an argon2 there is not', stored('m=64,t=1,p=1').replace('argon2id', 'argon2x'), 0],
    ['with something before it', `x${stored('m=64,t=1,p=1')}`, 0],
    ['with something after it', `${stored('m=64,t=1,p=1')}=`, 0],
    ['empty', '', 0],
  ])('%s, %p, is worth this many jobs: %p', async (_what, hash, work) => {
    const { jobs, run: count } = counter();
    // Only the library's own true counts, whatever else a pool may give back.
    expect(await hasher.verify('x', hash, count)).toBe(false);
    expect(jobs).toHaveLength(work);
  });

  it.each([
    ['$argon2id$v=19$', true],
    ['$argon2i$v=19$', true],
    ['$argon2x$v=19$', false],
    ['x$argon2id$', false],
    ['', false],
  ])('%p is known as its own: %p', (hash, known) => {
    expect(hasher.recognises(hash)).toBe(known);
  });

  it.each([
    ['m=64,t=1,p=1', false],
    ['m=65,t=1,p=1', true],
    ['m=64,t=2,p=1', true],
    ['m=64,t=1,p=2', true],
  ])('of %s is to be replaced: %p', (parameters, replaced) => {
    expect(hasher.needsRehash(stored(parameters))).toBe(replaced);
  });

  it('that is a decoy takes the work of one written now, and matches nothing', async () => {
    const decoy = hasher.decoy();
    expect(decoy).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await hasher.verify('', decoy, run)).toBe(false);
    expect(hasher.decoy()).not.toBe(decoy);
  });
});

describe('argon2 hashes of other systems', () => {
  const phc = (name: string, version = 'v=19$') =>
    `$${name}$${version}m=64,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

  it.each([
    [phc('argon2id'), 'argon2id', phc('argon2id')],
    [phc('argon2i'), 'argon2i', phc('argon2i')],
    [phc('argon2d'), 'argon2d', phc('argon2d')],
    // The first version wrote none.
    [phc('argon2i', ''), 'argon2i', phc('argon2i', 'v=16$')],
    [`argon2${phc('argon2id')}`, 'django-argon2id', phc('argon2id')],
    [`argon2${phc('argon2i', '')}`, 'django-argon2i', phc('argon2i', 'v=16$')],
  ])('%p is %s, and verified as %p', async (hash, scheme, asked) => {
    const { jobs, run: count } = counter(true);
    expect(hasher.schemeOf(hash)).toBe(scheme);
    expect(hasher.recognises(hash)).toBe(true);
    expect(await hasher.verify('secret', hash, count)).toBe(true);
    expect(jobs.map(({ args }) => args)).toEqual([[asked, 'secret']]);
  });

  it.each([
    '',
    'argon2',
    `xargon2${phc('argon2id')}`,
    `argon2x${phc('argon2id')}`,
    `argon2${phc('argon2x')}`,
    `x${phc('argon2i', '')}`,
  ])('%p is none', async (hash) => {
    expect(hasher.schemeOf(hash)).toBeNull();
    expect(await hasher.verify('secret', hash, counter(true).run)).toBe(false);
  });

  it.each([
    ['m=32,t=1,p=4', true],
    ['m=31,t=1,p=4', false],
    ['m=8,t=1,p=1', true],
    ['m=7,t=1,p=1', false],
    ['m=64,t=0,p=1', false],
    ['m=64,t=10,p=1', true],
    ['m=64,t=1,p=0', false],
  ])('parameters %s are ones it can have: %p', (parameters, can) => {
    expect(hasher.schemeOf(stored(parameters)) !== null).toBe(can);
  });
});

describe('a failure against a cheaper argon2 hash', () => {
  const costly = argon2id({ memory: 256, passes: 2, parallelism: 2 });

  it.each([
    ['m=64,t=2,p=2', [192]],
    ['m=64,t=1,p=2', [224]],
    ['m=240,t=2,p=2', [16]],
    ['m=241,t=2,p=2', []],
    ['m=256,t=2,p=2', []],
    ['m=1024,t=1,p=1', []],
    ['m=1,t=1,p=1', [256]],
  ])('of %s is made up for with so much memory: %p', async (parameters, memory) => {
    const { jobs, run: count } = counter();
    await costly.makeUp('secret', stored(parameters), count);
    const made = jobs.map(({ method, args }) => [method, (args[1] as { memoryCost: number }).memoryCost]);
    expect(made).toEqual(memory.map((one) => ['hashSync', one]));
  });
});
