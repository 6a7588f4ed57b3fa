import { resolveOptions } from '../options/resolve-options.js';
import { bcrypt } from './bcrypt.hasher.js';
import { PasswordHasher, type HashJob } from './password-hasher.js';
import { PasswordService } from './password.service.js';

/** Counts what is asked of it. */
class CountingHasher extends PasswordHasher {
  override readonly scheme = 'counting';
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
