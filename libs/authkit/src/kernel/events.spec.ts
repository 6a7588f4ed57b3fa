import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { FixedClock } from '../testing/fixed-clock.js';
import { AuthEvents, type AnyAuthEvent } from './events.js';
import type { Principal } from './principal.js';
import { RequestContext } from './request-context.js';

function requestFrom(ip: string, userAgent: string) {
  return {
    socket: { remoteAddress: ip },
    headers: { 'user-agent': userAgent },
    url: '/x?secret=1',
    method: 'GET',
  } as never;
}

describe('AuthEvents', () => {
  it('tells every listener what, who, to whom, and from where', async () => {
    const events = new AuthEvents(new FixedClock(1_000));
    const heard: AnyAuthEvent[] = [];
    events.subscribe({ onAuthEvent: (event) => void heard.push(event) });
    events.subscribe({ onAuthEvent: (event) => void heard.push(event) });
    const context = RequestContext.of(requestFrom('::ffff:10.0.0.9', 'curl/8'));
    context.principal = { kind: 'user', id: 'u1', sessionId: 's1' } as Principal;
    await context.run(() => events.emit('login.failed', { reason: 'wrong_password' }, { subject: 'u2' }));
    expect(heard).toHaveLength(2);
    expect(heard[0]).toEqual({
      type: 'login.failed',
      at: new Date(1_000),
      actor: { kind: 'user', id: 'u1' },
      subject: 'u2',
      sessionId: 's1',
      ip: '10.0.0.9',
      userAgent: 'curl/8',
      requestId: context.requestId,
      details: { reason: 'wrong_password' },
    });
    expect(Object.isFrozen(heard[0])).toBe(true);
  });

  it('knows nobody outside of a request', async () => {
    const events = new AuthEvents(new FixedClock());
    const heard: AnyAuthEvent[] = [];
    events.subscribe({ onAuthEvent: (event) => void heard.push(event) });
    await events.emit('user.activated', {});
    expect(heard[0]).toMatchObject({ actor: null, subject: null, sessionId: null, ip: null, requestId: null });
  });

  it('waits for slow listeners and survives failing ones', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const events = new AuthEvents(new FixedClock());
    let done = false;
    events.subscribe({ onAuthEvent: () => Promise.reject(new Error('disk full')) });
    events.subscribe({
      onAuthEvent: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        done = true;
      },
    });
    await events.emit('user.activated', {});
    expect(done).toBe(true);
    expect(error).toHaveBeenCalledWith('a listener of user.activated failed: Error: disk full');
    error.mockRestore();
  });
});

describe('RequestContext', () => {
  it('gives the path without the query, which may carry secrets', () => {
    expect(RequestContext.of(requestFrom('1.2.3.4', 'x')).path).toBe('/x');
  });

  it('cuts the user agent and keeps one id per request', () => {
    const context = RequestContext.of(requestFrom('1.2.3.4', 'x'.repeat(2000)));
    expect(context.userAgent).toHaveLength(512);
    expect(context.requestId).toBe(context.requestId);
  });

  it('lives with a request that has neither headers nor a socket', () => {
    const context = RequestContext.of({ headers: {} } as never);
    expect([context.ip, context.userAgent, context.path, context.method]).toEqual([null, null, '', '']);
  });
});
