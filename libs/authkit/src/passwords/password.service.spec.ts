import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
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

/** Writes `new:`; reads `new:` and `old:`, the latter cheaper; `bad:` is refused unread. Every job answers true. */
class SchemeHasher extends PasswordHasher {
  override readonly scheme = 'new';
  done: string[] = [];
  constructor(private readonly prefixes: readonly string[]) {
    super();
  }
  override recognises = (hash: string) => this.prefixes.some((prefix) => hash.startsWith(prefix));
  override hash = (password: string) => Promise.resolve(`${this.prefixes[0]}${password}`);
  override needsRehash = (hash: string) => !hash.startsWith(this.prefixes[0]);
  override decoy = () => `${this.prefixes[0]}decoy`;
  override async makeUp(password: string, hash: string): Promise<void> {
    this.done.push(`make up ${password} ${hash}`);
  }
  override async verify(password: string, hash: string, run: (job: HashJob) => Promise<unknown>): Promise<boolean> {
    this.done.push(`verify ${password} ${hash}`);
    if (hash.startsWith('bad:')) return false;
    const nothing: HashJob = {
      module: 'node:crypto',
      from: `${process.cwd()}/package.json`,
      method: 'randomBytes',
      args: [1],
    };
    expect(await run(nothing)).toHaveLength(1);
    return hash.slice(4) === password;
  }
}

describe('PasswordService with several schemes', () => {
  const services: PasswordService[] = [];
  afterEach(() => Promise.all(services.splice(0).map((one) => one.onApplicationShutdown())));

  function setUp() {
    const [writer, reader] = [new SchemeHasher(['new:', 'old:', 'bad:']), new SchemeHasher(['ext:'])];
    const service = new PasswordService(resolveOptions({ passwords: { hasher: [writer, reader], workers: 0 } }, {}));
    services.push(service);
    return { writer, reader, service };
  }

  it('writes with the first, in NFC', async () => {
    expect(await setUp().service.hash('e\u0301')).toBe('new:\u00e9');
  });

  it('verifies with whichever knows the hash', async () => {
    const { service, writer, reader } = setUp();
    expect(await service.verify('p', 'ext:p')).toBe(true);
    expect(await service.verify('p', 'new:p')).toBe(true);
    expect([reader.done, writer.done]).toEqual([['verify p ext:p'], ['verify p new:decoy', 'verify p new:p']]);
  });

  it('tries the text as typed after NFC, for hashes made elsewhere', async () => {
    const { service, reader } = setUp();
    expect(await service.verify('e\u0301', 'ext:e\u0301')).toBe(true);
    expect(reader.done).toEqual(['verify \u00e9 ext:e\u0301', 'verify e\u0301 ext:e\u0301']);
  });

  it('makes up for a cheaper hash of its own at a failure, not at a success', async () => {
    const { service, writer } = setUp();
    expect(await service.verify('p', 'old:p')).toBe(true);
    expect(await service.verify('x', 'old:p')).toBe(false);
    expect(writer.done).toEqual(['verify p old:p', 'verify x old:p', 'make up x old:p']);
  });

  it('verifies the decoy beside the hash of another scheme, instead of making up for it', async () => {
    const { service, writer, reader } = setUp();
    expect(await service.verify('x', 'ext:p')).toBe(false);
    expect([reader.done, writer.done]).toEqual([['verify x ext:p'], ['verify x new:decoy']]);
  });

  it('verifies the decoy where the hash was refused unread, or there is none', async () => {
    const { service, writer } = setUp();
    expect(await service.verify('x', 'bad:p')).toBe(false);
    expect(await service.verify('decoy', null)).toBe(false);
    expect(writer.done).toEqual(['verify x bad:p', 'verify x new:decoy', 'verify decoy new:decoy']);
  });

  it('verifies the decoy and tells the operator where no hasher knows the scheme', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const { service, writer } = setUp();
    expect(await service.verify('decoy', 'md5:1')).toBe(false);
    expect(writer.done).toEqual(['verify decoy new:decoy']);
    expect(error.mock.calls).toEqual([['a stored password hash has a scheme no configured hasher knows']]);
    expect(error.mock.contexts[0]).toMatchObject({ context: 'AuthKit' });
    error.mockClear();
    await service.verify('p', null);
    expect(error).not.toHaveBeenCalled();
    error.mockRestore();
  });

  it('replaces what an older scheme or cost has written, while there is room in the queue', () => {
    const { service } = setUp();
    expect(['new:p', 'old:p', 'ext:p'].map((hash) => service.shouldRehash(hash))).toEqual([false, true, true]);
    const full = new PasswordService(
      resolveOptions({ passwords: { hasher: new SchemeHasher(['new:']), workers: 0, queue: 0 } }, {}),
    );
    services.push(full);
    expect(full.shouldRehash('old:p')).toBe(false);
  });

  it('names the scheme of a hash that some hasher knows, and of no other', () => {
    const { service } = setUp();
    expect(['new:p', 'ext:p', 'md5:1'].map((hash) => service.schemeOf(hash))).toEqual(['new', 'new', null]);
  });

  it('hashes no more once the app shuts down', async () => {
    const { service } = setUp();
    await service.onApplicationShutdown();
    await expect(service.verify('p', 'new:p')).rejects.toMatchObject({ code: 'overloaded' });
  });
});
