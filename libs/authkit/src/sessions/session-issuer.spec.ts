import type { IncomingMessage } from 'node:http';
import { jest } from '@jest/globals';
import { wire, type Wiring } from '../../../../test/support/wiring.js';
import { RequestContext } from '../kernel/request-context.js';
import { SessionIssuer } from './session-issuer.js';

const issuerOf = (w: Wiring) => new SessionIssuer(w.sessions, w.cache, w.refreshTokens, w.events, w.clock, w.options);

describe('a new session', () => {
  it('is of this user and epoch, starts now, and ends by the configured timeouts', async () => {
    const w = wire({ session: { idleTimeout: '1h', absoluteTimeout: '2h' } });
    const known = { ...w.addUser(), sessionEpoch: 4 };
    const session = await issuerOf(w).issue(known, 'cookie', ['pwd', 'otp']);
    const now = w.clock.now();
    expect(session).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      userId: known.user.id,
      epoch: 4,
      generation: 1,
      seed: expect.stringMatching(/^[\w-]{43}$/),
      keyId: w.refreshTokens.keyId,
      transport: 'cookie',
      amr: ['pwd', 'otp'],
      authenticatedAt: now,
      createdAt: now,
      rotatedAt: null,
      lastUsedAt: now,
      idleExpiresAt: now + 3_600_000,
      absoluteExpiresAt: now + 7_200_000,
      revokedAt: null,
      revokedReason: null,
      ip: null,
      userAgent: null,
    });
    expect(await w.stored(session.id)).toMatchObject(session);
  });

  it('has a seed and an id of its own', async () => {
    const w = wire();
    const known = w.addUser();
    const [one, two] = [await issuerOf(w).issue(known, 'bearer', []), await issuerOf(w).issue(known, 'bearer', [])];
    expect(one.id).not.toBe(two.id);
    expect(one.seed).not.toBe(two.seed);
  });

  it('remembers address and user agent of the request that made it', async () => {
    const w = wire();
    const request = { headers: { 'user-agent': 'Firefox' }, socket: { remoteAddress: '10.0.0.9' } };
    const context = RequestContext.of(request as unknown as IncomingMessage);
    const session = await context.run(() => issuerOf(w).issue(w.addUser(), 'bearer', ['pwd']));
    expect(session).toMatchObject({ ip: '10.0.0.9', userAgent: 'Firefox' });
  });

  it('is told of, by transport and proof', async () => {
    const w = wire();
    const known = w.addUser();
    const session = await issuerOf(w).issue(known, 'cookie', ['pwd']);
    expect(w.heard).toHaveLength(1);
    expect(w.heard[0]).toMatchObject({
      type: 'session.issued',
      subject: known.user.id,
      sessionId: session.id,
      details: { transport: 'cookie', amr: ['pwd'] },
    });
  });
});

describe('the limit of sessions', () => {
  it('ends the least recently used one beyond it, forgets it and tells', async () => {
    const w = wire({ session: { maxPerUser: 2 } });
    const known = w.addUser();
    const forget = jest.spyOn(w.cache, 'forgetUser');
    const first = await issuerOf(w).issue(known, 'bearer', []);
    for (let n = 0; n < 2; n += 1) {
      expect(forget).not.toHaveBeenCalled();
      w.clock.advance(1);
      await issuerOf(w).issue(known, 'bearer', []);
    }
    expect(await w.stored(first.id)).toMatchObject({ revokedReason: 'session_limit' });
    expect(forget).toHaveBeenCalledWith(known.user.id);
    expect(w.types()).toEqual(['session.issued', 'session.issued', 'session.revoked', 'session.issued']);
    expect(w.heard[2]).toMatchObject({
      subject: known.user.id,
      details: { reason: 'session_limit', scope: 'oldest' },
    });
  });

  it.each([
    [1, 1],
    [0, 3],
  ])('of %p leaves %p of three', async (maxPerUser, left) => {
    const w = wire({ session: { maxPerUser } });
    const known = w.addUser();
    for (let n = 0; n < 3; n += 1) await issuerOf(w).issue(known, 'bearer', []);
    expect(await w.service.list(known.user.id)).toHaveLength(left);
  });
});
