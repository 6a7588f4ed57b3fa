import assert from 'node:assert/strict';
import { HashPool } from '../../passwords/hash-pool.js';
import type { PasswordHasher, RunHashJob } from '../../passwords/password-hasher.js';
import { assertIs, casesOn, type ContractCase } from './contract.js';

/** What a hasher can do besides its own hashes. */
export interface PasswordHasherContractOptions {
  /** Hashes made elsewhere, with their passwords, that it must verify. @default none */
  known?: readonly { password: string; hash: string }[];
}

/** The length of the kit's own column. */
const LONGEST_HASH = 255;
const PASSWORD = 'violet harbour lantern';
const LONG = 'a'.repeat(100);
const PASSWORDS = [PASSWORD, ' spaced ', 'パスワード🔐', LONG, 'nul\0byte', 'x'.repeat(1024)];
const FOREIGN = [
  '',
  PASSWORD,
  '$',
  '$unheard-of$v=1$c2FsdA$aGFzaA',
  '{SSHA}aGFzaA==',
  '5f4dcc3b5aa765d61d8327deb882cf99',
];

/** What every PasswordHasher must do. The cases hash a few dozen times, so give it its lowest cost. */
export function passwordHasherContract(
  hasher: PasswordHasher,
  { known = [] }: PasswordHasherContractOptions = {},
): ContractCase[] {
  return casesOn(() => new Bench(hasher), {
    ...hashChecks,
    ...refusalChecks,
    ...(known.length > 0 && knownChecks(known)),
  });
}

/** A hasher, and the jobs it has asked for. */
class Bench {
  jobs = 0;
  private readonly pool = new HashPool(0, 100);

  constructor(readonly hasher: PasswordHasher) {}

  hash(password: string, run = this.run): Promise<string> {
    return this.hasher.hash(password, run);
  }

  verify(password: string, hash: string, run = this.run): Promise<boolean> {
    return this.hasher.verify(password, hash, run);
  }

  readonly run: RunHashJob = (job) => {
    this.jobs += 1;
    return this.pool.run(job);
  };
}

type Checks = Record<string, (bench: Bench) => Promise<void>>;

const hashChecks: Checks = {
  'verifies what it has hashed, whatever the password': async (bench) => {
    for (const password of PASSWORDS) {
      const hash = await bench.hash(password);
      const what = JSON.stringify(password.slice(0, 20));
      assertIs(`recognises the hash of ${what}`, bench.hasher.recognises(hash), true);
      assertIs(`verify ${what}`, await bench.verify(password, hash), true);
      assertIs(`needsRehash of ${what}`, bench.hasher.needsRehash(hash), false);
      assert.ok(hash.length <= LONGEST_HASH, `a hash of ${hash.length} characters does not fit the column`);
      assert.ok(!hash.includes(password), 'the password stands in its hash');
    }
  },

  'salts: two hashes of one password differ': async (bench) => {
    assert.notEqual(await bench.hash(PASSWORD), await bench.hash(PASSWORD));
  },

  'does the same work in a worker thread': async (bench) => {
    const pool = new HashPool(1, 100);
    try {
      const hash = await bench.hash(PASSWORD, pool.run);
      assertIs('made in a thread, verified here', await bench.verify(PASSWORD, hash), true);
      const here = await bench.hash(PASSWORD);
      assertIs('made here, verified in a thread', await bench.verify(PASSWORD, here, pool.run), true);
    } finally {
      await pool.close();
    }
  },

  'gives decoys that look like its hashes, match nothing, and cost as much to verify': async (bench) => {
    const cost = async (hash: string) => {
      bench.jobs = 0;
      assertIs('verify', await bench.verify('another password', hash), false);
      return bench.jobs;
    };
    const [real, decoy] = [await bench.hash(PASSWORD), bench.hasher.decoy()];
    assertIs('recognises', bench.hasher.recognises(decoy), true);
    assertIs('needsRehash', bench.hasher.needsRehash(decoy), false);
    assertIs('length', decoy.length, real.length);
    assertIs('jobs to verify', await cost(decoy), await cost(real));
    assert.notEqual(decoy, bench.hasher.decoy(), 'every decoy is the same');
  },
};

const refusalChecks: Checks = {
  'refuses every other password, however alike': async (bench) => {
    const others: Record<string, string[]> = {
      [PASSWORD]: ['', PASSWORD.toUpperCase(), `${PASSWORD} `, PASSWORD.slice(0, -1)],
      [LONG]: [LONG.slice(0, 72), LONG.slice(0, -1), `${LONG}a`],
      'nul\0byte': ['nul', 'nul\0', 'nul\0other'],
    };
    for (const [password, wrong] of Object.entries(others)) {
      const hash = await bench.hash(password);
      for (const one of wrong) assertIs(`verify ${JSON.stringify(one)}`, await bench.verify(one, hash), false);
    }
  },

  'answers false for a hash that is broken or not its own, without throwing': async (bench) => {
    const hash = await bench.hash(PASSWORD);
    const broken = [
      hash.slice(0, -1),
      `${hash}x`,
      hash.slice(0, 20),
      hash.replaceAll(/\d/g, '9'),
      ` ${hash}`,
      `${hash}\n`,
    ];
    for (const one of [...broken, ...FOREIGN]) {
      assertIs(`verify against ${JSON.stringify(one)}`, await bench.verify(PASSWORD, one), false);
    }
  },

  'recognises no hash of an unknown scheme': async ({ hasher }) => {
    for (const one of FOREIGN) assertIs(`recognises ${JSON.stringify(one)}`, hasher.recognises(one), false);
  },
};

function knownChecks(known: readonly { password: string; hash: string }[]): Checks {
  return {
    'verifies hashes made elsewhere, and refuses another password for them': async (bench) => {
      for (const { password, hash } of known) {
        assertIs(`recognises ${hash}`, bench.hasher.recognises(hash), true);
        assertIs(`verify ${hash}`, await bench.verify(password, hash), true);
        assertIs(`verify ${hash}, another`, await bench.verify(`${password}x`, hash), false);
      }
    },
  };
}
