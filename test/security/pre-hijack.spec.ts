import { Injectable } from '@nestjs/common';
import { AccountWiper, assertProven, type AuthKitFeature, type AuthUser, type WipeCause } from 'nest-authkit';
import { Erasures } from '../../libs/authkit/src/account/erasures.js';
import { OneTimeTokens } from '../../libs/authkit/src/account/one-time-tokens.js';
import { Registrations } from '../../libs/authkit/src/account/registrations.js';
import { expectProblem } from '../support/attack.js';
import { ALL_DATABASES, DATABASES } from '../support/databases.js';
import { mailsTo, tokenFor } from '../support/mails.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const EVIL = 'what mallory knows 666';
const NEW = 'a wholly other phrase 7';

/** A feature that keeps something for each account. */
@Injectable()
class KeysWiper extends AccountWiper {
  static readonly wiped: [string, WipeCause][] = [];
  override wipe({ id }: AuthUser, cause: WipeCause): void {
    KeysWiper.wiped.push([id, cause]);
  }
}
const keys: AuthKitFeature = { name: 'keys', accountWiper: KeysWiper };

const register = (t: TestApp, email: string, password: string, over: object = {}) => {
  // Mails of one millisecond have no order.
  t.clock.advance(1);
  return t.client.post('/auth/register', { email, password, ...over });
};
const verify = (t: TestApp, token: string) => t.client.post('/auth/email/verify', { token });
const login = async (t: TestApp, identifier: string, password: string) =>
  (await t.client.post('/auth/login', { identifier, password })).status;
const idOf = async (t: TestApp, email: string) => (await t.auth.findUser(email))!.id;

async function disown(t: TestApp, email: string): Promise<void> {
  const token = await tokenFor(t, email, 'not-me');
  const record = await t.app.get(OneTimeTokens, { strict: false }).getLive(token, 'disown_registration');
  await t.app.get(Registrations, { strict: false }).disown(record);
}

describeOn('an address registered by somebody else', { databases: ['memory', ...DATABASES] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { features: [keys], registration: { requireVerifiedEmail: true } } });
  });
  afterAll(() => t.close());
  beforeEach(() => {
    KeysWiper.wiped.length = 0;
  });

  it('PRE the later registration counts: its link proves the address, the older does nothing, nor does its password', async () => {
    const email = 'victim@example.com';
    await register(t, email, EVIL, { fullName: 'Mallory' });
    const older = await tokenFor(t, email, 'verify');
    const replies = [await register(t, email, PASSWORD, { fullName: 'Vic' })];
    const newer = await tokenFor(t, email, 'verify');
    replies.push(await register(t, 'fresh@example.com', PASSWORD));
    expect(replies.map(({ status, text }) => [status, text])).toEqual([
      [202, '{}'],
      [202, '{}'],
    ]);
    expectProblem(await verify(t, older), 410, 'link_invalid');
    expect((await verify(t, newer)).status).toBe(204);
    expect([await login(t, email, EVIL), await login(t, email, PASSWORD)]).toEqual([401, 200]);
    expect(await t.auth.findUser(email)).toMatchObject({ fullName: 'Vic' });
    expect(t.events).toContainEqual(
      expect.objectContaining({ type: 'registration.repeated', details: { replaced: true } }),
    );
    // Mallory's devices go too.
    expect(KeysWiper.wiped).toEqual([[await idOf(t, email), 'registration_disowned']]);
  });

  it('PRE an account that the host has made is nobody’s to register: invitation, roles, password and data stay', async () => {
    const invited = 'invited@example.com';
    await t.auth.register(
      { email: invited, password: null, fullName: 'Ivy' },
      { roles: ['editor'], sendPasswordLink: true },
    );
    const made = 'made@example.com';
    await t.auth.register({ email: made, password: PASSWORD, fullName: 'May' });
    for (const email of [invited, made]) {
      // A link asked for by anybody makes no registration of it.
      await t.client.post('/auth/email/verify/resend', { email });
      expect((await register(t, email, EVIL, { fullName: 'Mallory' })).status).toBe(202);
      expect(await t.auth.findUser(email)).not.toMatchObject({ fullName: 'Mallory' });
    }
    const invitation = await tokenFor(t, invited, 'reset');
    expect((await t.client.post('/auth/password/reset', { token: invitation, newPassword: NEW })).status).toBe(204);
    expect([await login(t, invited, EVIL), await login(t, invited, NEW)]).toEqual([401, 200]);
    expect((await verify(t, await tokenFor(t, made, 'verify'))).status).toBe(204);
    expect([await login(t, made, EVIL), await login(t, made, PASSWORD)]).toEqual([401, 200]);
  });

  it('PRE registering again after the proof changes nothing and is told to the owner', async () => {
    const email = 'owner@example.com';
    await register(t, email, PASSWORD, { fullName: 'Owner' });
    const token = await tokenFor(t, email, 'verify');
    await verify(t, token);
    expect((await register(t, email, EVIL, { fullName: 'Mallory' })).status).toBe(202);
    await register(t, email, EVIL);
    const templates = async () => (await mailsTo(t, email)).map(({ template }) => template);
    expect(await templates()).toEqual(['verify_email', 'already_registered']);
    t.clock.advance(3_600_000);
    await register(t, email, EVIL);
    expect(await templates()).toEqual(['verify_email', 'already_registered', 'already_registered']);
    expect([await login(t, email, EVIL), await login(t, email, PASSWORD)]).toEqual([401, 200]);
    expect(await t.auth.findUser(email)).toMatchObject({ fullName: 'Owner' });
    expect((await verify(t, token)).status).toBe(204);
  });

  it('PRE a link does not prove an address for whoever has changed the password since', async () => {
    const email = 'changed@example.com';
    await register(t, email, PASSWORD);
    const token = await tokenFor(t, email, 'verify');
    await t.auth.setPassword(await idOf(t, email), EVIL);
    expectProblem(await verify(t, token), 410, 'link_invalid');
    expect((await t.auth.findUser(email))?.emailVerified).toBe(false);
  });

  it('PRE a proof by a reset takes away all that was there before', async () => {
    const email = 'reset@example.com';
    await register(t, email, EVIL);
    const id = await idOf(t, email);
    const older = [await tokenFor(t, email, 'verify'), await tokenFor(t, email, 'not-me')];
    await t.client.post('/auth/password/forgot', { email });
    const body = { token: await tokenFor(t, email, 'reset'), newPassword: NEW };
    expect((await t.client.post('/auth/password/reset', body)).status).toBe(204);
    expect([await login(t, email, EVIL), await login(t, email, NEW)]).toEqual([401, 200]);
    expect(KeysWiper.wiped).toEqual([[id, 'first_proof']]);
    expectProblem(await verify(t, older[0]), 410, 'link_invalid');
    const tokens = t.app.get(OneTimeTokens, { strict: false });
    await expect(tokens.getLive(older[1], 'disown_registration')).rejects.toMatchObject({ code: 'link_invalid' });
  });

  it('PRE a proof on the host’s word takes away all that was there before, unless it is of this very registration', async () => {
    const [email, mine] = ['told@example.com', 'mine@example.com'];
    for (const address of [email, mine]) await register(t, address, EVIL);
    const [id, myId] = [await idOf(t, email), await idOf(t, mine)];
    const older = [await tokenFor(t, email, 'verify'), await tokenFor(t, email, 'not-me')];
    await t.client.post('/auth/password/forgot', { email });
    const forgotten = await tokenFor(t, email, 'reset');
    await t.auth.setEmailVerified(id, true);
    await t.auth.setEmailVerified(myId, true, { keepPassword: true });
    expect([await login(t, email, EVIL), await login(t, mine, EVIL)]).toEqual([401, 200]);
    expect(KeysWiper.wiped).toEqual([[id, 'first_proof']]);
    const tokens = t.app.get(OneTimeTokens, { strict: false });
    for (const token of [...older, forgotten])
      await expect(tokens.getLive(token, 'verify_email', 'disown_registration', 'reset_password')).rejects.toThrow();
    expect(t.events.filter(({ type }) => type === 'email.verified').slice(-2)).toMatchObject([
      { subject: id, details: { email, by: 'host' } },
      { subject: myId, details: { email: mine, by: 'host' } },
    ]);
    expect(t.events).toContainEqual(
      expect.objectContaining({
        type: 'session.revoked',
        subject: id,
        details: { reason: 'email_proven', scope: 'all' },
      }),
    );
    // The first proof only: what the owner has added since stays.
    await t.auth.setPassword(id, NEW);
    await t.auth.setEmailVerified(id, true);
    expect(await login(t, email, NEW)).toBe(200);
  });

  it('PRE the host’s word and the link of the registration exclude each other, whichever comes first', async () => {
    for (let round = 0; round < 3; round += 1) {
      const email = `both${round}@example.com`;
      await register(t, email, EVIL);
      const [id, token] = [await idOf(t, email), await tokenFor(t, email, 'verify')];
      const [word, proof] = await Promise.allSettled([t.auth.setEmailVerified(id, true), verify(t, token)]);
      const byLink = proof.status === 'fulfilled' && proof.value.status === 204;
      if (word.status === 'rejected') expect(word.reason).toMatchObject({ code: 'password_changed_meanwhile' });
      expect(await login(t, email, EVIL)).toBe(byLink ? 200 : 401);
      expect((await t.auth.findUser(email))?.emailVerified).toBe(true);
    }
  });

  it('PRE a later reset takes away only what spares a device a check', async () => {
    const { id, email } = await t.auth.register(
      { email: 'proven@example.com', password: PASSWORD },
      { emailVerified: true },
    );
    await t.client.post('/auth/password/forgot', { email });
    const body = { token: await tokenFor(t, email, 'reset'), newPassword: NEW };
    expect((await t.client.post('/auth/password/reset', body)).status).toBe(204);
    expect(KeysWiper.wiped).toEqual([[id, 'password_reset']]);
  });

  it('PRE "this was not me" ends password, links and sessions of an account not proven, and may be registered anew', async () => {
    const email = 'disowned@example.com';
    await register(t, email, EVIL);
    const id = await idOf(t, email);
    const link = await tokenFor(t, email, 'verify');
    await disown(t, email);
    expect(await login(t, email, EVIL)).toBe(401);
    expectProblem(await verify(t, link), 410, 'link_invalid');
    expect(KeysWiper.wiped).toEqual([[id, 'registration_disowned']]);
    expect(t.events).toContainEqual(
      expect.objectContaining({ type: 'registration.disowned', subject: id, details: { email } }),
    );
    await expect(disown(t, email)).rejects.toMatchObject({ code: 'link_invalid' });
    await register(t, email, PASSWORD);
    expect((await verify(t, await tokenFor(t, email, 'verify'))).status).toBe(204);
    expect(await login(t, email, PASSWORD)).toBe(200);
  });

  it('PRE "this was not me" does nothing once the address is proven', async () => {
    const email = 'kept@example.com';
    await register(t, email, PASSWORD);
    const record = await t.app
      .get(OneTimeTokens, { strict: false })
      .getLive(await tokenFor(t, email, 'not-me'), 'disown_registration');
    await verify(t, await tokenFor(t, email, 'verify'));
    const late = t.app.get(Registrations, { strict: false }).disown(record);
    await expect(late).rejects.toMatchObject({ code: 'link_invalid' });
    expect(await login(t, email, PASSWORD)).toBe(200);
  });

  it('PRE an inactive account is neither replaced nor told of', async () => {
    const email = 'off@example.com';
    await register(t, email, PASSWORD);
    await t.auth.setActive(await idOf(t, email), false);
    expect((await register(t, email, EVIL)).status).toBe(202);
    expect(await mailsTo(t, email)).toHaveLength(1);
    await t.auth.setActive(await idOf(t, email), true);
    expect((await verify(t, await tokenFor(t, email, 'verify'))).status).toBe(204);
    expect(await login(t, email, PASSWORD)).toBe(200);
  });

  it('PRE a value that is taken is told in the same words whether the address is taken or not', async () => {
    await register(t, 'staff@example.com', PASSWORD, { employeeNumber: '7' });
    await register(t, 'pending@example.com', EVIL);
    const mails = (await mailsTo(t, 'pending@example.com')).length;
    for (const email of ['nobody@example.com', 'pending@example.com']) {
      const reply = await register(t, email, PASSWORD, { employeeNumber: '7' });
      if (place.database !== 'memory') expectProblem(reply, 409, 'conflict');
    }
    if (place.database !== 'memory') expect(await mailsTo(t, 'pending@example.com')).toHaveLength(mails);
  });

  it('PRE nothing may be added to an account before its address is proven', async () => {
    const user = await t.auth.register({ email: 'guarded@example.com', password: PASSWORD });
    expect(() => assertProven(user)).toThrow(expect.objectContaining({ code: 'email_not_verified' }));
    expect(() => assertProven({ ...user, emailVerified: true })).not.toThrow();
  });
});

describeOn('an address registered by somebody who uses the account', { databases: DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());

  it('PRE is taken: a second registration changes nothing', async () => {
    await register(t, 'used@example.com', PASSWORD);
    const link = await tokenFor(t, 'used@example.com', 'verify');
    expectProblem(await register(t, 'used@example.com', EVIL), 409, 'email_taken');
    expect(await mailsTo(t, 'used@example.com')).toHaveLength(1);
    expect(await login(t, 'used@example.com', PASSWORD)).toBe(200);
    expect((await verify(t, link)).status).toBe(204);
  });

  it('PRE is taken back by "this was not me", whatever the password is by then', async () => {
    const email = 'squatted@example.com';
    await register(t, email, EVIL);
    const { accessToken: token, refreshToken } = await t.auth.login(email, EVIL);
    const body = { currentPassword: EVIL, newPassword: NEW };
    expect((await t.client.post('/auth/password/change', body, { token })).status).toBe(204);
    await disown(t, email);
    expectProblem(await t.client.get('/auth/me', { token }), 401, 'token_revoked');
    expectProblem(await t.client.post('/auth/refresh', { refreshToken }), 401);
    expect([await login(t, email, EVIL), await login(t, email, NEW)]).toEqual([401, 401]);
    await t.client.post('/auth/password/forgot', { email });
    const reset = { token: await tokenFor(t, email, 'reset'), newPassword: PASSWORD };
    expect((await t.client.post('/auth/password/reset', reset)).status).toBe(204);
    expect(await login(t, email, PASSWORD)).toBe(200);
  });
});

describeOn('registrations of one address at the same time', { databases: ALL_DATABASES }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { registration: { requireVerifiedEmail: true } } });
  });
  afterAll(() => t.close());

  it('REG-05 make one account, whose password is that of the one live link', async () => {
    const email = 'crowd@example.com';
    const passwords = Array.from({ length: 50 }, (_, n) => `the phrase of client ${n}`);
    const replies = await Promise.all(passwords.map((password) => register(t, email, password)));
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['202 {}']));
    expect(t.events.filter(({ type }) => type === 'user.registered')).toHaveLength(1);
    const tokens = (await mailsTo(t, email)).flatMap(({ tokens: { verify: token } }) => token ?? []);
    const worked: string[] = [];
    for (const token of tokens) if ((await verify(t, token)).status === 204) worked.push(token);
    expect(worked).toHaveLength(1);
    const statuses = await Promise.all(passwords.map((password) => login(t, email, password)));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  it('PRE the proof and another registration exclude each other, whichever comes first', async () => {
    for (let round = 0; round < 10; round += 1) {
      const email = `round${round}@example.com`;
      await register(t, email, PASSWORD);
      const token = await tokenFor(t, email, 'verify');
      const [proof] = await Promise.all([verify(t, token), register(t, email, EVIL)]);
      // Either the owner's password is proven, or nothing is.
      const proven = (await t.auth.findUser(email))!.emailVerified;
      expect(proof.status).toBe(proven ? 204 : 410);
      expect(await login(t, email, EVIL)).not.toBe(200);
      expect(await login(t, email, PASSWORD)).toBe(proven ? 200 : 401);
    }
  });
});

describeOn('a deletion asked for before the proof', { databases: ['memory', ...DATABASES] }, (place) => {
  it('PRE is taken back when the owner of the address proves it, and stays when the user was proven', async () => {
    const t = await createTestApp(place);
    const erased = async (email: string) => (await t.auth.findUser(email)) === null;
    for (const [email, isProven] of [
      ['victim@example.com', false],
      ['leaver@example.com', true],
    ] as const) {
      const user = await t.kit.user({ email, password: EVIL, emailVerified: isProven });
      const { headers } = await t.kit.actingAs(user, { transport: 'bearer' });
      expect((await t.client.delete('/auth/me', { headers: { ...headers } })).status).toBe(202);
      await t.client.post('/auth/password/forgot', { email });
      const token = await tokenFor(t, email, 'reset');
      expect((await t.client.post('/auth/password/reset', { token, newPassword: NEW })).status).toBe(204);
    }
    t.clock.advance('8d');
    await t.app.get(Erasures, { strict: false }).eraseDue();
    expect([await erased('victim@example.com'), await erased('leaver@example.com')]).toEqual([false, true]);
    await t.close();
  });
});
