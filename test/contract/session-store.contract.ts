import { randomUUID } from 'node:crypto';
import type { SessionRecord, SessionStore, UserStore } from 'nest-authkit';

const AT = 1_800_000_000_000;
const HOUR = 3_600_000;

/** What every SessionStore must do, whatever it stores in. */
export function sessionStoreContract(makeStores: () => Promise<{ users: UserStore; sessions: SessionStore }>): void {
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

  it('returns an inserted session with every field, and its user with hash, epoch and roles', async () => {
    const userId = await newUserId();
    const session = await newSession(userId, { rotatedAt: AT + 5, ip: null, userAgent: null, amr: [] });
    const found = await sessions.findWithUser(session.id);
    expect(found!.session).toMatchObject(session);
    expect(found!.known).toMatchObject({ user: { id: userId, active: true }, passwordHash: 'h', sessionEpoch: 0 });
    expect([...found!.known!.user.roles].sort()).toEqual(['user', 'x']);
    expect(await sessions.findWithUser(randomUUID())).toBeNull();
  });

  it('consumes a generation once, and only the current one', async () => {
    const { id } = await newSession(await newUserId());
    expect(await sessions.rotate(id, 2, AT + 1, AT + HOUR + 1, 'key-2')).toBe(false);
    const won = await Promise.all(
      Array.from({ length: 50 }, async () => sessions.rotate(id, 1, AT + 1, AT + HOUR + 1, 'key-2')),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await find(id)).toMatchObject({
      generation: 2,
      rotatedAt: AT + 1,
      lastUsedAt: AT + 1,
      idleExpiresAt: AT + HOUR + 1,
      keyId: 'key-2',
    });
    expect(await sessions.rotate(id, 1, AT + 2, AT + HOUR, 'key-2')).toBe(false);
  });

  it('consumes no generation of a revoked or expired session', async () => {
    const userId = await newUserId();
    const revoked = await newSession(userId);
    await sessions.revoke(revoked.id, 'logout', AT);
    const idle = await newSession(userId, { idleExpiresAt: AT + 1 });
    const old = await newSession(userId, { absoluteExpiresAt: AT + 1 });
    for (const { id } of [revoked, idle, old]) {
      expect(await sessions.rotate(id, 1, AT + 1, AT + HOUR, 'key-2')).toBe(false);
      expect((await find(id)).generation).toBe(1);
    }
  });

  it('revokes once, says why, and with a user id only that user’s', async () => {
    const [userId, otherId] = [await newUserId(), await newUserId()];
    const { id } = await newSession(userId);
    expect(await sessions.revoke(id, 'revoked_by_user', AT + 1, otherId)).toBe(false);
    expect((await find(id)).revokedAt).toBeNull();
    expect(await sessions.revoke(id, 'revoked_by_user', AT + 1, userId)).toBe(true);
    expect(await sessions.revoke(id, 'logout', AT + 2)).toBe(false);
    expect(await find(id)).toMatchObject({ revokedAt: AT + 1, revokedReason: 'revoked_by_user' });
    expect(await sessions.revoke(randomUUID(), 'logout', AT)).toBe(false);
  });

  it('revokes all of a user’s sessions but one, and nobody else’s', async () => {
    const [userId, otherId] = [await newUserId(), await newUserId()];
    const [a, b, c] = [await newSession(userId), await newSession(userId), await newSession(userId)];
    const foreign = await newSession(otherId);
    expect(await sessions.revokeAll(userId, 'revoked_by_user', AT, b.id)).toBe(2);
    expect((await find(b.id)).revokedAt).toBeNull();
    expect(await sessions.revokeAll(userId, 'logout', AT)).toBe(1);
    for (const { id } of [a, b, c]) expect((await find(id)).revokedAt).toBe(AT);
    expect((await find(foreign.id)).revokedAt).toBeNull();
  });

  it('moves a live session to another epoch only from the expected one', async () => {
    const userId = await newUserId();
    const [live, dead] = [await newSession(userId), await newSession(userId)];
    await sessions.revoke(dead.id, 'logout', AT);
    expect(await sessions.restamp(live.id, 3, 4, AT)).toBe(false);
    expect(await sessions.restamp(dead.id, 0, 1, AT)).toBe(false);
    expect(await sessions.restamp(live.id, 0, 1, AT)).toBe(true);
    expect((await find(live.id)).epoch).toBe(1);
  });

  it('lists live sessions of the epoch, the most recently used first', async () => {
    const userId = await newUserId();
    const older = await newSession(userId, { lastUsedAt: AT - 10 });
    const newer = await newSession(userId, { lastUsedAt: AT - 5 });
    await newSession(userId, { epoch: 7 });
    await newSession(userId, { idleExpiresAt: AT });
    await newSession(userId, { absoluteExpiresAt: AT });
    await sessions.revoke((await newSession(userId)).id, 'logout', AT);
    const listed = await sessions.listLive(userId, 0, AT);
    expect(listed.map(({ id }) => id)).toEqual([newer.id, older.id]);
  });

  it('trims to the most recently used, counting only live ones', async () => {
    const userId = await newUserId();
    await newSession(userId, { idleExpiresAt: AT - 1 });
    const ids: string[] = [];
    for (let n = 0; n < 6; n += 1) ids.push((await newSession(userId, { lastUsedAt: AT + n })).id);
    expect(await sessions.trim(userId, 4, AT)).toBe(2);
    expect(await sessions.trim(userId, 4, AT)).toBe(0);
    const listed = await sessions.listLive(userId, 0, AT);
    expect(listed.map(({ id }) => id)).toEqual(ids.slice(2).reverse());
    expect(await find(ids[0])).toMatchObject({ revokedAt: AT, revokedReason: 'session_limit' });
  });

  it('leaves at most the limit when many sessions are made at once', async () => {
    const userId = await newUserId();
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        await newSession(userId, { lastUsedAt: AT + n });
        await sessions.trim(userId, 5, AT);
      }),
    );
    expect((await sessions.listLive(userId, 0, AT)).length).toBe(5);
  });

  it('counts live sessions by the key of their newest token', async () => {
    const userId = await newUserId();
    const later = AT + 2000 * HOUR;
    const far = { idleExpiresAt: later * 2, absoluteExpiresAt: later * 2 };
    const [, rotated, revoked] = [
      await newSession(userId, { ...far, keyId: 'count-1' }),
      await newSession(userId, { ...far, keyId: 'count-1' }),
      await newSession(userId, { ...far, keyId: 'count-1' }),
    ];
    await newSession(userId, { keyId: 'count-1' }); // expired by then
    await sessions.rotate(rotated.id, 1, later, later * 2, 'count-2');
    await sessions.revoke(revoked.id, 'logout', later);
    const counts = (await sessions.countLiveByKey(later)).filter(({ keyId }) => keyId.startsWith('count-'));
    expect(counts.sort((a, b) => (a.keyId < b.keyId ? -1 : 1))).toEqual([
      { keyId: 'count-1', sessions: 1 },
      { keyId: 'count-2', sessions: 1 },
    ]);
  });

  it('reports sessions and users changed since an instant, and neither older nor merely rotated ones', async () => {
    const since = AT + 1000 * HOUR;
    const [userId, quietId] = [await newUserId(), await newUserId()];
    const far = { idleExpiresAt: since * 2, absoluteExpiresAt: since * 2 };
    const [revoked, rotated, before] = [
      await newSession(userId, far),
      await newSession(userId, far),
      await newSession(quietId, far),
    ];
    await sessions.revoke(before.id, 'logout', since - 1);
    await sessions.revoke(revoked.id, 'logout', since);
    await sessions.rotate(rotated.id, 1, since, since * 2, 'key-2');
    await users.setRoles(userId, ['y'], since + 1, null);
    const changes = await sessions.changedSince(since);
    expect(changes).toContainEqual({ kind: 'session', id: revoked.id, at: since });
    expect(changes).toContainEqual({ kind: 'user', id: userId, at: since + 1 });
    const ids = changes.map(({ id }) => id);
    expect(ids).not.toContain(rotated.id);
    expect(ids).not.toContain(before.id);
    expect(ids).not.toContain(quietId);
  });

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
