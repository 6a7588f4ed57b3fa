import { Readable } from 'node:stream';
import {
  AuthUserBase,
  bcrypt,
  importedHashes,
  jsonLines,
  UserImporter,
  UserStore,
  type ImportReport,
  type ImportUser,
  type NewUser,
  type UserRecord,
} from 'nest-authkit';
import { argon2id } from 'nest-authkit/argon2';
import { memoryStorage, MemoryUserStore } from 'nest-authkit/testing';
import { Column, Entity } from 'typeorm';
import { expectProblem, stateOf } from '../support/attack.js';
import { DATABASES } from '../support/databases.js';
import { ARGON2, DEVISE_PEPPER, FIREBASE, KEYED, KEYLESS } from '../support/foreign-hashes.js';
import { createTestApp, describeOn, PASSWORD, type TestApp, type TestAppOptions } from '../support/test-app.js';

const PLACES = ['memory', ...DATABASES] as const;
const MODERN = /^\$bcrypt-sha256\$v=2,t=2b,r=4\$/;
const passwords = {
  hasher: [
    bcrypt({ cost: 4 }),
    argon2id({ memory: 64 }),
    importedHashes({ devisePepper: DEVISE_PEPPER, firebase: FIREBASE }),
  ],
};
const BCRYPT = KEYLESS[0];

/** Apps of single tests, closed also when the test fails. */
const running: TestApp[] = [];
const started = async (options: TestAppOptions): Promise<TestApp> => {
  const t = await createTestApp(options);
  running.push(t);
  return t;
};
afterEach(async () => {
  for (const t of running.splice(0)) await t.close();
});

const record = (t: TestApp, id: string) => t.app.get<UserStore>(UserStore).findById(id) as Promise<UserRecord | null>;
const login = (t: TestApp, identifier: string, password: string) =>
  t.client.post('/auth/login', { identifier, password });
const importer = (t: TestApp) => t.app.get(UserImporter);
const emails = (count: number, over: Partial<ImportUser> = {}): ImportUser[] =>
  Array.from({ length: count }, (_, n) => ({ email: `user${n}@example.com`, ...over }));

describeOn('an imported user', { databases: PLACES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { passwords } });
  });
  afterAll(() => t.close());

  let count = 0;
  const imported = async (over: Partial<ImportUser> = {}) => {
    const email = `imported${(count += 1)}@example.com`;
    return t.auth.importUser({ email, passwordHash: BCRYPT.hash, ...over });
  };
  const hashOf = async (id: string) => (await record(t, id))!.passwordHash;

  // One hash for each library that makes them.
  const everyScheme = [...KEYLESS, ...KEYED, ...ARGON2].filter(
    ({ scheme, password }, i, all) => password !== all[i - 1]?.password && scheme !== all[i - 1]?.scheme,
  );

  it.each(everyScheme)(
    'with a hash of $scheme signs in with the old password, once on it and then on a new one',
    async (old) => {
      const { id, email } = await imported({ passwordHash: old.hash });
      expectProblem(await login(t, email, `${old.password}x`), 401, 'invalid_credentials');
      expect(await hashOf(id)).toBe(old.hash);
      const first = await login(t, email, old.password);
      expect(first.status).toBe(200);
      expect(await hashOf(id)).toMatch(old.scheme === 'bcrypt-sha256' ? /^\$bcrypt-sha256\$/ : MODERN);
      expect((await login(t, email, old.password)).status).toBe(200);
      expectProblem(await login(t, email, `${old.password}x`), 401, 'invalid_credentials');
      // The new hash ends no session.
      expect((await t.client.get('/auth/me', { token: first.body.access_token })).status).toBe(200);
    },
  );

  it('gets the same reply to a wrong password as somebody unknown', async () => {
    const seen = async (identifier: string) => {
      const { status, body } = await login(t, identifier, 'not the password');
      const { requestId: _requestId, ...rest } = body as Record<string, unknown>;
      return { status, rest };
    };
    for (const { hash } of everyScheme) {
      const { email } = await imported({ passwordHash: hash });
      expect(await seen(email)).toEqual(await seen('nobody@example.com'));
    }
  });

  it('has what they had: canonical address and name, roles, age, columns', async () => {
    const id = '6F9619FF-8B86-4011-B42D-00C04FC964FF';
    const user = await t.auth.importUser({
      id,
      email: ' Ada@Example.COM ',
      username: 'Ada',
      passwordHash: BCRYPT.hash,
      emailVerified: true,
      roles: ['editor', 'editor'],
      createdAt: '2019-02-03T04:05:06+01:00',
      fields: { fullName: 'Ada Lovelace', employeeNumber: undefined },
    });
    expect(user).toMatchObject({
      id: id.toLowerCase(),
      email: 'ada@example.com',
      username: 'ada',
      emailVerified: true,
      active: true,
      createdAt: new Date('2019-02-03T03:05:06Z'),
      fullName: 'Ada Lovelace',
    });
    expect(user.roles).toEqual(['editor']);
    const { body } = await login(t, 'ADA', BCRYPT.password);
    expect(body.user).toMatchObject({ id: user.id, createdAt: '2019-02-03T03:05:06.000Z', fullName: 'Ada Lovelace' });
  });

  it('without anything but an address gets the defaults, and no login by password', async () => {
    const user = await t.auth.importUser({ email: 'bare@example.com' });
    expect(user).toMatchObject({ emailVerified: false, active: true, roles: ['user'] });
    expect(user.createdAt).toEqual(new Date(t.clock.now()));
    expectProblem(await login(t, 'bare@example.com', ''), 401, 'invalid_credentials');
  });

  it('who was inactive stays so', async () => {
    const { email, id } = await imported({ active: false });
    expectProblem(await login(t, email, BCRYPT.password), 401, 'invalid_credentials');
    await t.auth.setActive(id, true);
    expect((await login(t, email, BCRYPT.password)).status).toBe(200);
  });

  it.each([17, '507f1f77bcf86cd799439011', '00000000-0000-0000-0000-000000000000'])(
    'with the id %p, which is no UUID, gets a new one as old as the account',
    async (id) => {
      const user = await imported({ id, createdAt: new Date('2020-01-01T00:00:00Z') });
      expect(user.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      expect(parseInt(user.id.replaceAll('-', '').slice(0, 12), 16)).toBe(Date.parse('2020-01-01T00:00:00Z'));
    },
  );

  it('may have a reserved username, and needs no password as long as the policy wants', async () => {
    expect(await imported({ username: 'support' })).toMatchObject({ username: 'support' });
  });

  it('is one event, not that of a registration', async () => {
    t.events.length = 0;
    const { id, email } = await imported();
    expect(t.events.map(({ type, subject, details }) => ({ type, subject, details }))).toEqual([
      { type: 'user.imported', subject: id, details: { email } },
    ]);
  });

  it.each<[string, object, string, string]>([
    ['no address', { email: undefined }, 'email', 'invalid_email'],
    ['two addresses', { email: 'a@example.com, b@example.com' }, 'email', 'invalid_email'],
    ['a username that is none', { username: 'a b' }, 'username', 'invalid_username'],
    ['an unknown hash', { passwordHash: '$1$salt$hash' }, 'passwordHash', 'unsupported_password_hash'],
    ['the password itself', { passwordHash: PASSWORD }, 'passwordHash', 'unsupported_password_hash'],
    ['a truncated hash', { passwordHash: BCRYPT.hash.slice(0, 50) }, 'passwordHash', 'unsupported_password_hash'],
    ['the broken $2x$', { passwordHash: `$2x$04$${'a'.repeat(53)}` }, 'passwordHash', 'unsupported_password_hash'],
    [
      'a cost nobody can pay',
      { passwordHash: `$2b$31$${'a'.repeat(53)}` },
      'passwordHash',
      'unsupported_password_hash',
    ],
    [
      'a hash longer than the column',
      { passwordHash: `$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$${'A'.repeat(240)}` },
      'passwordHash',
      'unsupported_password_hash',
    ],
    ['a hash that is a number', { passwordHash: 1 }, 'passwordHash', 'unsupported_password_hash'],
    ['a flag that is a number', { active: 0 }, 'active', 'is_boolean'],
    ['a role with a blank', { roles: ['a b'] }, 'roles', 'invalid_role'],
    ['an instant without a time zone', { createdAt: '2020-01-01 10:00:00' }, 'createdAt', 'is_date'],
    ['an instant that is none', { createdAt: 'yesterday' }, 'createdAt', 'is_date'],
    ['an empty id', { id: '' }, 'id', 'invalid_id'],
    ['a misspelt key', { emailVerifed: true }, 'emailVerifed', 'unknown_field'],
    ['a protected column', { fields: { sessionEpoch: 3 } }, 'fields.sessionEpoch', 'protected_field'],
    ['the password among the columns', { fields: { passwordHash: 'x' } }, 'fields.passwordHash', 'protected_field'],
    ['columns that are a list', { fields: [] }, 'fields', 'is_object'],
  ])('with %s is refused', async (_name, over, field, code) => {
    await expect(t.auth.importUser({ email: 'x@example.com', ...over } as ImportUser)).rejects.toMatchObject({
      code: 'validation_failed',
      problem: { errors: [{ field, code }] },
    });
    expect(await t.auth.findUser('x@example.com')).toBeNull();
  });

  it('is refused where somebody else has the address, name or id', async () => {
    const there = await imported({ username: 'there' });
    const other = { email: 'other@example.com' };
    const refused = (user: ImportUser) => expect(t.auth.importUser(user)).rejects;
    await refused({ email: there.email.toUpperCase() }).toMatchObject({ code: 'email_taken' });
    await refused({ ...other, username: 'THERE' }).toMatchObject({ code: 'username_taken' });
    await refused({ ...other, id: there.id.toUpperCase() }).toMatchObject({ code: 'conflict' });
    expect(await t.auth.findUser(other.email)).toBeNull();
  });
});

describeOn('an import', { adapters: ['express'], databases: PLACES }, (place) => {
  let t: TestApp;
  beforeEach(async () => {
    t = await createTestApp({ ...place, authkit: { passwords } });
  });
  afterEach(() => t.close());

  const found = async (rows: ImportUser[]) =>
    (await Promise.all(rows.map(({ email }) => t.auth.findUser(email)))).filter((user) => user !== null);

  it('brings in all rows, says of what kind, and lets them sign in', async () => {
    const hashes = [...KEYLESS, ...KEYED, ...ARGON2];
    const rows = hashes.map(({ hash }, n): ImportUser => ({ id: n, email: `h${n}@example.com`, passwordHash: hash }));
    const report = await importer(t).run([...rows, { email: 'social@example.com' }], { batch: 7 });
    const schemes = Object.fromEntries(
      hashes.map(({ scheme }) => [scheme, hashes.filter((other) => other.scheme === scheme).length]),
    );
    expect(report).toEqual({
      dryRun: false,
      rows: rows.length + 1,
      imported: rows.length + 1,
      skipped: 0,
      ignored: 0,
      refused: 0,
      newIds: rows.length,
      schemes: { ...schemes, none: 1 },
      problemCounts: {},
      problems: [],
    });
    for (const n of [0, 11, rows.length - 1]) {
      expect((await login(t, rows[n].email, hashes[n].password)).status).toBe(200);
    }
  });

  it('run again skips those that are there and goes on with the others, also where it was broken off', async () => {
    const rows = emails(25, { passwordHash: BCRYPT.hash }).map((row, n) => ({ ...row, username: `name-${n}` }));
    const failing = async function* () {
      yield* rows.slice(0, 12);
      throw new Error('the connection to the old system is gone');
    };
    await expect(importer(t).run(failing(), { batch: 5 })).rejects.toThrow('the old system is gone');
    expect(await found(rows)).toHaveLength(10);
    expect(await importer(t).run(rows, { batch: 5 })).toMatchObject({ imported: 15, skipped: 10, refused: 0 });
    expect(await importer(t).run(rows)).toMatchObject({ imported: 0, skipped: 25, refused: 0, schemes: {} });
    expect(await importer(t).run(rows, { onConflict: 'refuse' })).toMatchObject({
      refused: 25,
      problemCounts: { email_taken: 25 },
    });
  });

  it('leaves whoever is there as they are', async () => {
    const ada = await t.signUp('user3@example.com');
    const report = await importer(t).run(emails(5, { passwordHash: BCRYPT.hash, active: false }));
    expect(report).toMatchObject({ imported: 4, skipped: 1 });
    expect((await login(t, ada.email, ada.password)).status).toBe(200);
    expect((await t.client.get('/auth/me', { token: ada.accessToken })).status).toBe(200);
  });

  it('is one event with the counts, however many users come', async () => {
    t.events.length = 0;
    await importer(t).run([...emails(30), { email: 'no address' }], { batch: 10 });
    await importer(t).run(emails(30), { dryRun: true });
    expect(t.events.map(({ type, details }) => ({ type, details }))).toEqual([
      { type: 'users.imported', details: { imported: 30, skipped: 0, refused: 1 } },
    ]);
  });

  const MIXED: unknown[] = [
    { id: 'a1', email: 'one@example.com', username: 'one', passwordHash: BCRYPT.hash },
    { id: 'a2', email: 'two@example.com', passwordHash: `${BCRYPT.hash}secret-tail` },
    { id: 'a3', email: 'ONE@example.com' },
    { id: 'a4', email: 'four@example.com', username: 'One' },
    { id: 'a5', email: 'there@example.com' },
    { id: 'a6', email: 'six@example.com', username: 'taken' },
    { id: 'a7', email: 'broken', active: 1 },
    'not an object',
    null,
    { id: '6f9619ff-8b86-4011-b42d-00c04fc964ff', email: 'ten@example.com' },
    { id: '6F9619FF-8B86-4011-B42D-00C04FC964FF', email: 'eleven@example.com' },
  ];
  const PROBLEMS: [row: number, id: string | null, field: string, code: string][] = [
    [2, 'a2', 'passwordHash', 'unsupported_password_hash'],
    [3, 'a3', 'email', 'duplicate_in_source'],
    [4, 'a4', 'username', 'duplicate_in_source'],
    [7, 'a7', 'email', 'invalid_email'],
    [7, 'a7', 'active', 'is_boolean'],
    [8, null, '', 'is_object'],
    [9, null, '', 'is_object'],
    [11, '6F9619FF-8B86-4011-B42D-00C04FC964FF', 'id', 'duplicate_in_source'],
    [6, 'a6', 'username', 'username_taken'],
  ];
  const briefly = ({ problems }: ImportReport) => problems.map(({ row, id, field, code }) => [row, id, field, code]);

  it('and its dry run find the same problems, and the dry run writes nothing', async () => {
    await t.auth.register({ email: 'there@example.com', username: 'taken', password: PASSWORD });
    const before = place.database === 'memory' ? '' : await stateOf(t);
    const dry = await importer(t).run(MIXED as ImportUser[], { dryRun: true });
    if (place.database !== 'memory') expect(await stateOf(t)).toBe(before);
    expect(await t.auth.findUser('one@example.com')).toBeNull();
    expect(briefly(dry)).toEqual(PROBLEMS);
    expect(dry).toMatchObject({ dryRun: true, rows: 11, imported: 2, skipped: 1, refused: 8, newIds: 1 });
    expect(JSON.stringify(dry)).not.toMatch(/secret-tail|\$2y\$/);
    const real = await importer(t).run(MIXED as ImportUser[]);
    expect(real).toEqual({ ...dry, dryRun: false });
    expect(await t.auth.findUser('one@example.com')).not.toBeNull();
  });

  it('lists the first problems and counts all', async () => {
    const report = await importer(t).run(emails(50, { username: '-' }), { maxProblems: 3 });
    expect(report.problems.map(({ row }) => row)).toEqual([1, 2, 3]);
    expect(report).toMatchObject({ refused: 50, problemCounts: { invalid_username: 50 } });
  });

  it('maps rows, leaves some out, and takes what the mapping throws as a problem of the row', async () => {
    const rows = [{ uid: 1 }, { uid: 2 }, { uid: 3 }];
    const report = await importer(t).run(rows, {
      map: ({ uid }) => {
        if (uid === 1) return null;
        if (uid === 2) throw new Error('no such plan');
        return { id: uid, email: 'three@example.com' };
      },
    });
    expect(report).toMatchObject({ rows: 3, imported: 1, ignored: 1, refused: 1 });
    expect(report.problems).toEqual([{ row: 2, id: null, field: '', code: 'unmappable', detail: 'no such plan' }]);
  });

  it('reads JSON lines, and numbers problems by line', async () => {
    const text =
      '\uFEFF{"email":"a@example.com"}\n\n{"email":"b@exa\nnull\r\n{"email":"\u00e9@example.com"}\n{"email":"z@example.com"}';
    // Chunks of one byte: characters and lines come in pieces.
    const report = await importer(t).run(
      jsonLines<ImportUser>(Readable.from([...Buffer.from(text)].map((byte) => Buffer.of(byte)))),
    );
    expect(briefly(report)).toEqual([
      [3, null, '', 'unreadable'],
      [4, null, '', 'is_object'],
      [5, null, 'email', 'invalid_email'],
    ]);
    expect(report).toMatchObject({ imported: 2, rows: 5 });
  });

  it('reads its source no faster than it writes, a batch at a time', async () => {
    let pulled = 0;
    const source = function* () {
      for (const row of emails(1000)) {
        pulled += 1;
        yield row;
      }
    };
    const lead: number[] = [];
    const report = await importer(t).run(source(), {
      batch: 50,
      onProgress: ({ rows }) => void lead.push(pulled - rows),
    });
    expect(lead).toEqual(Array(21).fill(0));
    expect(report.imported).toBe(1000);
  });

  it.each([0, 5001, 1.5])('refuses a batch of %p', async (batch) => {
    await expect(importer(t).run([], { batch })).rejects.toThrow(RangeError);
  });
});

describeOn(
  'an import into columns with rules of their own',
  { adapters: ['express'], databases: DATABASES },
  (place) => {
    let t: TestApp;
    beforeAll(async () => {
      t = await createTestApp(place);
    });
    afterAll(() => t.close());

    it('finds by a dry run what the database would refuse, batches apart too', async () => {
      await t.auth.register({ email: 'there@example.com', password: PASSWORD, employeeNumber: 'E-1' });
      const rows: ImportUser[] = emails(9);
      rows[2] = { ...rows[2], fields: { employeeNumber: 'E-1' } };
      rows[3] = { ...rows[3], fields: { employeeNumber: 'E-2', fullName: 'First' } };
      rows[8] = { ...rows[8], fields: { employeeNumber: 'E-2' } };
      rows[5] = { ...rows[5], fields: { fulName: 'typo' } };
      const dry = await importer(t).run(rows, { dryRun: true, batch: 4 });
      expect(dry.problems.map(({ row, field, code }) => [row, field, code])).toEqual([
        [3, 'fields', 'conflict'],
        [6, 'fields.fulName', 'unknown_field'],
        [9, 'employeeNumber', 'duplicate_in_source'],
      ]);
      expect(await importer(t).run(rows, { batch: 4 })).toEqual({ ...dry, dryRun: false });
      expect(await t.auth.findUser('user3@example.com')).toMatchObject({ fullName: 'First' });
    });
  },
);

@Entity('staff')
class Staff extends AuthUserBase {
  @Column({ name: 'badge', type: 'int' })
  badge!: number;
}

describeOn('an import into a column that must be filled', { adapters: ['express'], databases: DATABASES }, (place) => {
  it('leaves out only the rows that the database refuses, and says why without their values', async () => {
    const t = await started({ ...place, authkit: { userEntity: Staff } });
    const rows = emails(40, { passwordHash: BCRYPT.hash }).map((row, n) =>
      n % 13 === 12 ? row : { ...row, fields: { badge: n } },
    );
    const dry = await importer(t).run(rows, { dryRun: true });
    expect(dry.problems.map(({ row, field, code }) => [row, field, code])).toEqual(
      [13, 26, 39].map((row) => [row, 'fields', 'validation_failed']),
    );
    for (const { detail } of dry.problems) {
      expect(detail).toMatch(/badge/);
      expect(detail).not.toMatch(/example\.com|\$2y\$/);
    }
    expect(await importer(t).run(rows)).toEqual({ ...dry, dryRun: false });
    expect(await t.auth.findUser(rows[11].email)).toMatchObject({ badge: 11 });
    await expect(t.auth.importUser(rows[12])).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

/** A host's store from before there were imports: every new user is active, and made now. */
class OldStore extends MemoryUserStore {
  override create({ active: _active, createdAt: _createdAt, ...user }: NewUser) {
    return super.create(user);
  }
}

it('into a store that knows nothing of imports still leaves nobody active who was not', async () => {
  const storage = { ...memoryStorage(), users: OldStore };
  const t = await started({ authkit: { passwords, storage } });
  const rows = emails(3, { passwordHash: BCRYPT.hash }).map((row, n) => ({ ...row, active: n !== 1 }));
  expect(await importer(t).run(rows)).toMatchObject({ imported: 3 });
  const statuses = await Promise.all(rows.map(async ({ email }) => (await login(t, email, BCRYPT.password)).status));
  expect(statuses).toEqual([200, 401, 200]);
});

/** Finders only. */
class Finders extends UserStore {
  override findById = () => null;
  override findByIdentifier = () => null;
}

it.each([true, false])('into a store that cannot create is 501, with dryRun %p', async (dryRun) => {
  const storage = { ...memoryStorage(), users: Finders };
  const t = await started({ authkit: { passwords, storage, registration: { enabled: false } } });
  await expect(importer(t).run(emails(3), { dryRun })).rejects.toMatchObject({ code: 'not_supported' });
});

describeOn('a large import', { adapters: ['express'], databases: ['sqlite'] }, (place) => {
  it('of 50,000 rows never holds more than a batch of them', async () => {
    const t = await started({ ...place, authkit: { passwords } });
    let pulled = 0;
    let widest = 0;
    const source = function* (): Generator<ImportUser> {
      for (let n = 0; n < 50_000; n += 1) {
        pulled += 1;
        yield { id: n, email: `u${n}@example.com`, passwordHash: BCRYPT.hash };
      }
    };
    let before = 0;
    const report = await importer(t).run(source(), {
      onProgress: ({ rows }) => {
        widest = Math.max(widest, pulled - before);
        before = rows;
      },
    });
    expect(report).toMatchObject({ rows: 50_000, imported: 50_000, schemes: { bcrypt: 50_000 } });
    expect(widest).toBe(500);
    expect((await login(t, 'u49999@example.com', BCRYPT.password)).status).toBe(200);
  });
});
