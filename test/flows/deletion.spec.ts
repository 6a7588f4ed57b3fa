import { authKitEntities, SessionStore, type AuthUser, type GuardedChange, type UserRecord } from 'nest-authkit';
import { TypeOrmModule } from '@nestjs/typeorm';
import { memoryStorage } from 'nest-authkit/testing';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { Erasures } from '../../libs/authkit/src/account/erasures.js';
import { OneTimeTokenStore } from '../../libs/authkit/src/storage/one-time-token.store.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';
import { ALL_DATABASES, DATABASES, prepareDatabase, type TestDatabase } from '../support/databases.js';
import { expectProblem, stateOf } from '../support/attack.js';
import { LegacyUserStore } from '../support/legacy-user.store.js';
import { mailedTo, mailedToken } from '../support/mailed.js';

const ADA = 'ada@example.com';
const DAY = 86_400_000;

const eraseDue = (t: TestApp) => t.app.get(Erasures, { strict: false }).eraseDue();
const erasedEvent = (t: TestApp) => t.events.find(({ type }) => type === 'user.erased');
const remove = (t: TestApp, { accessToken }: SignedUp) => t.client.delete('/auth/me', { token: accessToken });
const me = async (t: TestApp, token: string) => (await t.client.get('/auth/me', { token })).status;

describeOn('the deletion of an account', { databases: ['memory', ...ALL_DATABASES] }, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  beforeEach(async () => {
    t = await createTestApp(place);
    ada = await t.signUp(ADA);
  });
  afterEach(() => t.close());

  it('ends every session at once, and erases everything when the grace period is over', async () => {
    const other = await t.auth.login(ADA, PASSWORD);
    const reply = await remove(t, ada);
    expect([reply.status, reply.body]).toEqual([202, { deletionAt: new Date(t.clock.now() + 7 * DAY).toISOString() }]);
    expect([await me(t, ada.accessToken), await me(t, other.accessToken)]).toEqual([401, 401]);
    expect(await mailedTo(t, ADA)).toHaveLength(1);

    const again = await t.auth.login(ADA, PASSWORD);
    expect(await me(t, again.accessToken)).toBe(200);
    t.clock.advance(7 * DAY - 1);
    expect(await eraseDue(t)).toBe(0);
    t.clock.advance(1);
    expect(await eraseDue(t)).toBe(1);
    expect(await eraseDue(t)).toBe(0);
    expect(await t.auth.findUser(ADA)).toBeNull();
    expect(await me(t, again.accessToken)).toBe(401);
    expect(await mailedTo(t, ADA)).toHaveLength(2);
    expect(erasedEvent(t)).toMatchObject({
      type: 'user.erased',
      subject: ada.id,
      actor: null,
      details: { by: 'user' },
    });
    expect(JSON.stringify(erasedEvent(t))).not.toContain(ADA);
  });

  it('leaves no row of the user but the id, and that for an hour', async () => {
    if (place.database === 'memory') return;
    await t.auth.setRoles(ada.id, ['editor']);
    await t.client.post('/auth/username/change', { username: 'lovelace' }, { token: ada.accessToken });
    await remove(t, ada);
    t.clock.advance(7 * DAY);
    await eraseDue(t);
    await t.mails();
    const rows = JSON.parse(await stateOf(t)) as Record<string, unknown[]>;
    const left = Object.entries(rows).filter(([, held]) => JSON.stringify(held).includes(ada.id));
    expect(left.map(([table]) => table.split('.').at(-1))).toEqual(['auth_account_deletions']);
    expect(JSON.stringify(rows)).not.toMatch(/ada@example|lovelace/);
    t.clock.advance(DAY);
    await eraseDue(t);
    expect(await stateOf(t)).not.toContain(ada.id);
  });

  it('is stopped by the link in its mail, which then is used up', async () => {
    await remove(t, ada);
    const token = await mailedToken(t, ADA, 'cancel-deletion');
    const cancel = () => t.client.post('/auth/me/deletion/cancel', { token });
    t.clock.advance(7 * DAY - 1);
    expect((await cancel()).status).toBe(204);
    expectProblem(await cancel(), 410, 'link_invalid');
    t.clock.advance(DAY);
    expect(await eraseDue(t)).toBe(0);
    expect((await t.auth.findUser(ADA))?.id).toBe(ada.id);
    expect(t.events.some(({ type }) => type === 'user.deletion_cancelled')).toBe(true);
  });

  it('cannot be stopped once it is due', async () => {
    await remove(t, ada);
    const token = await mailedToken(t, ADA, 'cancel-deletion');
    t.clock.advance(7 * DAY);
    expectProblem(await t.client.post('/auth/me/deletion/cancel', { token }), 410, 'link_invalid');
    expect(await eraseDue(t)).toBe(1);
  });

  it('asked for again keeps its date', async () => {
    const first = await remove(t, ada);
    t.clock.advance(DAY);
    const { accessToken } = await t.auth.login(ADA, PASSWORD);
    const second = await t.client.delete('/auth/me', { token: accessToken });
    expect(second.body).toEqual(first.body);
    const token = await mailedToken(t, ADA, 'cancel-deletion');
    expect((await t.client.post('/auth/me/deletion/cancel', { token })).status).toBe(204);
  });

  it('needs a recent authentication', async () => {
    t.clock.advance('16m');
    const { accessToken } = await t.auth.refresh(ada.refreshToken);
    const reply = await t.client.delete('/auth/me', { token: accessToken });
    expect(reply).toMatchObject({ status: 403, body: { code: 'reauthentication_required' } });
    expect(await me(t, accessToken)).toBe(200);
  });

  it('is refused to the last administrator, and at the time it is due too', async () => {
    const [one, two] = [await t.signUp('one@example.com', ['admin']), await t.signUp('two@example.com', ['admin'])];
    expect((await remove(t, one)).status).toBe(202);
    expect((await remove(t, two)).status).toBe(202);
    t.clock.advance(7 * DAY);
    expect(await eraseDue(t)).toBe(1);
    const left = [await t.auth.findUser(one.email), await t.auth.findUser(two.email)].filter((user) => user !== null);
    expect(left).toMatchObject([{ active: true, roles: ['admin'] }]);
    const { accessToken } = await t.auth.login(left[0].email, PASSWORD);
    expectProblem(await t.client.delete('/auth/me', { token: accessToken }), 409, 'last_admin');
    await expect(t.auth.deleteUser(left[0].id)).rejects.toMatchObject({ code: 'last_admin' });
    expect(await me(t, accessToken)).toBe(200);
  });

  it('on the host’s word is done on return, and says so', async () => {
    await t.auth.deleteUser(ada.id);
    expect(await t.auth.findUser(ADA)).toBeNull();
    expect(await me(t, ada.accessToken)).toBe(401);
    await expect(t.auth.deleteUser(ada.id)).rejects.toMatchObject({ code: 'user_not_found' });
    expect(erasedEvent(t)).toMatchObject({ type: 'user.erased', details: { by: 'host' } });
    expect((await t.auth.register({ email: ADA, password: PASSWORD })).id).not.toBe(ada.id);
  });
});

describeOn('the deletion of an account by option', { adapters: ['express'], databases: DATABASES }, (place) => {
  let t: TestApp;
  afterEach(() => t.close());

  it('is done on the spot without a grace period, and clears the cookies', async () => {
    t = await createTestApp({ ...place, authkit: { account: { deletion: { grace: '0s' } } } });
    const { headers } = await t.kit.actingAs(await t.signUp(ADA), { transport: 'cookie' });
    const reply = await t.client.delete('/auth/me', { headers });
    expect([reply.status, reply.body]).toEqual([202, { deletionAt: new Date(t.clock.now()).toISOString() }]);
    expect(reply.cookies.join()).toMatch(/authkit_at=;/);
    expect(await t.auth.findUser(ADA)).toBeNull();
    expect(await mailedTo(t, ADA)).toHaveLength(1);
  });

  it('is refused where it is switched off, but not to the host', async () => {
    t = await createTestApp({ ...place, authkit: { account: { deletion: { enabled: false } } } });
    const ada = await t.signUp(ADA);
    expectProblem(await remove(t, ada), 403, 'deletion_disabled');
    expect(await me(t, ada.accessToken)).toBe(200);
    await t.auth.deleteUser(ada.id);
    expect(await t.auth.findUser(ADA)).toBeNull();
  });

  it('lets the host remove its data first, and again after that has failed', async () => {
    const seen: AuthUser[] = [];
    let failing = true;
    const onErase = (user: AuthUser) => {
      seen.push(user);
      if (failing) throw new Error('the archive is down');
    };
    t = await createTestApp({ ...place, authkit: { account: { onErase } } });
    const ada = await t.signUp(ADA);
    await remove(t, ada);
    t.clock.advance(7 * DAY);
    expect(await eraseDue(t)).toBe(0);
    expect(await t.auth.findUser(ADA)).toMatchObject({ active: false });
    await expect(t.auth.login(ADA, PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
    failing = false;
    expect(await eraseDue(t)).toBe(0);
    t.clock.advance('10m');
    expect(await eraseDue(t)).toBe(1);
    expect(seen.map(({ id, email }) => [id, email])).toEqual([
      [ada.id, ADA],
      [ada.id, ADA],
    ]);
    expect(await t.auth.findUser(ADA)).toBeNull();
  });

  it('tells the host what its own hook threw, closes the account, and can be asked for again at once', async () => {
    let failing = true;
    const onErase = () => (failing ? Promise.reject(new Error('the archive is down')) : Promise.resolve());
    t = await createTestApp({ ...place, authkit: { account: { onErase } } });
    const ada = await t.signUp(ADA);
    await expect(t.auth.deleteUser(ada.id)).rejects.toThrow('the archive is down');
    expect(await me(t, ada.accessToken)).toBe(401);
    failing = false;
    await t.auth.deleteUser(ada.id);
    expect(await t.auth.findUser(ADA)).toBeNull();
  });
});

describeOn(
  'the deletion of accounts on several nodes',
  { adapters: ['express'], databases: ['postgres', 'mariadb'] },
  (place) => {
    it('erases each once and calls the hook once for it', async () => {
      const erased: string[] = [];
      const account = { onErase: ({ id }: AuthUser) => void erased.push(id) };
      const t = await createTestApp({ ...place, authkit: { account } });
      const beside = await createTestApp({ ...place, authkit: { account }, beside: t });
      const users = await Promise.all(Array.from({ length: 8 }, (_, n) => t.signUp(`user${n}@example.com`)));
      for (const user of users) await remove(t, user);
      t.clock.advance(7 * DAY);
      const counts = await Promise.all([eraseDue(t), eraseDue(beside), eraseDue(t), eraseDue(beside)]);
      expect(counts[0] + counts[1]).toBe(users.length);
      expect(erased.sort()).toEqual(users.map(({ id }) => id).sort());
      await beside.close();
      await t.close();
    });

    it('is noticed by other nodes at the next poll of the change feed, though the session was cached', async () => {
      const t = await createTestApp(place);
      const beside = await createTestApp({ ...place, beside: t });
      const ada = await t.signUp(ADA);
      const probe = () => beside.client.get('/probe/principal', { token: ada.accessToken });
      expect((await probe()).status).toBe(200);
      t.clock.advance('1m');
      await beside.app.get(ChangeFeed, { strict: false }).poll();
      expect((await probe()).status).toBe(200);
      await t.auth.deleteUser(ada.id);
      await beside.app.get(ChangeFeed, { strict: false }).poll();
      expect((await probe()).body.code).toBe('token_revoked');
      await beside.close();
      await t.close();
    });
  },
);

class RemovingStore extends LegacyUserStore {
  static readonly removed: string[] = [];
  override remove(id: string): GuardedChange {
    RemovingStore.removed.push(id);
    return 'changed';
  }
  override findById(id: string): UserRecord | null {
    return RemovingStore.removed.includes(id) ? null : super.findById(id);
  }
}

describeOn('accounts in a store of the host’s own', { databases: ['memory', ...DATABASES] }, (place) => {
  let t: TestApp;
  let prepared: TestDatabase | null = null;
  let id: string;
  let token: string;

  async function start(users: typeof LegacyUserStore): Promise<void> {
    const { database, adapter } = place;
    prepared = database === 'memory' ? null : await prepareDatabase(database, authKitEntities({}));
    const storage = { ...(prepared ? {} : memoryStorage()), users };
    const imports = prepared ? [TypeOrmModule.forRoot(prepared.options)] : [];
    t = await createTestApp({ adapter, authkit: { storage, registration: { enabled: false } }, imports });
    id = t.app.get(users, { strict: false }).add({
      id: '1',
      email: ADA,
      username: null,
      passwordHash: null,
      emailVerified: true,
      roles: ['user'],
      fields: {},
      at: 0,
    });
    ({ accessToken: token } = await t.auth.issueFor(id, { amr: ['pwd'] }));
  }
  afterEach(async () => {
    await t.close();
    await prepared?.drop();
  });

  it('that cannot remove users are not deleted: 501, and nothing has changed', async () => {
    await start(LegacyUserStore);
    expectProblem(await t.client.delete('/auth/me', { token }), 501, 'not_supported');
    expectProblem(await t.client.post('/auth/username/change', { username: 'ada' }, { token }), 501, 'not_supported');
    const change = { newEmail: 'ada@example.org' };
    expectProblem(await t.client.post('/auth/email/change', change, { token }), 501, 'not_supported');
    await expect(t.auth.deleteUser(id)).rejects.toMatchObject({ code: 'not_supported' });
    expect(await me(t, token)).toBe(200);
    const held = await t.client.get('/auth/me/export', { token });
    expect(held.body).toMatchObject({ profile: { id, email: ADA }, sessions: [{ amr: ['pwd'] }] });
  });

  it('that can remove them are erased with all that the kit holds beside', async () => {
    RemovingStore.removed.length = 0;
    await start(RemovingStore);
    expect((await t.client.delete('/auth/me', { token })).status).toBe(202);
    expect(await me(t, token)).toBe(401);
    // The link that stops it goes out before, not after.
    await mailedTo(t, ADA);
    t.clock.advance(7 * DAY);
    expect(await eraseDue(t)).toBe(1);
    expect(RemovingStore.removed).toEqual([id]);
    expect(await mailedTo(t, ADA)).toHaveLength(2);
    expect(await t.app.get(SessionStore, { strict: false }).listAll(id)).toEqual([]);
    expect(await t.app.get(OneTimeTokenStore, { strict: false }).list(id)).toEqual([]);
  });
});
