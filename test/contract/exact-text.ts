import { randomUUID } from 'node:crypto';
import { UserConflictError, type SessionStore, type UserStore } from 'nest-authkit';
import { HOUR, SessionFixtures } from '../../libs/authkit/src/testing/contracts/session-fixtures.js';
import { AT, hashNo, UserFixtures } from '../../libs/authkit/src/testing/contracts/user-fixtures.js';

/** What a new user has. */
const HASH = hashNo(0);

/** What the kit's own user stores must do besides the contract, under whatever collation their columns have. */
export function exactUsers(makeStore: () => Promise<UserStore>): void {
  let made: UserFixtures;
  let users: UserStore;
  beforeAll(async () => {
    users = await makeStore();
    made = new UserFixtures(users, { fields: [{ fullName: 'Ada' }, {}] });
  });

  it('takes an id, an e-mail, a username and a hash for equal only when every byte is', async () => {
    const { id, email, username } = await made.add();
    for (const wrong of [id.toUpperCase(), `${id} `]) {
      expect(await users.findById(wrong)).toBeNull();
      expect(await users.updateProfile(wrong, { fullName: 'x' }, AT)).toBeNull();
      expect(await users.setActive(wrong, false, AT, null)).toBe('not_found');
      expect(await users.setRoles(wrong, ['x'], AT, null)).toBe('not_found');
      expect(await users.endSessions!(wrong, AT)).toBe(false);
      const change = { from: email, passwordHash: HASH, to: 'x@example.com', at: AT };
      expect(await users.changeEmail(wrong, change)).toBe(false);
      expect(await users.changeUsername(wrong, 'somebody', AT)).toBe(false);
      expect(await users.remove(wrong, AT, null)).toBe('not_found');
      expect(await users.isLastAdmin(wrong, 'user')).toBe(false);
    }
    expect(await users.findByIdentifier({ email: email.toUpperCase() })).toBeNull();
    expect(await users.findByIdentifier({ username: username!.toUpperCase() })).toBeNull();
    for (const from of [HASH.toUpperCase(), `${HASH} `, HASH.replace('a', 'á')]) {
      expect(await users.changePassword(id, { from, to: hashNo(1), endSessions: true, at: AT + 1 })).toBe(false);
      expect(await users.changeEmail(id, { from: email, passwordHash: from, to: 'x@example.com', at: AT })).toBe(false);
    }
    for (const from of [email.toUpperCase(), `${email} `]) {
      expect(await users.changeEmail(id, { from, passwordHash: HASH, to: 'x@example.com', at: AT })).toBe(false);
    }
    expect(await users.findById(id)).toMatchObject({
      user: { active: true, roles: ['user'], fullName: expect.not.stringMatching(/^x$/) },
      passwordHash: HASH,
      sessionEpoch: 0,
    });
  });

  it('finds a row that is already as wanted', async () => {
    const { id } = await made.add();
    for (let again = 0; again < 2; again += 1) {
      expect(await users.setEmailVerified(id, true, AT)).toBe(true);
      expect(await users.changePassword(id, { from: HASH, to: HASH, endSessions: false, at: AT })).toBe(true);
      expect(await users.setRoles(id, ['user'], AT, null)).toBe('unchanged');
      expect(await users.updateProfile(id, { fullName: 'Same' }, AT)).not.toBeNull();
    }
  });

  it('does not take one spelling of a role for another', async () => {
    const { id } = await made.add({ roles: ['Boss'] });
    const { id: other } = await made.add({ roles: ['boss'] });
    expect(await users.setActive(other, false, AT, 'boss')).toBe('last_admin');
    expect(await users.setRoles(other, ['BOSS'], AT, 'boss')).toBe('last_admin');
    expect(await users.setRoles(id, ['boss'], AT, 'boss')).toBe('changed');
    expect((await users.findById(id))!.user.roles).toEqual(['boss']);
    expect(await users.setRoles(other, ['BOSS'], AT, 'boss')).toBe('changed');
  });

  it('keeps both of two roles that differ only in case, or refuses them and changes nothing', async () => {
    const alike = ['writer', 'Writer'];
    const refusal = (error: unknown) => {
      expect(error).toBeInstanceOf(UserConflictError);
      expect((error as UserConflictError).field).toBe('roles');
      return null;
    };
    const { id } = await made.add({ roles: ['user'] });
    const changed = await (async () => users.setRoles(id, alike, AT, null))().catch(refusal);
    const kept = changed === null ? ['user'] : ['Writer', 'writer'];
    expect([...(await users.findById(id))!.user.roles].sort()).toEqual(kept);
    const user = made.newUser({ roles: alike });
    const stored = await (async () => users.create(user))().catch(refusal);
    expect((await users.findById(user.id)) === null).toBe(stored === null);
    expect(stored === null).toBe(changed === null);
  });
}

/** The same of session stores. */
export function exactSessions(makeStores: () => Promise<{ users: UserStore; sessions: SessionStore }>): void {
  let made: SessionFixtures;
  let sessions: SessionStore;
  beforeAll(async () => {
    made = new SessionFixtures(await makeStores());
    sessions = made.store;
  });

  it('takes an id for equal only when every byte is', async () => {
    const userId = `${randomUUID().slice(0, 35)}f`;
    await new UserFixtures(made.users).add({ id: userId, username: null });
    const { id } = await made.add(userId, { id: `${randomUUID().slice(0, 35)}f` });
    for (const wrong of [id.toUpperCase(), `${id} `]) {
      expect(await sessions.findWithUser(wrong)).toBeNull();
      expect(await sessions.rotate(wrong, 1, AT + 1, AT + HOUR, 'key-2')).toBe(false);
      expect(await sessions.restamp(wrong, 0, 1, AT + 1)).toBe(false);
      expect(await sessions.renewAuthentication(wrong, 0, AT + 1)).toBe(false);
      expect(await sessions.revoke(wrong, 'logout', AT + 1)).toBe(false);
    }
    for (const wrong of [userId.toUpperCase(), `${userId} `]) {
      expect(await sessions.revoke(id, 'logout', AT + 1, wrong)).toBe(false);
      expect(await sessions.revokeAll(wrong, 'logout', AT + 1)).toBe(0);
      expect(await sessions.trim(wrong, 0, AT + 1)).toBe(0);
      expect(await sessions.listLive(wrong, 0, AT + 1)).toEqual([]);
      expect(await sessions.listAll(wrong)).toEqual([]);
      expect(await sessions.removeAll(wrong)).toBe(0);
    }
    expect(await made.get(id)).toMatchObject({ generation: 1, epoch: 0, authenticatedAt: AT, revokedAt: null });
  });

  it('counts two keys whose names differ only in case as two', async () => {
    const userId = await made.user();
    for (const keyId of ['kEy', 'key', 'key']) await made.add(userId, { keyId, absoluteExpiresAt: AT + 90 * HOUR });
    const counts = (await sessions.countLiveByKey(AT)).filter(({ keyId }) => keyId.toLowerCase() === 'key');
    expect(counts.sort((a, b) => a.sessions - b.sessions)).toEqual([
      { keyId: 'kEy', sessions: 1 },
      { keyId: 'key', sessions: 2 },
    ]);
  });

  it('finds a session that is already as wanted', async () => {
    const { id } = await made.add(await made.user());
    expect(await sessions.restamp(id, 0, 0, AT)).toBe(true);
    expect(await sessions.restamp(id, 0, 0, AT)).toBe(true);
  });

  it('survives inserts, trims and revocations of one user’s sessions that run at once', async () => {
    const userId = await made.user();
    const at = AT + 1;
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const { id } = await made.add(userId, { lastUsedAt: AT + n });
        if (n % 3 === 0) await sessions.trim(userId, 5, at);
        if (n % 3 === 1) await sessions.revoke(id, 'logout', at, userId);
        if (n % 20 === 2) await sessions.revokeAll(userId, 'logout', at);
      }),
    );
    await sessions.trim(userId, 3, at);
    expect((await sessions.listLive(userId, 0, at)).length).toBeLessThanOrEqual(3);
  });
}
