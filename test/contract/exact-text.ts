import { randomUUID } from 'node:crypto';
import { UserConflictError, type NewUser, type SessionRecord, type SessionStore, type UserStore } from 'nest-authkit';

const AT = 1_800_000_000_000;
const HOUR = 3_600_000;

/** What the kit's own user stores must do besides the contract, under whatever collation their columns have. */
export function exactUsers(makeStore: () => Promise<UserStore>): void {
  let users: UserStore;
  let count = 0;
  beforeAll(async () => {
    users = await makeStore();
  });

  const newUser = (over: Partial<NewUser> = {}): NewUser => {
    count += 1;
    const id = `0190c0de-0000-7000-8000-${String(count).padStart(12, '0')}`;
    return {
      id,
      email: `user${count}@example.com`,
      username: `user${count}`,
      passwordHash: 'hash-0',
      emailVerified: false,
      roles: ['user'],
      fields: { fullName: `User ${count}` },
      at: AT,
      ...over,
    };
  };
  const created = async (over?: Partial<NewUser>) => {
    const user = newUser(over);
    await users.create(user);
    return user;
  };

  it('takes an id, an e-mail, a username and a hash for equal only when every byte is', async () => {
    const { id, email, username } = await created();
    for (const wrong of [id.toUpperCase(), `${id} `]) {
      expect(await users.findById(wrong)).toBeNull();
      expect(await users.updateProfile(wrong, { fullName: 'x' }, AT)).toBeNull();
      expect(await users.setActive(wrong, false, AT, null)).toBe('not_found');
      expect(await users.setRoles(wrong, ['x'], AT, null)).toBe('not_found');
      expect(await users.endSessions!(wrong, AT)).toBe(false);
    }
    expect(await users.findByIdentifier({ email: email.toUpperCase() })).toBeNull();
    expect(await users.findByIdentifier({ username: username!.toUpperCase() })).toBeNull();
    for (const from of ['Hash-0', 'hash-0 ', 'hásh-0']) {
      expect(await users.changePassword(id, { from, to: 'hash-1', endSessions: true, at: AT + 1 })).toBe(false);
    }
    expect(await users.findById(id)).toMatchObject({
      user: { active: true, roles: ['user'], fullName: expect.not.stringMatching(/^x$/) },
      passwordHash: 'hash-0',
      sessionEpoch: 0,
    });
  });

  it('finds a row that is already as wanted', async () => {
    const { id } = await created();
    for (let again = 0; again < 2; again += 1) {
      expect(await users.setEmailVerified(id, true, AT)).toBe(true);
      expect(await users.changePassword(id, { from: 'hash-0', to: 'hash-0', endSessions: false, at: AT })).toBe(true);
      expect(await users.setRoles(id, ['user'], AT, null)).toBe('unchanged');
      expect(await users.updateProfile(id, { fullName: 'Same' }, AT)).not.toBeNull();
    }
  });

  it('does not take one spelling of a role for another', async () => {
    const { id } = await created({ roles: ['Boss'] });
    const { id: other } = await created({ roles: ['boss'] });
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
    const { id } = await created({ roles: ['user'] });
    const changed = await (async () => users.setRoles(id, alike, AT, null))().catch(refusal);
    const kept = changed === null ? ['user'] : ['Writer', 'writer'];
    expect([...(await users.findById(id))!.user.roles].sort()).toEqual(kept);
    const user = newUser({ roles: alike });
    const made = await (async () => users.create(user))().catch(refusal);
    expect((await users.findById(user.id)) === null).toBe(made === null);
    expect(made === null).toBe(changed === null);
  });
}

/** The same of session stores. */
export function exactSessions(makeStores: () => Promise<{ users: UserStore; sessions: SessionStore }>): void {
  let users: UserStore;
  let sessions: SessionStore;
  beforeAll(async () => {
    ({ users, sessions } = await makeStores());
  });

  const newUserId = async () => {
    const id = randomUUID();
    const email = `${id}@example.com`;
    await users.create({
      id,
      email,
      username: null,
      passwordHash: 'h',
      emailVerified: false,
      roles: ['user', 'x'],
      fields: {},
      at: AT,
    });
    return id;
  };
  const newSession = async (userId: string, over: Partial<SessionRecord> = {}): Promise<SessionRecord> => {
    const session: SessionRecord = {
      id: randomUUID(),
      userId,
      epoch: 0,
      generation: 1,
      seed: 'sEed-_'.padEnd(43, 'x'),
      keyId: 'key-1',
      transport: 'bearer',
      amr: ['pwd', 'otp'],
      authenticatedAt: AT,
      createdAt: AT,
      rotatedAt: null,
      lastUsedAt: AT,
      idleExpiresAt: AT + HOUR,
      absoluteExpiresAt: AT + 10 * HOUR,
      revokedAt: null,
      revokedReason: null,
      ip: '2001:db8::1',
      userAgent: 'test',
      ...over,
    };
    await sessions.insert(session);
    return session;
  };
  const find = async (id: string) => (await sessions.findWithUser(id))!.session;

  it('takes an id for equal only when every byte is', async () => {
    const userId = `${randomUUID().slice(0, 35)}f`;
    await users.create({
      id: userId,
      email: `${userId}@example.com`,
      username: null,
      passwordHash: 'h',
      emailVerified: false,
      roles: [],
      fields: {},
      at: AT,
    });
    const { id } = await newSession(userId, { id: `${randomUUID().slice(0, 35)}f` });
    for (const wrong of [id.toUpperCase(), `${id} `]) {
      expect(await sessions.findWithUser(wrong)).toBeNull();
      expect(await sessions.rotate(wrong, 1, AT + 1, AT + HOUR, 'key-2')).toBe(false);
      expect(await sessions.restamp(wrong, 0, 1, AT + 1)).toBe(false);
      expect(await sessions.revoke(wrong, 'logout', AT + 1)).toBe(false);
    }
    for (const wrong of [userId.toUpperCase(), `${userId} `]) {
      expect(await sessions.revoke(id, 'logout', AT + 1, wrong)).toBe(false);
      expect(await sessions.revokeAll(wrong, 'logout', AT + 1)).toBe(0);
      expect(await sessions.trim(wrong, 0, AT + 1)).toBe(0);
      expect(await sessions.listLive(wrong, 0, AT + 1)).toEqual([]);
    }
    expect(await find(id)).toMatchObject({ generation: 1, epoch: 0, revokedAt: null });
  });

  it('counts two keys whose names differ only in case as two', async () => {
    const userId = await newUserId();
    for (const keyId of ['kEy', 'key', 'key']) await newSession(userId, { keyId, absoluteExpiresAt: AT + 90 * HOUR });
    const counts = (await sessions.countLiveByKey(AT)).filter(({ keyId }) => keyId.toLowerCase() === 'key');
    expect(counts.sort((a, b) => a.sessions - b.sessions)).toEqual([
      { keyId: 'kEy', sessions: 1 },
      { keyId: 'key', sessions: 2 },
    ]);
  });

  it('finds a session that is already as wanted', async () => {
    const { id } = await newSession(await newUserId());
    expect(await sessions.restamp(id, 0, 0, AT)).toBe(true);
    expect(await sessions.restamp(id, 0, 0, AT)).toBe(true);
  });

  it('survives inserts, trims and revocations of one user’s sessions that run at once', async () => {
    const userId = await newUserId();
    const at = AT + 1;
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const { id } = await newSession(userId, { lastUsedAt: AT + n });
        if (n % 3 === 0) await sessions.trim(userId, 5, at);
        if (n % 3 === 1) await sessions.revoke(id, 'logout', at, userId);
        if (n % 20 === 2) await sessions.revokeAll(userId, 'logout', at);
      }),
    );
    await sessions.trim(userId, 3, at);
    expect((await sessions.listLive(userId, 0, at)).length).toBeLessThanOrEqual(3);
  });
}
