import type { IncomingMessage } from 'node:http';
import { jest } from '@jest/globals';
import { wire } from '../../../../test/support/wiring.js';
import { SessionAuthenticator } from './session.authenticator.js';

function setUp(raw: Parameters<typeof wire>[0] = {}) {
  const w = wire({ roles: { editor: { permissions: ['posts:*'] } }, ...raw });
  const authenticator = new SessionAuthenticator(w.accessTokens, w.cache, w.cookies, w.roles, w.options);
  const known = w.addUser({ roles: ['editor'] });
  const session = w.addSession(known, { amr: ['pwd', 'otp'] });
  const { accessToken } = w.pairs.of({ session, known });
  const { access } = w.options.cookies.names;
  /** By header, unless it is a Cookie; as Node gives it. */
  const ask = (headers: Record<string, string>, liveSession?: boolean, rawHeaders = Object.entries(headers).flat()) =>
    authenticator.authenticate({ headers, rawHeaders } as unknown as IncomingMessage, liveSession);
  const byHeader = (liveSession?: boolean) => ask({ authorization: `Bearer ${accessToken}` }, liveSession);
  return { ...w, known, session, accessToken, access, ask, byHeader };
}
const refused = (code: string) => expect.objectContaining({ code });

describe('a request', () => {
  it('without a credential is nobody’s', () => {
    expect(setUp().ask({})).toBeNull();
  });

  it.each(['Bearer', 'bearer', 'BEARER'])('with %s and an access token is the session’s user’s', async (scheme) => {
    const s = setUp();
    expect(await s.ask({ authorization: `${scheme} ${s.accessToken}` })).toMatchObject({
      via: 'header',
      principal: { kind: 'user', id: s.known.user.id, sessionId: s.session.id, roles: ['editor'], amr: ['pwd', 'otp'] },
    });
  });

  it('with the access cookie is the session’s user’s', async () => {
    const s = setUp();
    const found = await s.ask({ cookie: `${s.access}=${s.accessToken}` });
    expect(found).toMatchObject({ via: 'cookie', principal: { id: s.known.user.id } });
  });

  it('with the access cookie alone is let in where headers are switched off', async () => {
    const s = setUp({ credentials: { header: false } });
    expect(await s.ask({ cookie: `${s.access}=${s.accessToken}` })).toMatchObject({ via: 'cookie' });
    expect(() => s.byHeader()).toThrow(refused('authentication_required'));
  });

  it('with a bad header is refused, though the cookie is good', () => {
    const s = setUp();
    const both = { authorization: 'Bearer x', cookie: `${s.access}=${s.accessToken}` };
    expect(() => s.ask(both)).toThrow(refused('token_invalid'));
    expect(() => s.ask({ ...both, authorization: '' })).toThrow(refused('authentication_required'));
  });

  it.each(['Basic TOKEN', 'TOKEN', 'Bearer', 'BearerTOKEN', ' Bearer TOKEN', 'Bearer\tTOKEN'])(
    'with the Authorization %p is refused',
    (authorization) => {
      const s = setUp();
      const header = authorization.replace('TOKEN', s.accessToken);
      expect(() => s.ask({ authorization: header })).toThrow(refused('authentication_required'));
    },
  );

  it('with more than one space after Bearer is refused', () => {
    const s = setUp();
    expect(() => s.ask({ authorization: `Bearer  ${s.accessToken}` })).toThrow(refused('token_invalid'));
  });

  it('with two Authorization headers is refused, however they are spelled', () => {
    const s = setUp();
    const headers = { authorization: `Bearer ${s.accessToken}` };
    const twice = ['Authorization', headers.authorization, 'X-Other', 'y', 'AUTHORIZATION', 'Bearer x'];
    expect(() => s.ask(headers, false, twice)).toThrow(refused('ambiguous_credentials'));
  });

  it('with one Authorization header is not refused for a value or another header of that name', async () => {
    const s = setUp();
    const headers = { authorization: `Bearer ${s.accessToken}` };
    const raw = ['authorization', headers.authorization, 'x-header', 'authorization', 'x-13-letters1', 'z'];
    expect(await s.ask(headers, false, raw)).toMatchObject({ via: 'header' });
  });

  it('with a bearer token is refused where those are switched off', () => {
    const s = setUp({ credentials: { header: false } });
    expect(() => s.byHeader()).toThrow(refused('authentication_required'));
  });
});

describe('the session behind an access token', () => {
  it('costs no promise once it is cached', async () => {
    const s = setUp();
    const first = s.byHeader();
    expect(first).toBeInstanceOf(Promise);
    await first;
    expect(s.byHeader()).toMatchObject({ principal: { id: s.known.user.id } });
  });

  it('must live', async () => {
    const s = setUp();
    await s.byHeader();
    s.sessions.revoke(s.session.id, 'logout', s.clock.now());
    void s.cache.forgetSession(s.session.id);
    await expect(s.byHeader()).rejects.toEqual(refused('token_revoked'));
  });

  it('must be of the user the token names', async () => {
    const s = setUp();
    const { id: sessionId, authenticatedAt, amr } = s.session;
    const stranger = { userId: s.addUser().user.id, sessionId, authenticatedAt, amr, roles: ['admin'] };
    const forged = s.accessTokens.sign(stranger);
    await expect(s.ask({ authorization: `Bearer ${forged}` })).rejects.toEqual(refused('token_invalid'));
    await s.byHeader();
    expect(() => s.ask({ authorization: `Bearer ${forged}` })).toThrow(refused('token_invalid'));
  });

  it('is read again, cached or not, where the live row is asked for', async () => {
    const s = setUp();
    const reads = jest.spyOn(s.sessions, 'findWithUser');
    await s.byHeader();
    await s.byHeader();
    expect(reads).toHaveBeenCalledTimes(1);
    await s.byHeader(true);
    expect(reads).toHaveBeenCalledTimes(2);
  });

  it('is not read at all with check: never; the token alone tells who, roles and proof', async () => {
    const s = setUp({ session: { check: 'never' } });
    const reads = jest.spyOn(s.sessions, 'findWithUser');
    s.sessions.revoke(s.session.id, 'logout', s.clock.now());
    const found = s.byHeader();
    expect(found).toMatchObject({
      via: 'header',
      principal: {
        id: s.known.user.id,
        sessionId: s.session.id,
        roles: ['editor'],
        permissions: ['posts:*'],
        amr: ['pwd', 'otp'],
        authenticatedAt: Math.floor(s.session.authenticatedAt / 1000) * 1000,
      },
    });
    expect(reads).not.toHaveBeenCalled();
    await expect(s.byHeader(true)).rejects.toEqual(refused('token_revoked'));
  });
});
