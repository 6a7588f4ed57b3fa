import { randomUUID } from 'node:crypto';
import { RolePolicy } from '../access/role-policy.js';
import { resolveOptions } from '../options/resolve-options.js';
import { MemorySessionStore } from '../storage/memory/memory-session.store.js';
import { MemoryUserStore } from '../storage/memory/memory-user.store.js';
import type { SessionRecord, SessionWithUser } from '../storage/session.store.js';
import { FixedClock } from '../testing/fixed-clock.js';
import { SessionCache } from './session-cache.js';

/** A store whose reads end when the test says so, with what they saw when they began. */
class SlowSessionStore extends MemorySessionStore {
  reads = 0;
  failing = false;
  private gate: Promise<void> | null = null;
  open: () => void = () => undefined;

  holdReads(): void {
    this.gate = new Promise((resolve) => (this.open = resolve));
  }

  override async findWithUser(id: string): Promise<SessionWithUser | null> {
    this.reads += 1;
    if (this.failing) throw new Error('connection refused');
    const seen = await super.findWithUser(id);
    await this.gate;
    return seen;
  }
}

function setUp(check: 'cached' | 'always' = 'cached') {
  const clock = new FixedClock(1_800_000_000_000);
  const users = new MemoryUserStore();
  const store = new SlowSessionStore(users);
  const options = resolveOptions({ session: { check } }, {});
  const cache = new SessionCache(store, new RolePolicy(options), clock, options);
  const userId = randomUUID();
  const at = clock.now();
  users.create({
    id: userId,
    email: 'a@b.example',
    username: null,
    passwordHash: null,
    emailVerified: true,
    roles: ['user'],
    fields: {},
    at,
  });
  const sessionId = randomUUID();
  const session: SessionRecord = {
    id: sessionId,
    userId,
    epoch: 0,
    generation: 1,
    seed: 's',
    keyId: 'k',
    transport: 'bearer',
    amr: ['pwd'],
    authenticatedAt: at,
    createdAt: at,
    rotatedAt: null,
    lastUsedAt: at,
    idleExpiresAt: at + 3_600_000,
    absoluteExpiresAt: at + 7_200_000,
    revokedAt: null,
    revokedReason: null,
    ip: null,
    userAgent: null,
  };
  store.insert(session);
  cache.confirm(at);
  return { clock, users, store, cache, userId, sessionId, get: () => cache.get(sessionId, userId) };
}

describe('the session cache', () => {
  it('reads a session once, for many requests at a time too', async () => {
    const { store, get } = setUp();
    const [one, two] = await Promise.all([get(), get()]);
    expect(one).toBe(two);
    expect(get()).toBe(one);
    expect(store.reads).toBe(1);
  });

  it.each([
    [
      'revocation',
      (s: ReturnType<typeof setUp>) => (
        s.store.revoke(s.sessionId, 'logout', s.clock.now()),
        s.cache.forgetSession(s.sessionId)
      ),
    ],
    [
      'deactivation',
      (s: ReturnType<typeof setUp>) => (
        s.users.setActive(s.userId, false, s.clock.now(), null),
        s.cache.forgetUser(s.userId)
      ),
    ],
    [
      'a flush',
      (s: ReturnType<typeof setUp>) => (s.store.revoke(s.sessionId, 'logout', s.clock.now()), s.cache.forgetAll()),
    ],
  ])('neither serves nor keeps a read that %s overtook', async (_what, invalidate) => {
    const s = setUp();
    s.store.holdReads();
    const overtaken = s.get();
    await Promise.resolve();
    void invalidate(s);
    const later = s.get();
    expect(later).not.toBe(overtaken);
    s.store.open();
    expect(await overtaken).toBeNull();
    expect(await later).toBeNull();
    expect(await s.get()).toBeNull();
  });

  it('answers 503 when invalidations keep overtaking its reads', async () => {
    const { cache, store, sessionId, userId } = setUp();
    const original = store.findWithUser.bind(store);
    store.findWithUser = async (id: string) => {
      const seen = await original(id);
      void cache.forgetUser(userId);
      return seen;
    };
    await expect(cache.get(sessionId, userId)).rejects.toMatchObject({ code: 'unavailable' });
    expect(store.reads).toBe(3);
  });

  it('serves a changed role at the next request after the change is announced', async () => {
    const { users, cache, clock, userId, get } = setUp();
    expect((await get())!.principal.roles).toEqual(['user']);
    users.setRoles(userId, ['editor'], clock.now(), null);
    void cache.forgetUser(userId);
    expect((await get())!.principal.roles).toEqual(['editor']);
  });

  it('reads again after a minute, though the change feed is fresh', async () => {
    const { clock, cache, store, get } = setUp();
    await get();
    clock.advance(59_999);
    cache.confirm(clock.now());
    await get();
    expect(store.reads).toBe(1);
    clock.advance(1);
    await get();
    expect(store.reads).toBe(2);
  });

  it('reads again when the change feed is not fresh and the snapshot is older than the staleness', async () => {
    const { clock, store, get } = setUp();
    await get();
    clock.advance(4_999);
    await get();
    expect(store.reads).toBe(1);
    clock.advance(1);
    await get();
    expect(store.reads).toBe(2);
  });

  it('counts the age of a snapshot from before its read began', async () => {
    const { clock, cache, store, get } = setUp();
    clock.advance(5_000);
    expect(cache.isConfirmed).toBe(false);
    store.holdReads();
    const slow = get();
    clock.advance(4_999);
    store.open();
    expect(await slow).not.toBeNull();
    await get();
    expect(store.reads).toBe(1);
    clock.advance(1);
    await get();
    expect(store.reads).toBe(2);
  });

  it('serves within the staleness while the store is down, then 503, and recovers', async () => {
    const { clock, store, get } = setUp();
    await get();
    store.failing = true;
    clock.advance(4_000);
    expect(await get()).not.toBeNull();
    clock.advance(2_000);
    await expect(get()).rejects.toMatchObject({ code: 'unavailable' });
    store.failing = false;
    expect(await get()).not.toBeNull();
  });

  it('reads a session that seems expired again: it may have been refreshed elsewhere', async () => {
    const { clock, cache, store, sessionId, get } = setUp();
    await get();
    clock.advance(1_800_000);
    store.rotate(sessionId, 1, clock.now(), clock.now() + 3_600_000, 'k');
    clock.advance(1_800_000);
    cache.confirm(clock.now());
    expect(await get()).not.toBeNull();
    clock.advance(1_800_000);
    expect(await get()).toBeNull();
  });

  it('keeps nothing when every request shall read', async () => {
    const { store, get } = setUp('always');
    await get();
    await Promise.all([get(), get()]);
    expect(store.reads).toBe(3);
  });

  it('reads several at once: not what is cached, and again what has changed meanwhile', async () => {
    const s = setUp();
    const { sessionId, userId } = s;
    const other = randomUUID();
    const session = (await s.store.findWithUser(sessionId))!.session;
    s.store.insert({ ...session, id: other });
    await s.cache.get(sessionId, userId);
    s.store.reads = 0;
    s.store.holdReads();
    const sessions = [sessionId, other, randomUUID()].map((id) => ({ sessionId: id, userId }));
    const reading = s.cache.getMany(sessions);
    await new Promise(setImmediate);
    expect(s.store.reads).toBe(2);
    s.store.revoke(other, 'logout', s.clock.now());
    void s.cache.forgetSession(other);
    s.store.open();
    const found = await reading;
    expect(sessions.map((one) => found.get(one.sessionId)?.sessionId ?? null)).toEqual([sessionId, null, null]);
    s.store.failing = true;
    await expect(s.cache.getMany(sessions)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
