import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { hashJobs } from '../../../../test/support/hash-jobs.js';
import { isAffordable, pbkdf2, sameBytes, scrypt } from './foreign-scheme.js';

describe('the cost of scrypt', () => {
  it.each([
    ['is the least there is', { N: 2, r: 1, p: 1 }],
    ['fills 128 MiB', { N: 2 ** 17, r: 8, p: 1 }],
    ['fills them four times', { N: 2 ** 17, r: 8, p: 4 }],
    ['has the largest N of a block size of 1', { N: 2 ** 15, r: 1, p: 1 }],
    ['has an N too large for a smaller block size', { N: 2 ** 17, r: 2, p: 1 }],
  ])('is affordable when it %s', (_what, cost) => {
    expect(isAffordable(cost)).toBe(true);
  });

  it.each([
    ['an N of 1', { N: 1, r: 1, p: 1 }],
    ['an N of 0', { N: 0, r: 1, p: 1 }],
    ['no block size', { N: 2, r: 0, p: 1 }],
    ['no lanes', { N: 2, r: 1, p: 0 }],
    ['an N that is no power of two', { N: 3, r: 1, p: 1 }],
    ['more than 128 MiB', { N: 2 ** 18, r: 8, p: 1 }],
    ['them five times', { N: 2 ** 17, r: 8, p: 5 }],
    ['an N too large for its block size', { N: 2 ** 16, r: 1, p: 1 }],
    ['what is no number', { N: NaN, r: 8, p: 1 }],
  ])('is refused when it asks for %s', (_what, cost) => {
    expect(isAffordable(cost)).toBe(false);
  });
});

it('scrypt is that of Node, as a job that is allowed twice the memory it fills', async () => {
  const { jobs, run } = hashJobs();
  const cost = { N: 2048, r: 8, p: 1 };
  expect(await scrypt('password', 'salt', 16, cost, run)).toEqual(scryptSync('password', 'salt', 16, cost));
  expect(jobs).toMatchObject([{ args: ['password', 'salt', 16, { ...cost, maxmem: 5 * 2 ** 20 }] }]);
});

it('pbkdf2 is that of Node', async () => {
  const derived = await pbkdf2('password', 'salt', 3, 16, 'sha1', hashJobs().run);
  expect(derived).toEqual(pbkdf2Sync('password', 'salt', 3, 16, 'sha1'));
});

it('bytes are the same when all of them are, and never when there are more or less', () => {
  const bytes = Buffer.from('same');
  expect(sameBytes(bytes, Buffer.from('same'))).toBe(true);
  for (const other of ['lame', 'sam', 'same!', '']) expect(sameBytes(bytes, Buffer.from(other))).toBe(false);
});
