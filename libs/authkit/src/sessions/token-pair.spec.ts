import { wire } from '../../../../test/support/wiring.js';
import { TokenPairs } from './token-pair.js';

describe('the tokens of a session', () => {
  const w = wire({ accessToken: { ttl: '10m' } });
  const known = w.addUser({ roles: ['editor'] });
  const pairs = new TokenPairs(w.accessTokens, w.refreshTokens, w.clock);

  it('are of this session, user and generation', () => {
    const session = w.addSession(known, { generation: 3, amr: ['pwd', 'otp'] });
    const pair = pairs.of({ session, known });
    expect(w.accessTokens.verify(pair.accessToken)).toMatchObject({
      sub: known.user.id,
      sid: session.id,
      roles: ['editor'],
      amr: ['pwd', 'otp'],
      auth_time: Math.floor(session.authenticatedAt / 1000),
    });
    expect(w.refreshTokens.parse(pair.refreshToken)).toMatchObject({ sessionId: session.id, generation: 3 });
    expect(pair.expiresIn).toBe(600);
  });

  it.each([
    ['the idle timeout, when that comes first', 60_400, 90_000, 60],
    ['the absolute timeout, when that comes first', 90_000, 60_400, 60],
    ['whole seconds, rounded', 60_600, 90_000, 61],
    ['nothing, when the session is over', -5_000, 90_000, 0],
  ])('last until %s', (_what, idle, absolute, seconds) => {
    const at = w.clock.now();
    const session = w.addSession(known, { idleExpiresAt: at + idle, absoluteExpiresAt: at + absolute });
    expect(pairs.of({ session, known }).refreshExpiresIn).toBe(seconds);
  });
});
