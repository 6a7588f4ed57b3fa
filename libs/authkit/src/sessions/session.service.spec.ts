import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { wire } from '../../../../test/support/wiring.js';
import type { SessionRecord } from '../storage/session.store.js';
import { SessionService } from './session.service.js';

function setUp(raw: Parameters<typeof wire>[0] = {}) {
  const w = wire(raw);
  const known = w.addUser();
  const session = w.addSession(known);
  /** The refresh token of one of its generations. */
  const tokenOf = (generation = 1, of: SessionRecord = session) => w.refreshTokens.issue({ ...of, generation });
  const refresh = (generation = 1) => w.service.refresh(tokenOf(generation), 'bearer');
  return { ...w, known, session, userId: known.user.id, tokenOf, refresh };
}
const refused = (code: string, reason?: RegExp) =>
  expect.objectContaining({ code, ...(reason && { reason: expect.stringMatching(reason) }) });

it('the service of the wiring is the one under test', () => {
  expect(wire().service).toBeInstanceOf(SessionService);
});

describe('refreshing', () => {
  it('makes the next generation, idle from now on, under the key that signs now', async () => {
    const s = setUp();
    s.sessions.insert({ ...s.session, keyId: 'gone' });
    s.clock.advance(60_000);
    const now = s.clock.now();
    const { session, known } = await s.refresh();
    const expected = {
      id: s.session.id,
      generation: 2,
      rotatedAt: now,
      lastUsedAt: now,
      idleExpiresAt: now + s.options.session.idleTimeout,
      keyId: s.refreshTokens.keyId,
    };
    expect(session).toMatchObject(expected);
    expect(await s.stored(s.session.id)).toMatchObject(expected);
    expect(known.user.id).toBe(s.userId);
  });

  it('tells of it, with the user as who did it', async () => {
    const s = setUp();
    await s.refresh();
    expect(s.heard).toHaveLength(1);
    expect(s.heard[0]).toMatchObject({
      type: 'session.rotated',
      subject: s.userId,
      sessionId: s.session.id,
      actor: { kind: 'user', id: s.userId },
      details: { generation: 2 },
    });
  });

  it('never moves the idle timeout past the absolute one', async () => {
    const s = setUp({ session: { idleTimeout: '1h', absoluteTimeout: '90m' } });
    s.clock.advance(59 * 60_000);
    expect((await s.refresh()).session.idleExpiresAt).toBe(s.session.absoluteExpiresAt);
  });

  it.each([
    ['no token at all', 'nonsense', /malformed/],
    ['a token of no session', null, /no such session/],
  ])('is refused with %s', async (_what, token, reason) => {
    const s = setUp();
    const other = s.refreshTokens.issue({ ...s.session, id: randomUUID() });
    await expect(s.service.refresh(token ?? other, 'bearer')).rejects.toEqual(refused('token_invalid', reason));
  });

  it('asks the store nothing for text that is no token', async () => {
    const s = setUp();
    const find = jest.spyOn(s.sessions, 'findWithUser');
    await expect(s.service.refresh('nonsense', 'bearer')).rejects.toThrow();
    expect(find).not.toHaveBeenCalled();
  });

  it('is refused with a wrong MAC, and the session lives on, whatever generation the token claims', async () => {
    const s = setUp();
    for (const generation of [0, 1, 2]) {
      const forged = s.refreshTokens.issue({ ...s.session, generation, seed: 'B'.repeat(43) });
      await expect(s.service.refresh(forged, 'bearer')).rejects.toEqual(refused('token_invalid', /wrong MAC/));
    }
    expect((await s.stored(s.session.id))!.revokedAt).toBeNull();
    expect(s.heard).toEqual([]);
  });

  it('is refused by another transport than the session began with', async () => {
    const s = setUp();
    const wrong = s.service.refresh(s.tokenOf(), 'cookie');
    await expect(wrong).rejects.toEqual(refused('token_invalid', /a bearer session's token came by cookie/));
  });

  it('is refused beside the access cookie of another session, and works beside its own', async () => {
    const s = setUp();
    const other = s.service.refresh(s.tokenOf(), 'bearer', randomUUID());
    await expect(other).rejects.toEqual(refused('token_invalid', /another session/));
    expect((await s.service.refresh(s.tokenOf(), 'bearer', s.session.id)).session.generation).toBe(2);
  });

  it.each([
    ['revoked', 'token_revoked', { revokedAt: 1 }],
    ['expired', 'token_expired', { idleExpiresAt: 1 }],
  ])('is refused once the session is %s: %s', async (_what, code, given) => {
    const s = setUp();
    const session = s.addSession(s.known, given);
    const refresh = s.service.refresh(s.tokenOf(1, session), 'bearer');
    await expect(refresh).rejects.toEqual(refused(code, /refresh token: session /));
  });
});

describe('a refresh token of the past', () => {
  const GRACE = 30_000 + 5_000;

  it('gets the same successor within the grace, and nothing changes', async () => {
    const s = setUp();
    const { session } = await s.refresh();
    s.clock.advance(GRACE);
    expect((await s.refresh()).session).toMatchObject({ generation: 2, rotatedAt: session.rotatedAt });
    expect(s.types()).toEqual(['session.rotated']);
    expect((await s.stored(s.session.id))!.generation).toBe(2);
  });

  it('is reuse after the grace: the session ends, and its owner can be told', async () => {
    const s = setUp();
    await s.refresh();
    s.clock.advance(GRACE + 1);
    await expect(s.refresh()).rejects.toEqual(refused('token_revoked', /^refresh_token_reuse$/));
    expect(await s.stored(s.session.id)).toMatchObject({ revokedReason: 'refresh_token_reuse' });
    expect(s.types()).toEqual(['session.rotated', 'session.revoked', 'session.reuse_detected']);
    expect(s.heard[1]).toMatchObject({ actor: null, subject: s.userId, sessionId: s.session.id });
    expect(s.heard[2]).toMatchObject({
      subject: s.userId,
      sessionId: s.session.id,
      details: { presented: 1, current: 2 },
    });
  });

  it('is within the grace when the clock has gone back', async () => {
    const s = setUp();
    await s.refresh();
    s.clock.advance(-60_000);
    expect((await s.refresh()).session.generation).toBe(2);
  });

  it('is reuse at once where there is no grace', async () => {
    const s = setUp({ session: { rotationGrace: 0 } });
    await s.refresh();
    await expect(s.refresh()).rejects.toEqual(refused('token_revoked', /reuse/));
  });

  it('is reuse two generations back, also within the grace', async () => {
    const s = setUp();
    await s.refresh();
    await s.refresh(2);
    await expect(s.refresh()).rejects.toEqual(refused('token_revoked', /reuse/));
    expect(s.heard.at(-1)).toMatchObject({ details: { presented: 1, current: 3 } });
  });

  it('is reuse when its row knows of no rotation', async () => {
    const s = setUp();
    const session = s.addSession(s.known, { generation: 2 });
    await expect(s.service.refresh(s.tokenOf(1, session), 'bearer')).rejects.toEqual(refused('token_revoked', /reuse/));
  });

  it('of many replays at once tells once', async () => {
    const s = setUp();
    const session = s.addSession(s.known, { generation: 5 });
    const replays = [1, 2, 3].map((generation) => s.service.refresh(s.tokenOf(generation, session), 'bearer'));
    for (const outcome of await Promise.allSettled(replays)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'token_revoked' } });
    }
    expect(s.types()).toEqual(['session.revoked', 'session.reuse_detected']);
  });
});

it('a refresh token ahead of its row ends the session without an alarm of theft', async () => {
  const s = setUp();
  await expect(s.refresh(2)).rejects.toEqual(refused('token_revoked', /^generation_ahead$/));
  expect(await s.stored(s.session.id)).toMatchObject({ revokedReason: 'generation_ahead' });
  expect(s.types()).toEqual(['session.revoked', 'session.generation_ahead']);
  expect(s.heard[1].details).toEqual({ presented: 2, current: 1 });
});

describe('a refresh that loses a race', () => {
  it('against a refresh gets what the other made', async () => {
    const s = setUp();
    const rotate = s.sessions.rotate.bind(s.sessions);
    jest.spyOn(s.sessions, 'rotate').mockImplementationOnce((...args) => !rotate(...args));
    expect((await s.refresh()).session.generation).toBe(2);
    expect(s.heard).toEqual([]);
  });

  it('against a logout is refused', async () => {
    const s = setUp();
    jest.spyOn(s.sessions, 'rotate').mockImplementationOnce((id) => !s.sessions.revoke(id, 'logout', s.clock.now()));
    await expect(s.refresh()).rejects.toEqual(refused('token_revoked', /session revoked/));
  });

  it('three times over is 503', async () => {
    const s = setUp();
    const rotate = jest.spyOn(s.sessions, 'rotate').mockReturnValue(false);
    await expect(s.refresh()).rejects.toEqual(refused('unavailable', /kept changing/));
    expect(rotate).toHaveBeenCalledTimes(3);
  });
});

describe('what a token proves for a logout', () => {
  it('is its session, dead or alive, for a genuine refresh token', async () => {
    const s = setUp();
    const token = s.tokenOf();
    expect(await s.service.sessionOfRefreshToken(token)).toMatchObject({ id: s.session.id, userId: s.userId });
    s.sessions.revoke(s.session.id, 'logout', s.clock.now());
    expect(await s.service.sessionOfRefreshToken(token)).toMatchObject({ id: s.session.id });
  });

  it('is nothing for a forged refresh token, one of no session, or other text', async () => {
    const s = setUp();
    const forged = s.refreshTokens.issue({ ...s.session, seed: 'B'.repeat(43) });
    const orphan = s.refreshTokens.issue({ ...s.session, id: randomUUID() });
    for (const token of [forged, orphan, 'nonsense']) {
      expect(await s.service.sessionOfRefreshToken(token)).toBeNull();
    }
  });

  it('is its session for a genuine access token, expired or not, and nothing for other text', () => {
    const s = setUp();
    const { accessToken } = s.pairs.of(s);
    const proven = { id: s.session.id, userId: s.userId };
    expect(s.service.sessionOfAccessToken(accessToken)).toEqual(proven);
    s.clock.advance(365 * 24 * 3_600_000);
    expect(s.service.sessionOfAccessToken(accessToken)).toEqual(proven);
    expect(s.service.sessionOfAccessToken(`${accessToken}x`)).toBeNull();
  });
});

describe('revoking one session', () => {
  it('ends it, forgets it and tells who did it', async () => {
    const s = setUp();
    const forget = jest.spyOn(s.cache, 'forgetSession');
    expect(await s.service.revoke(s.session.id, 'logout', s.userId)).toBe(true);
    expect(await s.stored(s.session.id)).toMatchObject({ revokedAt: s.clock.now(), revokedReason: 'logout' });
    expect(forget).toHaveBeenCalledWith(s.session.id);
    expect(s.heard).toHaveLength(1);
    expect(s.heard[0]).toMatchObject({
      type: 'session.revoked',
      subject: s.userId,
      sessionId: s.session.id,
      actor: { kind: 'user', id: s.userId },
      details: { reason: 'logout', scope: 'one' },
    });
  });

  it('names no actor when it was not the user', async () => {
    const s = setUp();
    await s.service.revoke(s.session.id, 'revoked_by_host', s.userId, 'other');
    expect(s.heard[0].actor).toBeNull();
  });

  it('of another user, or a dead one, changes nothing and tells nothing, but forgets what is cached', async () => {
    const s = setUp();
    const forget = jest.spyOn(s.cache, 'forgetSession');
    expect(await s.service.revoke(s.session.id, 'logout', randomUUID())).toBe(false);
    expect((await s.stored(s.session.id))!.revokedAt).toBeNull();
    s.sessions.revoke(s.session.id, 'logout', s.clock.now());
    expect(await s.service.revoke(s.session.id, 'logout', s.userId)).toBe(false);
    expect(s.heard).toEqual([]);
    expect(forget).toHaveBeenCalledTimes(2);
  });

  it('by an id that is none asks the store nothing', async () => {
    const s = setUp();
    const asked = [jest.spyOn(s.sessions, 'revoke'), jest.spyOn(s.sessions, 'findWithUser')];
    expect(await s.service.revoke('x', 'logout', s.userId)).toBe(false);
    expect(await s.service.revokeAnyones('x')).toBe(false);
    for (const spy of asked) expect(spy).not.toHaveBeenCalled();
  });

  it("on the host's word needs no user", async () => {
    const s = setUp();
    expect(await s.service.revokeAnyones(randomUUID())).toBe(false);
    expect(await s.service.revokeAnyones(s.session.id)).toBe(true);
    expect(s.heard).toHaveLength(1);
    expect(s.heard[0]).toMatchObject({ actor: null, subject: s.userId, details: { reason: 'revoked_by_host' } });
    expect(await s.service.revokeAnyones(s.session.id)).toBe(false);
  });
});

describe('revoking many sessions', () => {
  it('of the others keeps one, forgets the user and tells', async () => {
    const s = setUp();
    const other = s.addSession(s.known);
    const forget = jest.spyOn(s.cache, 'forgetUser');
    await s.service.revokeOthers(s.userId, s.session.id, 'revoked_by_user');
    expect((await s.stored(s.session.id))!.revokedAt).toBeNull();
    expect(await s.stored(other.id)).toMatchObject({ revokedReason: 'revoked_by_user', revokedAt: s.clock.now() });
    expect(forget).toHaveBeenCalledWith(s.userId);
    expect(s.heard).toHaveLength(1);
    expect(s.heard[0]).toMatchObject({
      type: 'session.revoked',
      subject: s.userId,
      details: { reason: 'revoked_by_user', scope: 'others' },
    });
  });

  it('of all kills logins under way by a new epoch, and tells', async () => {
    const s = setUp();
    expect(await s.service.revokeAll(s.userId, 'revoked_by_host')).toBe(true);
    expect(s.users.findById(s.userId)!.sessionEpoch).toBe(s.known.sessionEpoch + 1);
    expect(await s.stored(s.session.id)).toMatchObject({ revokedReason: 'revoked_by_host' });
    expect(s.heard).toHaveLength(1);
    expect(s.heard[0]).toMatchObject({
      type: 'session.revoked',
      subject: s.userId,
      details: { reason: 'revoked_by_host', scope: 'all' },
    });
  });

  it('of a user who is not there is false and tells nothing', async () => {
    const s = setUp();
    expect(await s.service.revokeAll(randomUUID(), 'revoked_by_host')).toBe(false);
    expect(s.heard).toEqual([]);
  });

  it('forgets the user before the rows say so and again after, so that no read in between is kept', async () => {
    const s = setUp();
    const other = s.addSession(s.known);
    const order: string[] = [];
    jest.spyOn(s.cache, 'forgetUser').mockImplementation((id) => {
      order.push(`forget ${id}`);
      return Promise.resolve();
    });
    const revokeAll = s.sessions.revokeAll.bind(s.sessions);
    jest.spyOn(s.sessions, 'revokeAll').mockImplementation((...args) => {
      order.push('rows');
      return revokeAll(...args);
    });
    await s.service.markAllRevoked(s.userId, 'password_changed', s.session.id);
    expect(order).toEqual([`forget ${s.userId}`, 'rows', `forget ${s.userId}`]);
    expect((await s.stored(s.session.id))!.revokedAt).toBeNull();
    expect(await s.stored(other.id)).toMatchObject({ revokedReason: 'password_changed' });
    expect(s.heard[0]).toMatchObject({ subject: s.userId, details: { reason: 'password_changed', scope: 'others' } });
  });

  it('can be announced by another change of the user', () => {
    const s = setUp();
    const forget = jest.spyOn(s.cache, 'forgetUser');
    void s.service.forgetUser(s.userId);
    expect(forget).toHaveBeenCalledWith(s.userId);
  });
});

describe('listing', () => {
  it("gives a user's live sessions of this epoch, most recently used first", async () => {
    const s = setUp();
    s.clock.advance(5);
    const latest = s.addSession(s.known);
    s.addSession(s.known, { epoch: s.known.sessionEpoch - 1 });
    s.addSession(s.known, { idleExpiresAt: s.clock.now() });
    s.addSession(s.addUser());
    expect((await s.service.list(s.userId)).map(({ id }) => id)).toEqual([latest.id, s.session.id]);
  });

  it('gives nothing for a user who is not there', async () => {
    expect(await setUp().service.list(randomUUID())).toEqual([]);
  });
});
