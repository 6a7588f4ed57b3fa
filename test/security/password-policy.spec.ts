import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bcrypt, hibpRangeCheck, PasswordPolicy, type PepperKey } from 'nest-authkit';
import { expectProblem, importHash, stateOf, storedHash, withVectors } from '../support/attack.js';
import type { Reply } from '../support/client.js';
import { DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const MIN_LENGTH = 8;

/** A refusal by the blocklist, which says why and what to do. */
function expectBlocked(reply: Reply, field: string, reason?: string): void {
  expectProblem(reply, 422, 'password_blocklisted');
  expect(reply.body.errors).toEqual([
    { field, code: reason ?? expect.any(String), detail: expect.stringMatching(/use a few words/) },
  ]);
  expect(reply.body.detail).toBe((reply.body.errors as { detail: string }[])[0].detail);
}

describeOn('new passwords', { databases: DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({
      ...place,
      authkit: { appName: 'Corner Shop', passwords: { minLength: MIN_LENGTH, blocklist: ['Road Runner'] } },
    });
  });
  afterAll(() => t.close());

  const ADA = { email: 'ada.lovelace@engine.example', username: 'countess' };

  it.each([
    ['a common password', 'password', 'common_password'],
    ['one with capitals and digits', 'PassWord1234', 'common_password'],
    ['one twice', 'dragondragon', 'common_password'],
    ['one along the keyboard', 'qwertyuiopasd', 'simple_pattern'],
    ['one character all along', 'aaaaaaaaaaaa', 'simple_pattern'],
    ['her address', ADA.email, 'context_word'],
    ['her name in the address, and digits', 'Lovelace1815', 'context_word'],
    ['the name of her provider', 'engine-2024!', 'context_word'],
    ['her username', 'countess', 'context_word'],
    ['her username and punctuation', '!!Countess!!', 'context_word'],
    ['the name of the app', 'CornerShop', 'context_word'],
    ['the name of the app and digits', 'corner shop 99', 'context_word'],
    ['a word the host blocks', 'roadrunner', 'context_word'],
  ])('REG-07 %s makes no account, and says why', async (_what, password, reason) => {
    const before = await stateOf(t);
    expectBlocked(await t.client.post('/auth/register', { ...ADA, password }), 'password', reason);
    expect(await stateOf(t)).toBe(before);
  });

  it('REG-07 words of the account within a longer password are nobody’s business', async () => {
    const password = 'the countess keeps an engine';
    expect((await t.client.post('/auth/register', { ...ADA, password })).status).toBe(201);
  });

  it('PWD-06 a common password is refused at register, change and set, and nothing changes', async () => {
    const { id, accessToken } = await t.signUp('bob@example.com');
    const before = await stateOf(t);
    for (const password of ['password', 'Sunshine', 'trustno1!', 'winniethepooh', '1234567887654321']) {
      expectBlocked(await t.client.post('/auth/register', { email: 'new@example.org', password }), 'password');
      const change = { currentPassword: PASSWORD, newPassword: password };
      expectBlocked(await t.client.post('/auth/password/change', change, { token: accessToken }), 'newPassword');
      await expect(t.auth.setPassword(id, password)).rejects.toMatchObject({ code: 'password_blocklisted' });
    }
    expect(await stateOf(t)).toBe(before);
  });

  it('PWD-06 words of one’s own account are refused at change and set', async () => {
    const { id, accessToken } = await t.signUp('charles.babbage@example.com');
    const change = { currentPassword: PASSWORD, newPassword: 'Babbage-1791' };
    expectBlocked(
      await t.client.post('/auth/password/change', change, { token: accessToken }),
      'newPassword',
      'context_word',
    );
    await expect(t.auth.setPassword(id, 'Babbage-1791')).rejects.toMatchObject({ code: 'password_blocklisted' });
  });

  it('PWD-06 imported hashes are not judged, nor is their renewal at login', async () => {
    const { email } = await t.signUp('imported@example.com');
    const other = await createTestApp({
      ...place,
      authkit: { passwords: { blocklist: false, hasher: bcrypt({ cost: 5 }) } },
    });
    await other.auth.register({ email, password: 'password1234' });
    await importHash(t, email, await storedHash(other, email));
    await other.close();
    expect((await t.client.post('/auth/login', { identifier: email, password: 'password1234' })).status).toBe(200);
    expect(await storedHash(t, email)).toContain(',r=4$');
  });
});

withVectors('passwords/top3000_len8plus.txt', (top) => {
  withVectors('passwords/len15plus.txt', (long) => {
    describeOn('new passwords with the lists of common ones', { adapters: ['express'] }, (place) => {
      it('PWD-06 every entry is refused at register and change', async () => {
        const t = await createTestApp({ ...place, authkit: { passwords: { minLength: MIN_LENGTH } } });
        const { accessToken } = await t.signUp('ada@example.com');
        const passwords = `${top}\n${long}`.split(/\r?\n/).filter((line) => line !== '');
        expect(passwords.length).toBeGreaterThan(3000);
        const passed: string[] = [];
        for (const password of passwords) {
          const change = { currentPassword: PASSWORD, newPassword: password };
          const replies = await Promise.all([
            t.client.post('/auth/register', { email: 'new@example.org', password }),
            t.client.post('/auth/password/change', change, { token: accessToken }),
          ]);
          const refused = replies.every(({ status, body }) => status === 422 && body.code === 'password_blocklisted');
          if (!refused) passed.push(password);
        }
        expect(passed).toEqual([]);
        await t.close();
      }, 120_000);
    });
  });
});

describeOn('new passwords with a breach check', {}, (place) => {
  const BREACHED = 'amber cabinet thunder 7';
  let t: TestApp;
  let service: Server;
  let isUp = true;
  beforeAll(async () => {
    const hash = createHash('sha1').update(BREACHED).digest('hex').toUpperCase();
    service = createServer((request, response) => {
      if (!isUp) return void response.writeHead(500).end();
      const isIts = request.url === `/${hash.slice(0, 5)}`;
      response.end([`${'0'.repeat(35)}:0`, ...(isIts ? [`${hash.slice(5)}:9`] : [])].join('\r\n'));
    });
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
    const { port } = service.address() as AddressInfo;
    const breachCheck = hibpRangeCheck({ url: `http://127.0.0.1:${port}/` });
    t = await createTestApp({ ...place, authkit: { passwords: { breachCheck } } });
  });
  beforeEach(() => (isUp = true));
  afterAll(async () => {
    await t.close();
    service.close();
  });

  it('PWD-06 a breached password is refused at register, change and set', async () => {
    const refusal = (field: string) => [
      { field, code: 'password_breached', detail: expect.stringMatching(/breach of another service/) },
    ];
    const register = await t.client.post('/auth/register', { email: 'new@example.com', password: BREACHED });
    expectProblem(register, 422, 'password_breached');
    expect(register.body.errors).toEqual(refusal('password'));
    const { id, accessToken } = await t.signUp('ada@example.com');
    const change = { currentPassword: PASSWORD, newPassword: BREACHED };
    const changed = await t.client.post('/auth/password/change', change, { token: accessToken });
    expectProblem(changed, 422, 'password_breached');
    expect(changed.body.errors).toEqual(refusal('newPassword'));
    await expect(t.auth.setPassword(id, BREACHED)).rejects.toMatchObject({ code: 'password_breached' });
  });

  it('PWD-06 while the service is down accounts are made all the same, with an event', async () => {
    isUp = false;
    const reply = await t.client.post('/auth/register', { email: 'bob@example.com', password: BREACHED });
    expect(reply.status).toBe(201);
    expect(t.events.map(({ type, details }) => ({ type, details }))).toContainEqual({
      type: 'password.breach_check_failed',
      details: { reason: 'Error: HTTP 500' },
    });
  });
});

describeOn('passwords with a pepper', { databases: DATABASES }, (place) => {
  const OLD: PepperKey = { id: '2025', secret: 'Zk3vQ8rT1yW6uB0nM5cX9dF2gH7jL4pS-old' };
  const NEW: PepperKey = { id: '2026', secret: 'aP9sD4fG7hJ2kL5zX8cV1bN6mQ3wE0rT-new' };
  const WRITTEN = /^\$authkit-pepper\$k=2026\$\$bcrypt-sha256\$v=2,t=2b,r=4\$/;
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { passwords: { pepper: [NEW, OLD] } } });
  });
  afterAll(() => t.close());

  const login = (email: string, password = PASSWORD) => t.client.post('/auth/login', { identifier: email, password });

  /** The hash that an app with this pepper stores. */
  async function hashedWith(pepper: PepperKey | undefined): Promise<string> {
    const other = await createTestApp({ ...place, authkit: { passwords: { pepper } } });
    await other.auth.register({ email: 'donor@example.com', password: PASSWORD });
    const hash = await storedHash(other, 'donor@example.com');
    await other.close();
    return hash!;
  }

  it('PWD-13 every way to set a password stores it with the pepper that writes', async () => {
    const email = 'paths@example.com';
    await t.client.post('/auth/register', { email, password: PASSWORD });
    const hashes = [await storedHash(t, email)];
    const { accessToken, user } = await t.auth.login(email, PASSWORD);
    const change = { currentPassword: PASSWORD, newPassword: 'second phrase of mine' };
    expect((await t.client.post('/auth/password/change', change, { token: accessToken })).status).toBe(204);
    hashes.push(await storedHash(t, email));
    await t.auth.setPassword(user.id, 'third phrase of mine');
    hashes.push(await storedHash(t, email));
    expect((await login(email, 'third phrase of mine')).status).toBe(200);
    expect(hashes).toEqual(hashes.map(() => expect.stringMatching(WRITTEN)));
  });

  it.each([
    ['without a pepper', undefined],
    ['with an older one', OLD],
  ])('PWD-13 a hash %s verifies, and its login puts the one that writes in its place', async (name, pepper) => {
    const { email, accessToken } = await t.signUp(`${name.replaceAll(' ', '-')}@example.com`);
    await importHash(t, email, await hashedWith(pepper));
    expectProblem(await login(email, 'another phrase'), 401, 'invalid_credentials');
    expect(await storedHash(t, email)).not.toMatch(WRITTEN);
    expect((await login(email)).status).toBe(200);
    expect(await storedHash(t, email)).toMatch(WRITTEN);
    expect((await login(email)).status).toBe(200);
    expect((await t.client.get('/auth/me', { token: accessToken })).status).toBe(200);
  });

  it('PWD-13 a hash of a pepper that is gone is 503 whatever the password, tells the host, and stays', async () => {
    const { email } = await t.signUp('gone@example.com');
    const hash = (await hashedWith(OLD)).replace('k=2025', 'k=2024');
    await importHash(t, email, hash);
    for (const password of [PASSWORD, 'another phrase'])
      expectProblem(await login(email, password), 503, 'unavailable');
    expect(await storedHash(t, email)).toBe(hash);
    const told = t.events.filter(({ type }) => type === 'password.pepper_unknown');
    expect(told.map(({ details }) => details)).toEqual([{ keyId: '2024' }, { keyId: '2024' }]);
  });

  it('PWD-13 without the pepper a stored hash does not verify the password', async () => {
    const { email } = await t.signUp('stolen@example.com');
    await importHash(t, email, (await hashedWith(NEW)).replace(/^\$authkit-pepper\$k=\d+\$/, ''));
    expectProblem(await login(email), 401, 'invalid_credentials');
  });
});

describeOn('the password policy', {}, (place) => {
  it('can be asked by the host', async () => {
    const t = await createTestApp(place);
    const policy = t.app.get(PasswordPolicy);
    await expect(policy.assert('ada1234567890', { username: 'ada' })).rejects.toMatchObject({
      code: 'password_blocklisted',
    });
    await t.close();
  });
});
