import { PasswordHasher, type RunHashJob } from 'nest-authkit';

/** What shows the pool that work is done, and lets others come in between. */
const WORK = { module: 'node:crypto', from: `${process.cwd()}/package.json`, method: 'randomBytes', args: [1] };

/** Compares in the clear and counts how often; also what the library spends on accounts that are not there. */
export class CountingHasher extends PasswordHasher {
  override readonly scheme = 'counting';
  calls = 0;

  override recognises(hash: string): boolean {
    return hash.startsWith('counting:');
  }

  override hash(password: string): Promise<string> {
    this.calls += 1;
    return Promise.resolve(`counting:${password}`);
  }

  override async verify(password: string, hash: string, run: RunHashJob): Promise<boolean> {
    this.calls += 1;
    await run(WORK);
    return hash === `counting:${password}`;
  }

  override needsRehash(): boolean {
    return false;
  }

  override decoy(): string {
    return 'counting:\0';
  }
}
