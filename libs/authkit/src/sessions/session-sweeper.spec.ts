import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { wire } from '../../../../test/support/wiring.js';
import { SessionIssuer } from './session-issuer.js';
import { SessionSweeper } from './session-sweeper.js';

async function setUp() {
  const w = wire();
  const issuer = new SessionIssuer(w.sessions, w.cache, w.refreshTokens, w.events, w.clock, w.options);
  const { id } = await issuer.issue(w.addUser(), 'bearer', ['pwd']);
  return { ...w, id, sweeper: new SessionSweeper(w.sessions, w.clock) };
}

describe('the sweep of sessions', () => {
  it('keeps a session for a week after its absolute timeout, and no longer', async () => {
    const s = await setUp();
    s.clock.advance('37d');
    await s.sweeper.sweep();
    expect(await s.sessions.findWithUser(s.id)).not.toBeNull();
    s.clock.advance(1);
    await s.sweeper.sweep();
    expect(await s.sessions.findWithUser(s.id)).toBeNull();
  });

  it('logs that the store did not answer, and goes on', async () => {
    const s = await setUp();
    const warned = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    jest.spyOn(s.sessions, 'removeExpired').mockImplementation(() => {
      throw new Error('down');
    });
    await s.sweeper.sweep();
    expect(warned).toHaveBeenCalledWith('expired sessions could not be removed: Error: down');
    warned.mockRestore();
  });
});
