import { jest } from '@jest/globals';
import { bcrypt } from 'nest-authkit';
import { argon2id } from 'nest-authkit/argon2';
import { PasswordService } from '../../libs/authkit/src/passwords/password.service.js';
import { expectProblem, fieldsOf, importHash, stateOf, storedHash, withVectors } from '../support/attack.js';
import { DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const MODERN = /^\$bcrypt-sha256\$v=2,t=2b,r=4\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}$/;
const ARGON2 = /^\$argon2id\$v=19\$m=64,t=2,p=1\$/;

const PASSWORDS: [name: string, password: string, almost: string][] = [
  ['64 bytes', 'a'.repeat(63) + 'b', 'a'.repeat(63) + 'c'],
  ['73 bytes', 'a'.repeat(72) + 'b', 'a'.repeat(72) + 'c'],
  ['128 bytes', 'a'.repeat(127) + 'b', 'a'.repeat(127) + 'c'],
  ['1024 bytes', 'a'.repeat(1023) + 'b', 'a'.repeat(1023) + 'c'],
  ['1024 bytes of emoji', '\u{1F600}'.repeat(256), '\u{1F600}'.repeat(255) + '\u{1F601}'],
  ['spaces around', '  twelve or more  ', 'twelve or more'],
  ['spaces inside', 'twelve  or more', 'twelve or more'],
  ['only spaces', ' '.repeat(12), ' '.repeat(13)],
  ['NUL inside', 'before\0after-it', 'before\0after-iu'],
  ['NUL first', '\0'.repeat(12), '\0'.repeat(13)],
  ['line breaks', 'a\r\nm\nc\tz\u2028e-k-g', 'a\nm\nc\tz\u2028e-k-g'],
  ['letter case', 'Twelve Or More', 'twelve or more'],
  ['compatibility letters', '\ufb01sh and chips', 'fish and chips'],
];

const IMPORTED = 'imported pass phrase';

describeOn('passwords', { databases: DATABASES }, (place) => {
  let t: TestApp;
  let bcryptOf: (password: string, cost?: number) => string;
  beforeAll(async () => {
    t = await createTestApp(place);
    const { default: library } = (await import('bcrypt')) as {
      default: { hashSync(password: string, cost: number): string };
    };
    bcryptOf = (password, cost = 4) => library.hashSync(password, cost);
  });
  afterAll(() => t.close());

  const login = (email: string, password: string) => t.client.post('/auth/login', { identifier: email, password });
  let count = 0;
  async function imported(hash: string): Promise<string> {
    const email = `imported${(count += 1)}@example.com`;
    await t.auth.register({ email, password: PASSWORD });
    await importHash(t, email, hash);
    return email;
  }

  it.each(PASSWORDS)('PWD-01 a password with %s is taken as it is', async (name, password, almost) => {
    const email = `${name.replace(/\W/g, '-').toLowerCase()}@example.com`;
    expect((await t.client.post('/auth/register', { email, password })).status).toBe(201);
    expect((await login(email, password)).status).toBe(200);
    expectProblem(await login(email, almost), 401, 'invalid_credentials');
    expect(await storedHash(t, email)).toMatch(MODERN);
  });

  it('PWD-08 a megabyte of password is refused at the door, on every way in, and nothing is hashed', async () => {
    const { accessToken } = await t.signUp('door@example.com');
    const before = await stateOf(t);
    const hashed = jest.spyOn(t.app.get(PasswordService, { strict: false }), 'hash');
    const verified = jest.spyOn(t.app.get(PasswordService, { strict: false }), 'verify');
    for (const long of ['a'.repeat(1 << 20), 'a'.repeat(10 << 20)]) {
      for (const [path, body] of [
        ['/auth/register', { email: 'x@example.com', password: long }],
        ['/auth/login', { identifier: 'door@example.com', password: long }],
        ['/auth/password/change', { currentPassword: long, newPassword: PASSWORD }],
        ['/auth/password/reset', { token: 'x', newPassword: long }],
        ['/auth/reauthenticate', { password: long }],
      ] as const) {
        // The connection may be closed while the rest is still being sent.
        const reply = await t.client.post(path, body, { token: accessToken }).catch(() => null);
        if (reply) expectProblem(reply, 413, 'body_too_large');
      }
    }
    expect([hashed.mock.calls.length, verified.mock.calls.length]).toEqual([0, 0]);
    expect(await stateOf(t)).toBe(before);
  });

  it('PWD-01 over 1024 bytes is refused before any work, on every way in', async () => {
    const { accessToken } = await t.signUp('long@example.com');
    const before = await stateOf(t);
    for (const long of ['a'.repeat(1025), '\u00e9'.repeat(513), 'a'.repeat(15_000)]) {
      const replies: [string, string, object][] = [
        ['/auth/register', 'password', { email: 'x@example.com', password: long }],
        ['/auth/login', 'password', { identifier: 'long@example.com', password: long }],
        ['/auth/password/change', 'currentPassword', { currentPassword: long, newPassword: PASSWORD }],
        ['/auth/password/change', 'newPassword', { currentPassword: PASSWORD, newPassword: long }],
      ];
      for (const [path, field, body] of replies) {
        const reply = await t.client.post(path, body, { token: accessToken });
        expectProblem(reply, 422, 'password_too_long');
        expect(fieldsOf(reply)).toEqual([field]);
      }
      const form = await t.client.form('/auth/token', {
        grant_type: 'password',
        username: 'long@example.com',
        password: long,
      });
      expect({ status: form.status, error: form.body.error }).toEqual({ status: 400, error: 'invalid_request' });
    }
    expect(await stateOf(t)).toBe(before);
  });

  it('PWD-02 composed and decomposed letters are one password, compatibility twins are not', async () => {
    const composed = '\u00c5ngstr\u00f6m \u1e69 k\u00f6rper';
    await t.client.post('/auth/register', { email: 'nfc@example.com', password: composed.normalize('NFD') });
    expect((await login('nfc@example.com', composed)).status).toBe(200);
    expect((await login('nfc@example.com', composed.normalize('NFD'))).status).toBe(200);
    expectProblem(await login('nfc@example.com', composed.replace('\u00f6', 'o')), 401);
  });

  it('PWD-03 half a surrogate pair is no text, and no password', async () => {
    const reply = await t.client.post(
      '/auth/register',
      '{"email":"h@example.com","password":"twelve or more \\ud800"}',
      {
        headers: { 'content-type': 'application/json' },
      },
    );
    expectProblem(reply, 422);
    expect(fieldsOf(reply)).toEqual(['password']);
  });

  it('PWD-04 a plain bcrypt hash never matches a password longer than the 72 bytes it has read', async () => {
    const email = await imported(bcryptOf('p'.repeat(72)));
    expectProblem(await login(email, 'p'.repeat(73)), 401, 'invalid_credentials');
    expectProblem(await login(email, `${'p'.repeat(72)}\0`), 401, 'invalid_credentials');
    expect(await storedHash(t, email)).toMatch(/^\$2b\$/);
    expect((await login(email, 'p'.repeat(72))).status).toBe(200);
    expect(await storedHash(t, email)).toMatch(MODERN);
    expect((await login(email, 'p'.repeat(72))).status).toBe(200);
    expectProblem(await login(email, 'p'.repeat(73)), 401, 'invalid_credentials');
  });

  it('PWD-04 a plain bcrypt hash never matches a password that goes on behind a NUL', async () => {
    const email = await imported(bcryptOf('imported'));
    expectProblem(await login(email, 'imported\0 and more'), 401, 'invalid_credentials');
  });

  it.each(['$2a$', '$2b$', '$2y$'])('PWD-04 an imported %s hash signs in once and is replaced', async (prefix) => {
    const email = await imported(bcryptOf(IMPORTED).replace('$2b$', prefix));
    expectProblem(await login(email, 'another phrase'), 401, 'invalid_credentials');
    expect(await storedHash(t, email)).toContain(prefix);
    expect((await login(email, IMPORTED)).status).toBe(200);
    expect(await storedHash(t, email)).toMatch(MODERN);
    expect((await login(email, IMPORTED)).status).toBe(200);
  });

  it('PWD-04 an imported hash of decomposed text verifies for who types it so', async () => {
    const typed = 'cre\u0300me bru\u0302le\u0301e';
    const email = await imported(bcryptOf(typed));
    expect((await login(email, typed)).status).toBe(200);
    expect((await login(email, typed.normalize('NFC'))).status).toBe(200);
  });

  it('PWD-04 a hash of another cost is replaced at login, and no session ends for it', async () => {
    const { accessToken, email } = await t.signUp('cost@example.com');
    const other = await createTestApp({ ...place, authkit: { passwords: { hasher: bcrypt({ cost: 5 }) } } });
    await other.auth.register({ email: 'donor@example.com', password: PASSWORD });
    await importHash(t, email, await storedHash(other, 'donor@example.com'));
    await other.close();
    expect(await storedHash(t, email)).toContain(',r=5$');
    expect((await login(email, PASSWORD)).status).toBe(200);
    expect(await storedHash(t, email)).toMatch(MODERN);
    expect((await t.client.get('/auth/me', { token: accessToken })).status).toBe(200);
  });

  it.each([
    ['the broken $2x$', () => bcryptOf(IMPORTED).replace('$2b$', '$2x$')],
    ['an unknown scheme', () => '$md5$0cc175b9c0f1b6a831c399e269772661'],
    ['the password itself', () => IMPORTED],
    ['an empty text', () => ''],
    ['a truncated hash', () => bcryptOf(IMPORTED).slice(0, -1)],
    ['a hash with something behind it', () => `${bcryptOf(IMPORTED)}x`],
    ['an absurd cost', () => bcryptOf(IMPORTED).replace('$04$', '$31$')],
    ['an absurd cost of the modern scheme', () => `$bcrypt-sha256$v=2,t=2b,r=31$${'a'.repeat(22)}$${'a'.repeat(31)}`],
    [
      'argon2id without that hasher',
      () => '$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    ],
  ])('PWD-04 a stored hash that is %s lets nobody in and stays', async (_name, hash) => {
    const value = hash();
    const email = await imported(value);
    expectProblem(await login(email, IMPORTED), 401, 'invalid_credentials');
    expectProblem(await login(email, value === '' ? ' ' : value), 401, 'invalid_credentials');
    expect(await storedHash(t, email)).toBe(value);
  });

  it('PWD-10 a wrong current password changes nothing, and the session survives', async () => {
    const { accessToken, email } = await t.signUp('change@example.com');
    const before = await stateOf(t);
    for (const currentPassword of ['wrong', `${PASSWORD} `, PASSWORD.toUpperCase()]) {
      const body = { currentPassword, newPassword: 'a new and better phrase' };
      expectProblem(
        await t.client.post('/auth/password/change', body, { token: accessToken }),
        401,
        'invalid_credentials',
      );
    }
    expect(await stateOf(t)).toBe(before);
    expect((await t.client.get('/auth/me', { token: accessToken })).status).toBe(200);
    expect((await login(email, PASSWORD)).status).toBe(200);
  });

  it('PWD-11 a changed password ends the other sessions at once, access and refresh, and keeps this one', async () => {
    const here = await t.signUp('many@example.com');
    const there = await t.auth.login('many@example.com', PASSWORD);
    expect((await t.client.get('/auth/me', { token: there.accessToken })).status).toBe(200);
    const body = { currentPassword: PASSWORD, newPassword: 'a new and better phrase' };
    expect((await t.client.post('/auth/password/change', body, { token: here.accessToken })).status).toBe(204);
    expectProblem(await t.client.get('/auth/me', { token: there.accessToken }), 401, 'token_revoked');
    expectProblem(await t.client.post('/auth/refresh', { refreshToken: there.refreshToken }), 401, 'token_revoked');
    expect((await t.client.get('/auth/me', { token: here.accessToken })).status).toBe(200);
    expect((await t.client.post('/auth/refresh', { refreshToken: here.refreshToken })).status).toBe(200);
    expectProblem(await login('many@example.com', PASSWORD), 401);
    expect((await login('many@example.com', 'a new and better phrase')).status).toBe(200);
  });

  it('PWD-12 of parallel changes of one password exactly one wins', async () => {
    const { accessToken, email } = await t.signUp('parallel@example.com');
    const phrases = Array.from({ length: 6 }, (_, i) => `parallel phrase number ${i}`);
    const replies = await Promise.all(
      phrases.map((newPassword) =>
        t.client.post('/auth/password/change', { currentPassword: PASSWORD, newPassword }, { token: accessToken }),
      ),
    );
    const won = phrases.filter((_, i) => replies[i].status === 204);
    expect(won).toHaveLength(1);
    for (const reply of replies.filter(({ status }) => status !== 204)) expectProblem(reply, [401, 409]);
    expect((await login(email, won[0])).status).toBe(200);
  });

  it('PWD-13 every way to set a password stores the configured scheme', async () => {
    const { id, accessToken, email } = await t.signUp('paths@example.com');
    const hashes = [await storedHash(t, email)];
    const body = { currentPassword: PASSWORD, newPassword: 'second phrase of mine' };
    await t.client.post('/auth/password/change', body, { token: accessToken });
    hashes.push(await storedHash(t, email));
    await t.auth.setPassword(id, 'third phrase of mine');
    hashes.push(await storedHash(t, email));
    await importHash(t, email, bcryptOf(PASSWORD));
    await login(email, PASSWORD);
    hashes.push(await storedHash(t, email));
    expect(hashes).toEqual(hashes.map(() => expect.stringMatching(MODERN)));
    expect(new Set(hashes).size).toBe(4);
  });
});

describeOn('passwords with argon2id', { databases: DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { passwords: { hasher: argon2id({ memory: 64 }) } } });
  });
  afterAll(() => t.close());

  it('PWD-13 argon2id writes new hashes and replaces bcrypt ones at login', async () => {
    await t.signUp('argon@example.com');
    expect(await storedHash(t, 'argon@example.com')).toMatch(ARGON2);
    await importHash(t, 'argon@example.com', passlib.hash);
    expect((await t.client.post('/auth/login', { identifier: 'argon@example.com', password: 'password' })).status).toBe(
      200,
    );
    expect(await storedHash(t, 'argon@example.com')).toMatch(ARGON2);
    expect((await t.client.post('/auth/login', { identifier: 'argon@example.com', password: 'password' })).status).toBe(
      200,
    );
  });

  it.each([
    ['memory', '$argon2id$v=19$m=999999,t=2,p=1$'],
    ['passes', '$argon2id$v=19$m=64,t=99,p=1$'],
  ])('PWD-04 a planted argon2id hash that asks for too much %s lets nobody in', async (what, prefix) => {
    const email = `planted-${what}@example.com`;
    await t.auth.register({ email, password: PASSWORD });
    await importHash(t, email, `${prefix}c29tZXNhbHQ$${'A'.repeat(43)}`);
    expectProblem(
      await t.client.post('/auth/login', { identifier: email, password: PASSWORD }),
      401,
      'invalid_credentials',
    );
  });
});

/** passlib's documented example of bcrypt-sha256, version 2. */
const passlib = { hash: '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2' };

withVectors('bcrypt/bcrypt_vectors.json', (json) => {
  type Vector = { setting_or_hash?: string; hash?: string; password_hex: string };
  const { openwall, pyca } = JSON.parse(json) as { openwall: Vector[]; pyca: Vector[] };
  // Only passwords that are text, and hashes that are complete.
  const cases = [...openwall, ...pyca]
    .map(({ setting_or_hash, hash = setting_or_hash!, password_hex }) => ({
      hash,
      bytes: Buffer.from(password_hex, 'hex'),
    }))
    .filter(({ hash, bytes }) => hash.length === 60 && Buffer.from(bytes.toString('utf8')).equals(bytes));

  describeOn('passwords with the bcrypt vectors', { databases: ['sqlite'] }, (place) => {
    let t: TestApp;
    beforeAll(async () => {
      t = await createTestApp(place);
      await t.auth.register({ email: 'v@example.com', password: PASSWORD });
    });
    afterAll(() => t.close());

    it.each(cases)('PWD-04 $hash verifies as it should', async ({ hash, bytes }) => {
      await importHash(t, 'v@example.com', hash);
      const reply = await t.client.post('/auth/login', {
        identifier: 'v@example.com',
        password: bytes.toString('utf8'),
      });
      const refused = bytes.length > 72 || bytes.includes(0) || hash.startsWith('$2x$');
      expect(reply.status).toBe(refused ? 401 : 200);
    });
  });
});

withVectors('argon2/argon2_vectors.json', (json) => {
  const vectors = JSON.parse(json) as {
    encoded: string;
    password: string;
    m_kib: number;
  }[];
  const cases = vectors.filter(({ encoded, m_kib }) => encoded && m_kib <= 65_536);

  describeOn('passwords with the argon2 vectors', { adapters: ['express'], databases: ['sqlite'] }, (place) => {
    let t: TestApp;
    beforeAll(async () => {
      t = await createTestApp({ ...place, authkit: { passwords: { hasher: argon2id({ memory: 64 }) } } });
      await t.auth.register({ email: 'v@example.com', password: PASSWORD });
    });
    afterAll(() => t.close());

    it.each(cases)('PWD-04 $encoded verifies', async ({ encoded, password }) => {
      await importHash(t, 'v@example.com', encoded);
      const reply = await t.client.post('/auth/login', { identifier: 'v@example.com', password });
      expect(reply.status).toBe(200);
    });
  });
});
