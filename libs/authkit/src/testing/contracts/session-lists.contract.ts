import { assertHas, assertIs } from './contract.js';
import { HOUR, type SessionFixtures } from './session-fixtures.js';
import { AT } from './user-fixtures.js';

/** What a SessionStore says of many sessions at once, and how it keeps their number down. */
export const sessionListChecks: Record<string, (sessions: SessionFixtures) => Promise<void>> = {
  'lists live sessions of the epoch, the most recently used first': async (sessions) => {
    const userId = await sessions.user();
    const older = await sessions.add(userId, { lastUsedAt: AT - 10 });
    const newer = await sessions.add(userId, { lastUsedAt: AT - 5 });
    await sessions.add(userId, { epoch: 7 });
    await sessions.add(userId, { idleExpiresAt: AT });
    await sessions.add(userId, { absoluteExpiresAt: AT });
    await sessions.store.revoke((await sessions.add(userId)).id, 'logout', AT);
    await sessions.add(await sessions.user());
    assertIs('listLive', await listed(sessions, userId), [newer.id, older.id]);
  },

  'trims to the most recently used, counting only live ones': async (sessions) => {
    const userId = await sessions.user();
    await sessions.add(userId, { idleExpiresAt: AT - 1 });
    const ids: string[] = [];
    for (let n = 0; n < 6; n += 1) ids.push((await sessions.add(userId, { lastUsedAt: AT + n })).id);
    assertIs('trim', await sessions.store.trim(userId, 4, AT), 2);
    assertIs('trim again', await sessions.store.trim(userId, 4, AT), 0);
    assertIs('those left', await listed(sessions, userId), ids.slice(2).reverse());
    assertHas('the oldest', await sessions.get(ids[0]), { revokedAt: AT, revokedReason: 'session_limit' });
  },

  'leaves at most the limit when many sessions are made at once': async (sessions) => {
    const userId = await sessions.user();
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        await sessions.add(userId, { lastUsedAt: AT + n });
        await sessions.store.trim(userId, 5, AT);
      }),
    );
    assertIs('sessions left', (await listed(sessions, userId)).length, 5);
  },

  'lists all that is held of a user’s sessions, the oldest first, and removes it': async (sessions) => {
    const [userId, otherId] = [await sessions.user(), await sessions.user()];
    const younger = await sessions.add(userId, { createdAt: AT + 5 });
    const older = await sessions.add(userId, { epoch: 7, idleExpiresAt: AT - 1 });
    const other = await sessions.add(otherId);
    await sessions.store.revoke(younger.id, 'logout', AT + 9);
    assertIs('listAll', await sessions.store.listAll(userId), [
      await sessions.get(older.id),
      await sessions.get(younger.id),
    ]);
    assertIs('removeAll', await sessions.store.removeAll(userId), 2);
    assertIs('listAll after', await sessions.store.listAll(userId), []);
    assertIs('the other user’s', (await sessions.store.listAll(otherId)).length, 1);
    assertHas('it', await sessions.get(other.id), { userId: otherId });
  },

  'removes sessions some time after their absolute timeout, whoever’s they are': async (sessions) => {
    const userId = await sessions.user();
    const [old, young] = [
      await sessions.add(userId, { absoluteExpiresAt: AT - 10 * HOUR }),
      await sessions.add(userId, { absoluteExpiresAt: AT - 8 * HOUR }),
    ];
    await sessions.add(userId, { absoluteExpiresAt: AT - 11 * HOUR });
    assertIs('at most one', await sessions.store.removeExpired(AT - 9 * HOUR, 1), 1);
    await sessions.store.removeExpired(AT - 9 * HOUR, 1_000);
    assertIs('the one of before', await sessions.store.findWithUser(old.id), null);
    assertHas('the other', await sessions.get(young.id), { userId });
  },

  'counts live sessions by the key of their newest token': async (sessions) => {
    const userId = await sessions.user();
    const later = AT + 2000 * HOUR;
    const far = { idleExpiresAt: later * 2, absoluteExpiresAt: later * 2 };
    const [, rotated, revoked] = [
      await sessions.add(userId, { ...far, keyId: 'count-1' }),
      await sessions.add(userId, { ...far, keyId: 'count-1' }),
      await sessions.add(userId, { ...far, keyId: 'count-1' }),
    ];
    await sessions.add(userId, { keyId: 'count-1' }); // expired by then
    await sessions.store.rotate(rotated.id, 1, later, later * 2, 'count-2');
    await sessions.store.revoke(revoked.id, 'logout', later);
    const counts = (await sessions.store.countLiveByKey(later)).filter(({ keyId }) => keyId.startsWith('count-'));
    assertIs(
      'countLiveByKey',
      counts.sort((a, b) => (a.keyId < b.keyId ? -1 : 1)),
      [
        { keyId: 'count-1', sessions: 1 },
        { keyId: 'count-2', sessions: 1 },
      ],
    );
  },
};

async function listed({ store }: SessionFixtures, userId: string): Promise<string[]> {
  return (await store.listLive(userId, 0, AT)).map(({ id }) => id);
}
