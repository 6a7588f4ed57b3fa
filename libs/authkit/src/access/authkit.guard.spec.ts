import type { ExecutionContext } from '@nestjs/common';
import { jest } from '@jest/globals';
import { fakeAdapterHost, fakeResponse, requestWith } from '../../../../test/support/wired-transport.js';
import { wire } from '../../../../test/support/wiring.js';
import { ProblemWriter } from '../http/problem-writer.js';
import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { RequestContext } from '../kernel/request-context.js';
import { Authenticator, AUTHENTICATORS, type Authentication } from './authenticator.js';
import { AuthKitGuard } from './authkit.guard.js';
import {
  AllowCredentials,
  Authenticated,
  LiveSession,
  Permissions,
  Public,
  RequireFresh,
  Roles,
} from './decorators.js';
import { SessionAuthenticator } from './session.authenticator.js';

class Routes {
  plain() {}
  @Public() open() {}
  @Authenticated({ optional: true }) optional() {}
  @Roles('editor', 'boss') anyOf() {}
  @Roles('editor') @Roles('boss') bothOf() {}
  @Permissions('posts:write', 'posts:read') write() {}
  @Permissions('posts:write', 'users:delete') purge() {}
  @AllowCredentials('api-key') machines() {}
  @LiveSession() live() {}
  @RequireFresh('15m') fresh() {}
}
type Method = keyof Routes;

/** A feature's own kind of credential, in a header of its own; asynchronous, as most are. */
class KeyAuthenticator extends Authenticator {
  constructor(private readonly principal: Principal) {
    super();
  }
  override authenticate({ headers }: { headers: Record<string, unknown> }): Promise<Authentication | null> {
    if (headers['x-api-key'] === 'bad') return Promise.reject(new AuthKitError('token_invalid', { reason: 'bad key' }));
    return Promise.resolve(headers['x-api-key'] ? { principal: this.principal, via: 'header' } : null);
  }
}

function setUp({ raw = {} as Parameters<typeof wire>[0], features = [] as Authenticator[] } = {}) {
  const w = wire({ roles: { editor: { permissions: ['posts:*'] } }, ...raw });
  const sessions = new SessionAuthenticator(w.accessTokens, w.cache, w.cookies, w.roles, w.options);
  const problems = new ProblemWriter(fakeAdapterHost, w.cookies);
  const guard = new AuthKitGuard([...features, sessions], w.users, w.events, problems, w.options, w.clock);
  const known = w.addUser({ roles: ['editor'] });
  const session = w.addSession(known);
  const { accessToken } = w.pairs.of({ session, known });
  const bearer = { authorization: `Bearer ${accessToken}` };
  const cookie = { cookie: `${w.options.cookies.names.access}=${accessToken}` };
  const request = (headers: Record<string, string> = {}, method = 'GET') => requestWith(headers, method);
  const response = fakeResponse();
  const ask = (method: Method, ofRequest = request(), type = 'http') =>
    guard.canActivate({
      getHandler: () => Routes.prototype[method],
      getClass: () => Routes,
      getType: () => type,
      getArgs: () => [ofRequest],
      switchToHttp: () => ({ getRequest: () => ofRequest, getResponse: () => response }),
    } as unknown as ExecutionContext);
  return { ...w, guard, known, session, bearer, cookie, request, response, ask };
}
const refused = (code: string, reason?: string) => expect.objectContaining({ code, ...(reason && { reason }) });

describe('the guard', () => {
  it('lets anybody call what is public, without a look at the credential', () => {
    const s = setUp();
    expect(s.ask('open', s.request({ authorization: 'Bearer nonsense' }))).toBe(true);
    expect(s.ask('open', s.request(), 'ws')).toBe(true);
  });

  it('denies by default, and at once', () => {
    expect(() => setUp().ask('plain')).toThrow(refused('authentication_required', 'no credential'));
  });

  it('lets anonymous callers into what is optional, but no bad credential', () => {
    const s = setUp();
    expect(s.ask('optional')).toBe(true);
    expect(() => s.ask('optional', s.request({ authorization: 'Bearer x' }))).toThrow(refused('token_invalid'));
  });

  it('lets a user in: by a promise at first, at once while the session is cached', async () => {
    const s = setUp();
    const first = s.ask('plain', s.request(s.bearer));
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toBe(true);
    const again = s.request(s.bearer);
    expect(s.ask('plain', again)).toBe(true);
    expect(RequestContext.of(again).principal).toMatchObject({ kind: 'user', id: s.known.user.id });
  });

  it('refuses a dead session, by a promise too', async () => {
    const s = setUp();
    s.sessions.revoke(s.session.id, 'logout', s.clock.now());
    await expect(s.ask('plain', s.request(s.bearer))).rejects.toEqual(refused('token_revoked'));
    expect(s.types()).toEqual(['authorization.denied']);
  });

  it('reads the row again where the handler asks for a live session', async () => {
    const s = setUp();
    await s.ask('plain', s.request(s.bearer));
    expect(s.ask('plain', s.request(s.bearer))).toBe(true);
    expect(s.ask('live', s.request(s.bearer))).toBeInstanceOf(Promise);
  });

  it('asks for a fresh authentication by the row, not by what is cached or in the token', async () => {
    const s = setUp();
    expect(await s.ask('fresh', s.request(s.bearer))).toBe(true);
    s.clock.advance(900_001);
    const stale = () => s.ask('fresh', s.request(s.bearer));
    await expect(stale()).rejects.toEqual(refused('reauthentication_required'));
    expect(s.response.headers).toContainEqual([
      'WWW-Authenticate',
      'Bearer error="insufficient_user_authentication", max_age=900',
    ]);
    // As another node does it.
    expect(s.sessions.renewAuthentication(s.session.id, s.session.epoch, s.clock.now())).toBe(true);
    expect(await stale()).toBe(true);
  });

  it('refuses calls that are no HTTP requests and that nothing reads', async () => {
    const s = setUp();
    const call = Promise.resolve(s.ask('plain', s.request(s.bearer), 'rpc'));
    await expect(call).rejects.toThrow(refused('authentication_required', 'nothing reads rpc calls'));
    expect(s.heard).toEqual([]);
    expect(s.response.headers).toEqual([]);
  });
});

describe('what a handler demands', () => {
  it.each<[method: Method, outcome: string]>([
    ['anyOf', 'in'],
    ['bothOf', 'needs role boss'],
    ['write', 'in'],
    ['purge', 'needs permission posts:write and users:delete'],
    ['machines', 'credential of kind user'],
  ])('of an editor on %s: %s', async (method, outcome) => {
    const s = setUp();
    const call = Promise.resolve(s.ask(method, s.request(s.bearer)));
    expect(
      await call.then(
        () => 'in',
        (error: AuthKitError) => error.reason,
      ),
    ).toBe(outcome);
  });

  it('names all roles that would do', async () => {
    const s = setUp();
    const known = s.addUser();
    const { accessToken } = s.pairs.of({ session: s.addSession(known), known });
    const call = s.ask('anyOf', s.request({ authorization: `Bearer ${accessToken}` }));
    await expect(call).rejects.toEqual(refused('insufficient_scope', 'needs role editor or boss'));
    expect(s.response.headers).toContainEqual(['WWW-Authenticate', 'Bearer error="insufficient_scope"']);
  });

  it('is refused to another kind of credential with a code of its own', async () => {
    const s = setUp();
    await expect(s.ask('machines', s.request(s.bearer))).rejects.toEqual(refused('credential_not_allowed'));
  });
});

describe('a call by cookie', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])('passes as %s from anywhere', async (method) => {
    const s = setUp();
    expect(await s.ask('plain', s.request({ ...s.cookie, origin: 'https://evil.example' }, method))).toBe(true);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'get', ''])('is refused as %p from another site', async (method) => {
    const s = setUp();
    const from = (headers: Record<string, string>) => s.ask('plain', s.request({ ...s.cookie, ...headers }, method));
    await expect(from({ origin: 'https://evil.example' })).rejects.toEqual(refused('csrf_rejected'));
    expect(() => from({})).toThrow(refused('csrf_origin_missing'));
    expect(from({ origin: 'https://app.example' })).toBe(true);
  });

  it('is refused without a method', async () => {
    const s = setUp();
    const request = s.request(s.cookie);
    delete request.method;
    await expect(s.ask('plain', request)).rejects.toEqual(refused('csrf_origin_missing'));
  });

  it('is judged, one by header is not', async () => {
    const s = setUp();
    expect(await s.ask('plain', s.request({ ...s.bearer, origin: 'https://evil.example' }, 'POST'))).toBe(true);
  });
});

describe('features’ authenticators', () => {
  const machine = { kind: 'api-key', id: 'k1', hasRole: () => true, can: () => true } as unknown as Principal;
  const keys = () =>
    setUp({ features: [new KeyAuthenticator(machine), new KeyAuthenticator({ ...machine, id: 'k2' })] });

  it('are found by one token, whichever of its two builds the package is loaded from', () => {
    expect(AUTHENTICATORS).toBe(Symbol.for('nest-authkit:authenticators'));
  });

  it('come before the session, the first that knows the credential decides', async () => {
    const s = keys();
    const request = s.request({ ...s.bearer, 'x-api-key': 'good' });
    expect(await s.ask('machines', request)).toBe(true);
    expect(RequestContext.of(request).principal!.id).toBe('k1');
    expect(RequestContext.of(request).loadUser).toBeUndefined();
  });

  it('leave the rest to the session', async () => {
    const s = keys();
    expect(await s.ask('plain', s.request(s.bearer))).toBe(true);
    await expect(s.ask('plain')).rejects.toEqual(refused('authentication_required'));
    const reads = jest.spyOn(s.sessions, 'findWithUser');
    await s.ask('live', s.request(s.bearer));
    expect(reads).toHaveBeenCalledTimes(1);
  });

  it('refuse a bad credential of their kind', async () => {
    const s = keys();
    const call = s.ask('machines', s.request({ ...s.bearer, 'x-api-key': 'bad' }));
    await expect(call).rejects.toEqual(refused('token_invalid', 'bad key'));
  });
});

describe('the row of the user', () => {
  it('is read when asked for, once a request', async () => {
    const s = setUp();
    const reads = jest.spyOn(s.users, 'findById');
    const request = s.request(s.bearer);
    await s.ask('plain', request);
    reads.mockClear();
    const context = RequestContext.of(request);
    expect(await context.loadUser!()).toMatchObject({ id: s.known.user.id });
    expect(await context.loadUser!()).toMatchObject({ id: s.known.user.id });
    expect(reads).toHaveBeenCalledTimes(1);
  });

  it('is null when the user is gone meanwhile', async () => {
    const s = setUp();
    const request = s.request(s.bearer);
    await s.ask('plain', request);
    jest.spyOn(s.users, 'findById').mockReturnValue(null);
    expect(await RequestContext.of(request).loadUser!()).toBeNull();
  });
});

describe('a refusal', () => {
  it('writes its headers, marks the request and tells listeners what was asked by whom', async () => {
    const s = setUp();
    const request = s.request(s.bearer, 'DELETE');
    await expect(s.ask('purge', request)).rejects.toThrow();
    expect(s.response.headers).toContainEqual(['Cache-Control', 'no-store']);
    expect(RequestContext.of(request).refusal).toMatchObject({ code: 'insufficient_scope' });
    expect(s.heard).toHaveLength(1);
    expect(s.heard[0]).toMatchObject({
      type: 'authorization.denied',
      subject: s.known.user.id,
      details: {
        code: 'insufficient_scope',
        reason: 'needs permission posts:write and users:delete',
        method: 'DELETE',
        path: '/x',
      },
    });
  });

  it('of a caller nobody knows names no subject', () => {
    const s = setUp();
    expect(() => s.ask('plain')).toThrow();
    expect(s.heard[0]).toMatchObject({ subject: null, details: { code: 'authentication_required' } });
  });

  it('is 503 for an error that is none of ours, which opens no door and keeps its cause', async () => {
    const s = setUp();
    const cause = new Error('boom');
    jest.spyOn(s.accessTokens, 'verify').mockImplementation(() => {
      throw cause;
    });
    const call = () => s.ask('plain', s.request(s.bearer));
    expect(call).toThrow(expect.objectContaining({ code: 'unavailable', reason: 'Error: boom', cause }));
  });
});
