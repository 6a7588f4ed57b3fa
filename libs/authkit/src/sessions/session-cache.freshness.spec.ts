import { jest } from '@jest/globals';
import { wire } from '../../../../test/support/wiring.js';
import type { SessionRecord, SessionWithUser } from '../storage/session.store.js';
import { SessionCache } from './session-cache.js';

function setUp(check: 'cached' | 'always' = 'cached') {
  const w = wire({ session: { check } });
  const cache = new SessionCache(w.sessions, w.roles, w.clock, w.options);
  const known = w.addUser();
  const readNow = w.sessions.findWithUser.bind(w.sessions);
  const reads = jest.spyOn(w.sessions, 'findWithUser');
  const get = (session: SessionRecord, reread?: boolean) => cache.get(session.id, session.userId, reread);
  const inside = cache as unknown as { snapshots: Map<string, unknown>; ofUser: Map<string, unknown> };
  return { ...w, cache, known, readNow, reads, get, inside };
}

/** Reads that end one by one, when the test says so. */
function holdReads({ readNow, reads }: ReturnType<typeof setUp>) {
  const held: (() => void)[] = [];
  reads.mockImplementation(
    (id) =>
      new Promise<SessionWithUser | null>((resolve) => {
        held.push(() => resolve(readNow(id)));
      }),
  );
  return held;
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a cached session', () => {
  it('is served while young, also before the change feed has ever confirmed it', async () => {
    const s = setUp();
    const session = s.addSession(s.known);
    const snapshot = await s.get(session);
    s.clock.advance(4_999);
    expect(s.cache.isConfirmed).toBe(false);
    expect(s.get(session)).toBe(snapshot);
    s.clock.advance(1);
    await s.get(session);
    expect(s.reads).toHaveBeenCalledTimes(2);
  });

  it('is read again from its expiry on, to the millisecond', async () => {
    const s = setUp();
    const session = s.addSession(s.known, { idleExpiresAt: s.clock.now() + 1_000 });
    const snapshot = await s.get(session);
    s.clock.advance(999);
    expect(s.get(session)).toBe(snapshot);
    s.clock.advance(1);
    s.sessions.insert({ ...session, idleExpiresAt: s.clock.now() + 1_000 });
    expect(await s.get(session)).toMatchObject({ expiresAt: s.clock.now() + 1_000 });
  });

  it('is read again for whoever asks for the row itself', async () => {
    const s = setUp();
    const session = s.addSession(s.known);
    const first = await s.get(session);
    const again = await s.get(session, true);
    expect(again).toMatchObject({ sessionId: session.id, userId: session.userId });
    expect(again).not.toBe(first);
    expect(s.get(session)).toBe(again);
  });

  it('is confirmed as long as the staleness after the last good poll', () => {
    const { cache, clock } = setUp();
    cache.confirm(clock.now());
    clock.advance(4_999);
    expect(cache.isConfirmed).toBe(true);
    clock.advance(1);
    expect(cache.isConfirmed).toBe(false);
  });
});

describe('forgetting', () => {
  it('a user drops each of the sessions, and the index with them', async () => {
    const s = setUp();
    const [one, two, other] = [s.addSession(s.known), s.addSession(s.known), s.addSession(s.addUser())];
    for (const session of [one, two, other]) await s.get(session);
    void s.cache.forgetUser(s.known.user.id);
    void s.cache.forgetUser('nobody');
    expect([...s.inside.snapshots.keys()]).toEqual([other.id]);
    expect([...s.inside.ofUser.keys()]).toEqual([other.userId]);
  });

  it('a session leaves the others of the user, which can still be forgotten', async () => {
    const s = setUp();
    const [one, two] = [s.addSession(s.known), s.addSession(s.known)];
    for (const session of [one, two]) await s.get(session);
    void s.cache.forgetSession(one.id);
    expect([...s.inside.snapshots.keys()]).toEqual([two.id]);
    void s.cache.forgetUser(s.known.user.id);
    expect([s.inside.snapshots.size, s.inside.ofUser.size]).toEqual([0, 0]);
  });

  it.each([
    ['a session', (s: ReturnType<typeof setUp>, session: SessionRecord) => s.cache.forgetSession(session.id)],
    ['a user', (s: ReturnType<typeof setUp>, session: SessionRecord) => s.cache.forgetUser(session.userId)],
  ])('%s makes its own reads under way start again, no other ones', async (_what, forget) => {
    const s = setUp();
    const [mine, other] = [s.addSession(s.known), s.addSession(s.addUser())];
    const held = holdReads(s);
    const [gotMine, gotOther] = [s.get(mine), s.get(other)];
    void forget(s, mine);
    held.splice(0).forEach((release) => release());
    await settled();
    expect(s.reads.mock.calls.map(([id]) => id)).toEqual([mine.id, other.id, mine.id]);
    held.forEach((release) => release());
    expect(await gotMine).toMatchObject({ sessionId: mine.id });
    expect(await gotOther).toMatchObject({ sessionId: other.id });
  });
});

describe('reads under way', () => {
  it('that were overtaken do not end the joining of the one that followed', async () => {
    const s = setUp();
    const session = s.addSession(s.known, { revokedAt: 1 });
    const held = holdReads(s);
    const overtaken = s.get(session);
    void s.cache.forgetSession(session.id);
    const following = s.get(session);
    held.shift()!();
    await settled();
    // The overtaken one reads again, and ends first.
    held.pop()!();
    expect(await overtaken).toBeNull();
    expect(s.get(session)).toBe(following);
    held.pop()!();
    expect(await following).toBeNull();
  });

  it('are joined by later requests, and by none once they are over', async () => {
    const s = setUp();
    const session = s.addSession(s.known, { revokedAt: 1 });
    const first = s.get(session);
    expect(s.get(session)).toBe(first);
    expect(await first).toBeNull();
    expect(s.get(session)).not.toBe(first);
  });

  it('that fail say so as 503, with the cause for the operator', async () => {
    const s = setUp();
    const cause = new Error('connection refused');
    s.reads.mockRejectedValue(cause);
    await expect(s.get(s.addSession(s.known))).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'the session store failed: Error: connection refused',
      cause,
    });
  });
});

it('nothing is kept where every request shall read', async () => {
  const s = setUp('always');
  await s.get(s.addSession(s.known));
  expect([s.inside.snapshots.size, s.inside.ofUser.size]).toEqual([0, 0]);
});
