import { createRequire } from 'node:module';
import { bcrypt } from './bcrypt.hasher.js';
import type { HashJob } from './password-hasher.js';

const here = createRequire(`${process.cwd()}/package.json`);
const library = here('bcrypt') as Record<string, (...args: unknown[]) => unknown>;

/** Does each job at once, and keeps what it was. */
function runner() {
  const jobs: HashJob[] = [];
  const run = (job: HashJob): Promise<unknown> => {
    jobs.push(job);
    return Promise.resolve(library[job.method](...job.args));
  };
  return { jobs, run };
}

// passlib.hash.bcrypt_sha256, version 2, of 'password'; from its documentation.
const PASSLIB = '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2';
const plainHash = (password: string, version = 'b') =>
  String(library['hashSync'](password, 4)).replace('$2b$', `$2${version}$`);
const hasher = bcrypt({ cost: 4 });

describe('the cost of bcrypt', () => {
  it.each([3, 16, 4.5, NaN])('cannot be %p', (cost) => {
    expect(() => bcrypt({ cost })).toThrow(`bcrypt cost must be a whole number from 4 to 15, not ${cost}`);
  });

  it.each([
    [4, 'bcrypt cost 4'],
    [9, 'bcrypt cost 9'],
    [10, null],
    [15, null],
  ])('%p is too weak for production: %p', (cost, weakness) => {
    expect(bcrypt({ cost }).weakness()).toBe(weakness);
  });

  it('is 12 by default', () => {
    expect(bcrypt().decoy()).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=12\$/);
    expect(bcrypt().weakness()).toBeNull();
  });
});

describe('hashing with bcrypt-sha256', () => {
  it('writes the format of passlib, with a salt of its own, and verifies it', async () => {
    const { run } = runner();
    const hashes = [await hasher.hash('secret', run), await hasher.hash('secret', run)];
    expect(hasher.scheme).toBe('bcrypt-sha256');
    for (const hash of hashes) {
      expect(hash).toMatch(/^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/);
      expect(await hasher.verify('secret', hash, run)).toBe(true);
      expect(await hasher.verify('Secret', hash, run)).toBe(false);
    }
    expect(hashes[0].split('$')[3]).not.toBe(hashes[1].split('$')[3]);
  });

  it('spends the configured cost, in the package that hashes', async () => {
    const { jobs, run } = runner();
    await hasher.hash('secret', run);
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({
      module: 'bcrypt',
      method: 'hashSync',
      from: expect.stringContaining('bcrypt.hasher'),
    });
    expect(jobs[0].args[1]).toMatch(/^\$2b\$04\$[./A-Za-z0-9]{22}$/);
  });

  it("verifies passlib's own hash", async () => {
    const { run } = runner();
    expect(await hasher.verify('password', PASSLIB, run)).toBe(true);
    expect(await hasher.verify('passwore', PASSLIB, run)).toBe(false);
  });

  it('tells apart what differs after 72 bytes and after NUL', async () => {
    const { run } = runner();
    const long = await hasher.hash('x'.repeat(100), run);
    expect(await hasher.verify(`${'x'.repeat(99)}y`, long, run)).toBe(false);
    const withNul = await hasher.hash('a\0b', run);
    expect(await hasher.verify('a\0c', withNul, run)).toBe(false);
    expect(await hasher.verify('a\0b', withNul, run)).toBe(true);
  });
});

describe('verifying plain bcrypt', () => {
  it.each(['a', 'b', 'y'])('takes $2%s$', async (version) => {
    const { run } = runner();
    const hash = plainHash('secret', version);
    expect(await hasher.verify('secret', hash, run)).toBe(true);
    expect(await hasher.verify('wrong', hash, run)).toBe(false);
  });

  it('takes 72 bytes and not one more, counted as UTF-8', async () => {
    const { jobs, run } = runner();
    expect(await hasher.verify('é'.repeat(36), plainHash('é'.repeat(36)), run)).toBe(true);
    expect(await hasher.verify('x'.repeat(72), plainHash('x'.repeat(72)), run)).toBe(true);
    jobs.length = 0;
    expect(await hasher.verify('x'.repeat(73), plainHash('x'.repeat(72)), run)).toBe(false);
    expect(await hasher.verify(`${'é'.repeat(36)}x`, plainHash('é'.repeat(36)), run)).toBe(false);
    expect(await hasher.verify('secret\0more', plainHash('secret'), run)).toBe(false);
    expect(jobs).toEqual([]);
  });
});

describe('a stored hash', () => {
  const salted = (cost: string) => `$bcrypt-sha256$v=2,t=2b,r=${cost}$${'a'.repeat(22)}$${'b'.repeat(31)}`;
  const plain = (cost: string) => `$2b$${cost}$${'a'.repeat(53)}`;

  it.each([
    ['salted, of the lowest cost', salted('4'), 1],
    ['salted, of a cost below', salted('3'), 0],
    ['salted, of a cost above all we write', salted('16'), 0],
    ['plain, of a cost below', plain('03'), 0],
    ['plain, of a cost above all we write', plain('16'), 0],
    ['salted, and more after it', `${salted('4')}x`, 0],
    ['salted, and something before it', `x${salted('4')}`, 0],
    ['salted, of another version', salted('4').replace('v=2', 'v=1'), 0],
    ['plain, and more after it', `${plain('04')}x`, 0],
    ['plain, and something before it', `x${plain('04')}`, 0],
    ['of the broken $2x$', plain('04').replace('2b', '2x'), 0],
    ['empty', '', 0],
  ])('%s, %p, is worth this many jobs: %p', async (_what, hash, work) => {
    const jobs: HashJob[] = [];
    const run = (job: HashJob) => Promise.resolve(jobs.push(job) && 'yes');
    // Only the library's own true counts, whatever else a pool may give back.
    expect(await hasher.verify('x', hash, run)).toBe(false);
    expect(jobs).toHaveLength(work);
  });

  it.each([salted('15'), plain('15')])('%p of the highest cost is verified', async (hash) => {
    const jobs: HashJob[] = [];
    await hasher.verify('x', hash, (job) => Promise.resolve(jobs.push(job)));
    expect(jobs).toHaveLength(1);
    expect(jobs[0]).toMatchObject({
      method: 'compareSync',
      args: [expect.anything(), expect.stringMatching(/^\$2b\$15\$/)],
    });
  });

  it.each([
    ['$bcrypt-sha256$v=2', true],
    ['$2a$04$', true],
    ['$2b$04$', true],
    ['$2x$04$', true],
    ['$2y$04$', true],
    ['$2c$04$', false],
    ['x$2b$04$', false],
    ['x$bcrypt-sha256$', false],
    ['$argon2id$v=19', false],
    ['', false],
  ])('%p is known as its own: %p', (hash, known) => {
    expect(hasher.recognises(hash)).toBe(known);
  });

  it.each([
    ['of this scheme and cost', salted('4'), false],
    ['of another cost', salted('5'), true],
    ['of plain bcrypt', plain('04'), true],
    ['malformed', '$bcrypt-sha256$', true],
  ])('%s is to be replaced: %p %p', (_what, hash, replaced) => {
    expect(hasher.needsRehash(hash)).toBe(replaced);
  });
});

describe('the decoy', () => {
  it('looks like a hash written now, takes its work, and matches nothing', async () => {
    const { jobs, run } = runner();
    const decoy = hasher.decoy();
    expect(hasher.needsRehash(decoy)).toBe(false);
    expect(await hasher.verify('', decoy, run)).toBe(false);
    expect(jobs).toHaveLength(1);
    expect(hasher.decoy()).not.toBe(decoy);
  });
});

describe('making up for a cheaper hash', () => {
  const costsOf = async (hash: string, cost = 7) => {
    const costs: number[] = [];
    await bcrypt({ cost }).makeUp('x', hash, ({ method, args }) => {
      expect(method).toBe('hashSync');
      costs.push(Number(/^\$2b\$(\d\d)\$[./A-Za-z0-9]{22}$/.exec(String(args[1]))![1]));
      return Promise.resolve('');
    });
    return costs;
  };

  it.each([
    ['a salted one', `$bcrypt-sha256$v=2,t=2b,r=5$${'a'.repeat(22)}$${'b'.repeat(31)}`, [5, 6]],
    ['a plain one', `$2b$04$${'a'.repeat(53)}`, [4, 5, 6]],
    ['one of the same cost', `$bcrypt-sha256$v=2,t=2b,r=7$${'a'.repeat(22)}$${'b'.repeat(31)}`, []],
    ['a dearer one', `$2b$09$${'a'.repeat(53)}`, []],
    ['one nobody can read', 'nonsense', []],
  ])('spends for %s, %p, the costs %p', async (_what, hash, costs) => {
    expect(await costsOf(hash)).toEqual(costs);
  });
});

it('bcrypt names the scheme of a hash it can verify, and of no other', () => {
  const named = ['$2b$12$', '$bcrypt-sha256$v=2,t=2b,r=12$', 'nonsense'].map((start) =>
    bcrypt().schemeOf(
      `${start}${'n79VH.0Q2TMWmt3Oqt9uku'}${start.includes('r=') ? '$' : ''}Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2`,
    ),
  );
  expect(named).toEqual(['bcrypt', 'bcrypt-sha256', null]);
});
