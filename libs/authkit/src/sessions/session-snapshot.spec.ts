import { wire } from '../../../../test/support/wiring.js';
import type { SessionRecord } from '../storage/session.store.js';
import { deathOf, snapshotOf } from './session-snapshot.js';

const w = wire({ roles: { admin: { inherits: ['editor'], permissions: [] }, editor: { permissions: ['posts:*'] } } });
const known = w.addUser({ roles: ['admin'] });
const now = w.clock.now();
const found = (given: Partial<SessionRecord> = {}) => ({
  session: w.addSession(known, { idleExpiresAt: now + 1_000, absoluteExpiresAt: now + 2_000, ...given }),
  known,
});

describe('a session', () => {
  it('lives while nothing has ended it', () => {
    expect(deathOf(found(), now)).toBeNull();
  });

  it('is missing when there is no such row', () => {
    expect(deathOf(null, now)).toBe('missing');
  });

  it.each([
    ['it has been revoked', { ...found({ revokedAt: now }) }],
    ['it was revoked in 1970', { ...found({ revokedAt: 0 }) }],
    ['its user is gone', { ...found(), known: null }],
    ['its user is not active', { ...found(), known: { ...known, user: { ...known.user, active: false } } }],
    ['the epoch has moved on', { ...found({ epoch: known.sessionEpoch - 1 }) }],
    ['it has ended both ways', { ...found({ revokedAt: now, idleExpiresAt: now - 1 }) }],
  ])('is revoked when %s', (_why, it) => {
    expect(deathOf(it, now)).toBe('revoked');
  });

  it.each([
    ['idle timeout', 1_000, 9_000],
    ['absolute timeout', 9_000, 1_000],
  ])('expires at its %s, to the millisecond', (_which, idle, absolute) => {
    const session = found({ idleExpiresAt: now + idle, absoluteExpiresAt: now + absolute });
    expect(deathOf(session, now + 999)).toBeNull();
    expect(deathOf(session, now + 1_000)).toBe('expired');
  });
});

describe('a snapshot', () => {
  it('holds who acts, with what is inherited, until the earlier timeout', () => {
    const source = found({ amr: ['pwd', 'otp'] });
    const snapshot = snapshotOf(source, w.roles, now - 5);
    expect(snapshot).toMatchObject({
      sessionId: source.session.id,
      userId: known.user.id,
      expiresAt: now + 1_000,
      loadedAt: now - 5,
    });
    expect(snapshot.principal).toMatchObject({
      kind: 'user',
      id: known.user.id,
      sessionId: source.session.id,
      roles: ['admin', 'editor'],
      permissions: ['posts:*'],
      amr: ['pwd', 'otp'],
      authenticatedAt: source.session.authenticatedAt,
    });
    expect(snapshotOf(found({ absoluteExpiresAt: now + 500 }), w.roles, now).expiresAt).toBe(now + 500);
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(snapshotOf(found(), w.roles, now))).toBe(true);
  });
});
