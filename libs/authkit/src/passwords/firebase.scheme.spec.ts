import { createCipheriv, scryptSync } from 'node:crypto';
import { hashJobs } from '../../../../test/support/hash-jobs.js';
import { AuthKitConfigError } from '../kernel/errors.js';
import { firebaseHash, firebaseScheme } from './firebase.scheme.js';

const KEY = Buffer.from(Array.from({ length: 64 }, (_, n) => 255 - n));
const SALT = Buffer.from('fbff0180fe', 'hex');
const cheap = { signerKey: KEY.toString('base64'), memCost: 4 };

/** What Firebase does, at a cost of next to nothing. */
function stored({ password = 'password', separator = Buffer.from([7]), key = KEY, r = 8 } = {}): string {
  const derived = scryptSync(password, Buffer.concat([SALT, separator]), 32, { N: 16, r, p: 1 });
  const sealed = createCipheriv('aes-256-ctr', derived, Buffer.alloc(16)).update(key);
  return firebaseHash({ passwordHash: sealed.toString('base64'), salt: SALT.toString('base64') });
}

describe('a hash of Firebase', () => {
  it('verifies the password it was made of, and no other', async () => {
    const { jobs, run } = hashJobs();
    const check = firebaseScheme(cheap).read(stored())!;
    expect(await check('password', run)).toBe(true);
    expect(await check('Password', run)).toBe(false);
    expect(jobs[0].args[3]).toMatchObject({ N: 16, r: 8, p: 1 });
  });

  it('verifies with the project’s separator and rounds alone', async () => {
    const { run } = hashJobs();
    const hash = stored({ separator: Buffer.from([0xfe, 1]), r: 2 });
    const project = { ...cheap, saltSeparator: '/gE=', rounds: 2 };
    expect(await firebaseScheme(project).read(hash)!('password', run)).toBe(true);
    for (const other of [cheap, { ...project, rounds: 3 }, { ...project, saltSeparator: 'Bw==' }]) {
      expect(await firebaseScheme(other).read(hash)!('password', run)).toBe(false);
    }
  });

  it('verifies with no other signer key', async () => {
    const other = firebaseScheme({ ...cheap, signerKey: Buffer.alloc(64, 1).toString('base64') });
    expect(await other.read(stored())!('password', hashJobs().run)).toBe(false);
  });

  it('costs what Firebase’s console shows for a new project, unless told otherwise', async () => {
    const costs: unknown[] = [];
    const check = firebaseScheme({ signerKey: cheap.signerKey }).read(stored())!;
    await check('password', ({ args }) => Promise.resolve((costs.push(args[3]), new Uint8Array(32))));
    expect(costs).toMatchObject([{ N: 2 ** 14, r: 8, p: 1 }]);
  });

  it('is unreadable with more or fewer bytes than the signer key', () => {
    const scheme = firebaseScheme(cheap);
    for (const key of [KEY.subarray(1), Buffer.concat([KEY, KEY.subarray(0, 1)])]) {
      expect(scheme.read(stored({ key }))).toBeNull();
    }
  });

  it('is recognised by its beginning, and read only whole', () => {
    const scheme = firebaseScheme(cheap);
    const hash = stored();
    expect(['$firebase-scrypt$', hash].map((text) => scheme.recognises(text))).toEqual([true, true]);
    expect(
      ['', 'x', `x${hash}`, 'firebase-scrypt$', '$firebase$'].map((text) => scheme.recognises(text)),
    ).not.toContain(true);
    const [, name, salt, digest] = hash.split('$');
    expect(scheme.name).toBe(name);
    expect(scheme.read(hash)).not.toBeNull();
    for (const wrong of [
      '',
      `x${hash}`,
      `${hash}\n`,
      `${hash}$`,
      `$${name}$${salt}`,
      `$${name}$a$${digest}`,
      `$${name}$${'a'.repeat(65)}$${digest}`,
      `$${name}$a.$${digest}`,
      `$${name}$${salt}$${digest.slice(0, -1)}=`,
      `$${name}$${salt}$${'a'.repeat(21)}`,
    ]) {
      expect([wrong, scheme.read(wrong)]).toEqual([wrong, null]);
    }
    for (const other of ['ab', 'a'.repeat(64)]) expect(scheme.read(`$${name}$${other}$${digest}`)).not.toBeNull();
  });

  it('has from 16 to 96 bytes', () => {
    const scheme = (bytes: number) => firebaseScheme({ ...cheap, signerKey: Buffer.alloc(bytes).toString('base64') });
    const read = (bytes: number) => scheme(bytes).read(stored({ key: Buffer.alloc(bytes) }));
    expect([read(16), read(96)]).not.toContain(null);
    expect(read(97)).toBeNull();
  });

  it('is stored in base64url without padding, whichever alphabet the export has', () => {
    const expected = '$firebase-scrypt$-_8$_--A';
    expect(firebaseHash({ salt: '+/8=', passwordHash: '/++A' })).toBe(expected);
    expect(firebaseHash({ salt: '-_8', passwordHash: '_--A' })).toBe(expected);
  });
});

describe('the parameters of Firebase', () => {
  const remedy = "Copy it from the Firebase console: Authentication, Users, 'Password hash parameters'.";
  const costs = `nest-authkit: importedHashes().firebase.rounds: they and memCost are no whole numbers, or ask for too much. ${remedy}`;

  it.each([
    { rounds: 1.5 },
    { memCost: 0.5, rounds: 1 },
    { rounds: 1000, memCost: 14 },
    { rounds: 0 },
    { memCost: 18 },
  ])('cannot be %p', (parameters) => {
    const make = () => firebaseScheme({ ...cheap, ...parameters });
    expect(make).toThrow(AuthKitConfigError);
    expect(make).toThrow(new Error(costs));
  });

  it('have a signer key of 16 bytes or more, which no error shows', () => {
    const key = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64');
    expect(firebaseScheme({ ...cheap, signerKey: key(16) }).name).toBe('firebase-scrypt');
    for (const signerKey of ['', 'short', key(15)]) {
      expect(() => firebaseScheme({ ...cheap, signerKey })).toThrow(
        new Error(`nest-authkit: importedHashes().firebase.signerKey: it is no base64 of 16 bytes. ${remedy}`),
      );
    }
  });
});
