import { expectProblem, fieldsOf, stateOf, storedHash, withVectors } from '../support/attack.js';
import { DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const FORBIDDEN: Record<string, unknown> = {
  role: 'admin',
  roles: ['admin'],
  isAdmin: true,
  is_superuser: true,
  permissions: ['*'],
  active: true,
  isActive: true,
  emailVerified: true,
  email_verified: true,
  id: '00000000-0000-7000-8000-000000000001',
  createdAt: '2000-01-01T00:00:00Z',
  changedAt: 0,
  sessionEpoch: 7,
  tokenVersion: 7,
  passwordHash: 'x',
  password_hash: 'x',
};

const NOT_ONE_MAILBOX = [
  'a@x.com,b@y.com',
  'a@x.com;b@y.com',
  'a@x.com b@y.com',
  'a@x.com\nb@y.com',
  'a@x.com\r\nBcc: b@y.com',
  'a@x.com%0d%0aBcc: b@y.com',
  '<a@x.com>',
  'a@x.com>',
  'Ada <a@x.com>',
  '"e@attacker.com"@victim.com',
  '"a b"@victim.com',
  'e@attacker.com(comment)@victim.com',
  'a(comment)@x.com',
  'e@attacker.com@victim.com',
  'a@[127.0.0.1]',
  'a@127.0.0.1',
  'a@[IPv6:::1]',
  'a@localhost',
  'a@b',
  'a@x.com.',
  'a@.x.com',
  'a@x..com',
  'a@-x.com',
  '.a@x.com',
  'a.@x.com',
  'a..b@x.com',
  '@x.com',
  'a@',
  '@',
  '',
  ' ',
  'x.com',
  `${'a'.repeat(65)}@x.com`,
  `${'a'.repeat(60)}@${'b.'.repeat(97)}com`,
  'a@x.com/y',
  'a@x.com?y',
  'a@x.com#y',
  'a@x%2ecom',
  'a\u0000@x.com',
  'a@x.com\u0000',
  '\u0430da@x.com',
  'ada\u200b@x.com',
  'ad\u212a@x.com',
];

const SHORT = ['', ' ', 'short', 'elevenchars', '\u{1F600}'.repeat(11), 'e\u0301'.repeat(11)];

describeOn('registration', { databases: DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
    await t.signUp('taken@example.com');
  });
  afterAll(() => t.close());

  it.each(Object.keys(FORBIDDEN))('REG-01 a client cannot choose its %s', async (field) => {
    const before = await stateOf(t);
    const reply = await t.client.post('/auth/register', {
      email: 'mallory@example.com',
      password: PASSWORD,
      [field]: FORBIDDEN[field],
    });
    expectProblem(reply, 422, 'validation_failed');
    expect(fieldsOf(reply)).toEqual([field]);
    expect(reply.body.errors[0].code).toBe('unknown_field');
    expect(await stateOf(t)).toBe(before);
  });

  it('REG-01 what a client may choose gives it the default role and nothing proven', async () => {
    const reply = await t.client.post('/auth/register', {
      email: 'plain@example.com',
      password: PASSWORD,
      fullName: 'Admin',
    });
    expect(reply.status).toBe(201);
    expect(reply.body.user).toMatchObject({ roles: ['user'], emailVerified: false });
    expect(Object.keys(reply.body.user).sort()).toEqual([
      'createdAt',
      'email',
      'emailVerified',
      'fullName',
      'id',
      'roles',
      'username',
    ]);
  });

  it('REG-03 registering a taken address changes nothing of its owner', async () => {
    const before = await storedHash(t, 'taken@example.com');
    const reply = await t.client.post('/auth/register', {
      email: ' TAKEN@Example.com',
      password: 'quite another phrase',
      fullName: 'x',
    });
    expectProblem(reply, 409, 'email_taken');
    expect(await storedHash(t, 'taken@example.com')).toBe(before);
  });

  it('REG-05 of parallel registrations of one address exactly one makes an account', async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        t.client.post('/auth/register', {
          email: 'race@example.com',
          password: `${PASSWORD} ${i}`,
          username: `racer${i}`,
        }),
      ),
    );
    const winners = replies.flatMap(({ status }, i) => (status === 201 ? [i] : []));
    expect(winners).toHaveLength(1);
    for (const reply of replies.filter(({ status }) => status !== 201)) expectProblem(reply, 409, 'email_taken');
    await expect(t.auth.login('race@example.com', `${PASSWORD} ${winners[0]}`)).resolves.toMatchObject({
      user: { email: 'race@example.com' },
    });
    expect(await t.source.getRepository('users').countBy({ email: 'race@example.com' })).toBe(1);
  });

  it('REG-05 of parallel registrations of one username exactly one makes an account', async () => {
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        t.client.post('/auth/register', {
          email: `name${i}@example.com`,
          password: PASSWORD,
          username: i % 2 ? 'OneName' : 'onename',
        }),
      ),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    for (const reply of replies.filter(({ status }) => status !== 201)) expectProblem(reply, 409, 'username_taken');
  });

  it('REG-06 a taken value of a host column is a conflict, not a failure', async () => {
    const body = { password: PASSWORD, employeeNumber: '42' };
    expect((await t.client.post('/auth/register', { ...body, email: 'e1@example.com' })).status).toBe(201);
    const before = await stateOf(t);
    expectProblem(await t.client.post('/auth/register', { ...body, email: 'e2@example.com' }), 409, 'conflict');
    expect(await stateOf(t)).toBe(before);
  });

  it('REG-07 a password under twelve characters makes no account', async () => {
    const before = await stateOf(t);
    for (const password of SHORT) {
      const reply = await t.client.post('/auth/register', { email: 'short@example.com', password });
      expectProblem(reply, 422, 'password_too_short');
      expect(fieldsOf(reply)).toEqual(['password']);
    }
    expect(await stateOf(t)).toBe(before);
  });

  it('REG-08 what is not one mailbox makes no account', async () => {
    const before = await stateOf(t);
    const accepted: string[] = [];
    for (const email of NOT_ONE_MAILBOX) {
      const reply = await t.client.post('/auth/register', { email, password: PASSWORD });
      // A conflict means that it was read as somebody else's address.
      if (reply.status === 201 || reply.status === 409) {
        accepted.push(email);
        continue;
      }
      expectProblem(reply, 422, 'validation_failed');
      expect(fieldsOf(reply)).toEqual(['email']);
    }
    expect(accepted).toEqual([]);
    expect(await stateOf(t)).toBe(before);
  });

  it.each([
    ['an array', ['a@example.com']],
    ['an object', { 0: 'a@example.com' }],
    ['a number', 1],
    ['null', null],
    ['missing', undefined],
  ])('REG-08 an address that is %s is refused by name', async (_name, email) => {
    const reply = await t.client.post('/auth/register', { email, password: PASSWORD });
    expectProblem(reply, 422, 'validation_failed');
    expect(fieldsOf(reply)).toEqual(['email']);
  });
});

describeOn('registration with proof of the address', { databases: DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { registration: { requireVerifiedEmail: true } } });
    await t.auth.register({ email: 'known@example.com', password: PASSWORD }, { emailVerified: true });
  });
  afterAll(() => t.close());

  it('REG-03 a taken address gets the reply of a fresh one', async () => {
    const [fresh, taken] = await Promise.all(
      ['fresh@example.com', 'known@example.com'].map((email) =>
        t.client.post('/auth/register', { email, password: 'a phrase of mallory' }),
      ),
    );
    expect(fresh.status).toBe(202);
    expect(taken.status).toBe(202);
    expect(taken.text).toBe(fresh.text);
    expect(taken.text).toBe('{}');
    expect(Object.keys(taken.headers).sort()).toEqual(Object.keys(fresh.headers).sort());
    await expect(t.auth.login('known@example.com', PASSWORD)).resolves.toBeDefined();
    await expect(t.auth.login('known@example.com', 'a phrase of mallory')).rejects.toMatchObject({
      code: 'invalid_credentials',
    });
  });

  it('REG-03 a taken username is told in the same words whether the address is taken or not', async () => {
    await t.client.post('/auth/register', { email: 'first@example.com', password: PASSWORD, username: 'first' });
    for (const email of ['fresh2@example.com', 'known@example.com']) {
      expectProblem(
        await t.client.post('/auth/register', { email, password: PASSWORD, username: 'FIRST' }),
        409,
        'username_taken',
      );
    }
  });
});

describeOn('closed registration', {}, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { registration: { enabled: false } } });
  });
  afterAll(() => t.close());

  it('REG-09 nobody registers when registration is closed', async () => {
    expectProblem(
      await t.client.post('/auth/register', { email: 'a@example.com', password: PASSWORD }),
      403,
      'registration_disabled',
    );
  });
});

withVectors('isemail/tests.xml', (xml) => {
  const tests = [...xml.matchAll(/<address>(.*?)<\/address>[\s\S]*?<category>(.*?)<\/category>/g)];
  // White space around an address is a slip of the keyboard, and trimmed.
  const addresses = tests.map(([, address, category]) => ({ category, address: unescapeXml(address).trim() }));

  describeOn('registration with the isemail corpus', {}, (place) => {
    let t: TestApp;
    beforeAll(async () => {
      t = await createTestApp(place);
    });
    afterAll(() => t.close());

    it('REG-08 no address with an error in it makes an account, and none breaks the server', async () => {
      const wrong: string[] = [];
      for (const { address, category } of addresses) {
        const reply = await t.client.post('/auth/register', { email: address, password: PASSWORD });
        if (![201, 409].includes(reply.status)) expectProblem(reply, 422);
        else if (address !== 'test@iana.org' && !/VALID|DNSWARN/.test(category)) wrong.push(`${category} ${address}`);
      }
      expect(addresses.length).toBeGreaterThan(150);
      expect(wrong).toEqual([]);
    });
  });
});

withVectors('unicode/ascii_collisions.json', (json) => {
  const { map } = JSON.parse(json) as { map: Record<string, { char: string }> };

  describeOn('registration with characters that fold to ASCII', {}, (place) => {
    let t: TestApp;
    beforeAll(async () => {
      t = await createTestApp(place);
    });
    afterAll(() => t.close());

    it('REG-08 none of them stands in the name of a mailbox', async () => {
      const accepted: string[] = [];
      for (const { char } of Object.values(map)) {
        const reply = await t.client.post('/auth/register', { email: `ad${char}a@example.com`, password: PASSWORD });
        if (reply.status !== 422) accepted.push(`${reply.status} ${char}`);
      }
      expect(accepted).toEqual([]);
    });
  });
});

function unescapeXml(text: string): string {
  return text
    .replace(/&#x([0-9a-f]+);/gi, (_all, hex: string) => {
      const point = parseInt(hex, 16);
      return String.fromCodePoint(point >= 0x2400 && point < 0x2420 ? point - 0x2400 : point);
    })
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, '&');
}
