import { expectProblem, fieldsOf, stateOf, withVectors } from '../support/attack.js';
import { DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const RESERVED = [
  'admin',
  'Admin',
  ' ADMIN ',
  'root',
  'system',
  'support',
  'undefined',
  'null',
  'auth',
  'login',
  'security',
  'acme-team',
];
const INVALID = [
  '',
  ' ',
  'me@example.com',
  'taken@example.com',
  '..',
  '...',
  'a/b',
  'a\\b',
  '../../etc',
  'ab',
  'a'.repeat(33),
  '.abc',
  'abc.',
  'a..b',
  'a.-b',
  '-abc',
  'a b c',
  'a\tbc',
  'abc\u0000',
  'a%00b',
  '<b>x</b>',
  "x';--",
  'x"y',
  '$where',
  '\u0430dmin',
  'adm\u0131n',
  'admin\u200b',
  'ad\u00admin',
  '\u202enimda',
  'ad\uff4din',
  '\u212aelvin',
  'stra\u00dfe',
  'jos\u00e9',
  '\u{1F600}\u{1F600}\u{1F600}',
  'abc\ud800',
];

describeOn('usernames', { databases: DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { registration: { reservedUsernames: ['Acme-Team'] } } });
    await t.auth.register({ email: 'taken@example.com', username: 'taken', password: PASSWORD });
  });
  afterAll(() => t.close());

  it.each(RESERVED)('USER-01 the reserved name "%s" is refused', async (username) => {
    const reply = await t.client.post('/auth/register', { email: 'u@example.com', password: PASSWORD, username });
    expectProblem(reply, 422, 'validation_failed');
    expect(reply.body.errors).toEqual([expect.objectContaining({ field: 'username', code: 'reserved_username' })]);
  });

  it('USER-01 names that look like another name, an address or a path are refused', async () => {
    const before = await stateOf(t);
    const accepted: string[] = [];
    for (const username of INVALID) {
      const reply = await t.client.post('/auth/register', { email: 'u@example.com', password: PASSWORD, username });
      if (reply.status < 400) accepted.push(username);
      else expectProblem(reply, 422, 'validation_failed');
      if (reply.status >= 400) expect(fieldsOf(reply)).toEqual(['username']);
    }
    expect(accepted).toEqual([]);
    expect(await stateOf(t)).toBe(before);
  });

  it.each(['TAKEN', ' Taken ', '\ufefftaken'])(
    'USER-02 "%s" is the taken name in another spelling',
    async (username) => {
      expectProblem(
        await t.client.post('/auth/register', { email: 'u@example.com', password: PASSWORD, username }),
        409,
        'username_taken',
      );
    },
  );

  it('USER-03 a username can neither be changed nor taken over through the profile', async () => {
    const user = await t.signUp('profile@example.com');
    const before = await stateOf(t);
    const reply = await t.client.patch('/auth/me', { username: 'taken' }, { token: user.accessToken });
    expectProblem(reply, 422, 'validation_failed');
    expect(fieldsOf(reply)).toEqual(['username']);
    expect(await stateOf(t)).toBe(before);
  });

  it('USER-04 a login by username signs in its owner whatever the letter case', async () => {
    const reply = await t.client.post('/auth/login', { identifier: ' TaKeN ', password: PASSWORD });
    expect(reply.body.user.email).toBe('taken@example.com');
  });
});

withVectors('unicode/ascii_collisions.json', (json) => {
  const { map } = JSON.parse(json) as { map: Record<string, { char: string }> };

  describeOn('usernames with characters that fold to ASCII', {}, (place) => {
    let t: TestApp;
    beforeAll(async () => {
      t = await createTestApp(place);
    });
    afterAll(() => t.close());

    it('USER-01 none of them is taken for the letter it looks like', async () => {
      const accepted: string[] = [];
      for (const { char } of Object.values(map)) {
        const reply = await t.client.post('/auth/register', {
          email: 'u@example.com',
          password: PASSWORD,
          username: `ad${char}min`,
        });
        if (reply.status !== 422) accepted.push(`${reply.status} ${char}`);
      }
      expect(accepted).toEqual([]);
    });
  });
});
