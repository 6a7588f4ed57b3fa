import { resolveOptions } from '../options/resolve-options.js';
import { argon2id } from './argon2.hasher.js';
import { bcrypt } from './bcrypt.hasher.js';
import { PasswordHasher, type HashJob } from './password-hasher.js';
import { PasswordService } from './password.service.js';

/** Counts what is asked of it. */
class CountingHasher extends PasswordHasher {
  override readonly scheme: string = 'counting';
  verified: string[] = [];
  override recognises = (hash: string) => hash.startsWith('count:');
  override hash = (password: string) => Promise.resolve(`count:${password}`);
  override needsRehash = () => false;
  override decoy = () => 'count:';
  override verify(password: string, hash: string, run: (job: HashJob) => Promise<unknown>): Promise<boolean> {
    this.verified.push(password);
    void run; // the work itself is of no interest here
    return Promise.resolve(hash === `count:${password}`);
  }
}

describe('PasswordService', () => {
  const hasher = new CountingHasher();
  const service = new PasswordService(resolveOptions({ passwords: { hasher } }, {}));
  afterAll(() => service.onApplicationShutdown());

  it.each(['plain text of a password', 'decomposed e\u0301 in a password'])(
    'works as often for %p whether there is such a user or not',
    async (password) => {
      const worked = async (hash: string | null) => {
        hasher.verified = [];
        expect(await service.verify(password, hash)).toBe(false);
        return new Set(hasher.verified).size;
      };
      expect(await worked('count:other')).toBe(await worked(null));
    },
  );
});

/** Knows hashes of another system. */
class ForeignHasher extends CountingHasher {
  override readonly scheme = 'imported';
  override readonly verifiesOnly = true;
  override recognises = (hash: string) => hash.startsWith('foreign:');
}

describe('PasswordService with a hash of another system', () => {
  const writer = new CountingHasher();
  const foreign = new ForeignHasher();
  const service = new PasswordService(resolveOptions({ passwords: { hasher: [foreign, writer] } }, {}));
  afterAll(() => service.onApplicationShutdown());

  it.each(['plain text of a password', 'decomposed e\u0301 in a password'])(
    'does beside it what it does for nobody, so that failing with %p is never quicker',
    async (password) => {
      const worked = async (hash: string | null) => {
        writer.verified = [];
        expect(await service.verify(password, hash)).toBe(false);
        return writer.verified;
      };
      const forNobody = await worked(null);
      foreign.verified = [];
      expect(await worked('foreign:other')).toEqual(forNobody);
      expect(foreign.verified).toEqual(forNobody);
    },
  );
});

it('argon2id makes up for a hash of less memory or fewer passes', async () => {
  const hasher = argon2id({ memory: 1024, passes: 4 });
  const work: number[] = [];
  const run = ({ args }: HashJob) => {
    const { memoryCost, timeCost } = args[1] as { memoryCost: number; timeCost: number };
    work.push(memoryCost * timeCost);
    return Promise.resolve('');
  };
  const hash = (memory: number, passes: number) =>
    `$argon2i$v=19$m=${memory},t=${passes},p=1$c29tZXNhbHQ$${'A'.repeat(43)}`;
  for (const [memory, passes] of [
    [512, 2],
    [1024, 4],
    [4096, 4],
  ])
    await hasher.makeUp('x', hash(memory, passes), run);
  expect(work).toEqual([4 * 1024 - 2 * 512]);
});

it('bcrypt makes up for a hash of a lower cost, so that a failure takes as long as for a new one', async () => {
  const hasher = bcrypt({ cost: 7 });
  const costs: number[] = [];
  const run = ({ args }: HashJob) => {
    costs.push(Number(/^\$2b\$(\d\d)/.exec(String(args[1]))![1]));
    return Promise.resolve('');
  };
  const old = `$bcrypt-sha256$v=2,t=2b,r=5$${'a'.repeat(22)}$${'b'.repeat(31)}`;
  await hasher.verify('x', old, run);
  await hasher.makeUp('x', old, run);
  const work = costs.reduce((sum, cost) => sum + 2 ** cost, 0);
  expect([costs, work]).toEqual([[5, 5, 6], 2 ** 7]);
});
