import { HttpStatus, RequestMethod } from '@nestjs/common';
import { HTTP_CODE_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { jest } from '@jest/globals';
import { devicesOf } from '../../../../test/support/wired-devices.js';
import { fakeResponse, requestWith, transportOf } from '../../../../test/support/wired-transport.js';
import { wire } from '../../../../test/support/wiring.js';
import { ruleOf, type Handler } from '../access/route-rule.js';
import { AuthKitError } from '../kernel/errors.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import type { LoginService } from './login.service.js';
import { loginController } from './login.controller.js';

interface Controller {
  login(body: object, request: unknown, response: unknown): Promise<Record<string, unknown>>;
  refresh(body: object, request: unknown, response: unknown): Promise<Record<string, unknown>>;
  logout(body: object, request: unknown, response: unknown): Promise<void>;
}

const Class = loginController('auth', class UserDto {});
const ORIGIN = { origin: 'https://app.example' };
const FOREIGN = { origin: 'https://evil.example' };

function setUp() {
  const w = wire();
  const known = w.addUser();
  const withPassword = jest.fn<LoginService['withPassword']>(async (_identifier, _password, transport) => ({
    session: w.addSession(known, { transport }),
    known,
  }));
  const controller = new Class({ withPassword }, devicesOf(w).devices, w.service, transportOf(w)) as Controller;
  const { access, refresh } = w.options.cookies.names;
  const signIn = (transport: CredentialTransport) => {
    const session = w.addSession(known, { transport });
    return { session, ...w.pairs.of({ session, known }) };
  };
  const cookiesOf = ({ accessToken, refreshToken }: ReturnType<typeof signIn>) =>
    `${access}=${accessToken}; ${refresh}=${refreshToken}`;
  return { ...w, known, withPassword, controller, access, refresh, signIn, cookiesOf, response: fakeResponse() };
}

it.each([
  ['login', HttpStatus.OK],
  ['refresh', HttpStatus.OK],
  ['logout', HttpStatus.NO_CONTENT],
])('%s is a public POST below the path', (name, status) => {
  const handler = (Class.prototype as Record<string, Handler>)[name];
  const read = (key: string): unknown => Reflect.getMetadata(key, handler);
  expect(Reflect.getMetadata(PATH_METADATA, Class)).toBe('auth');
  expect([read(PATH_METADATA), read(METHOD_METADATA), read(HTTP_CODE_METADATA)]).toEqual([
    name,
    RequestMethod.POST,
    status,
  ]);
  expect(ruleOf(handler, Class).public).toBe(true);
});

describe('POST login', () => {
  it.each([
    ['identifier', { identifier: 'ada', password: 'p' }],
    ['username', { username: 'ada', password: 'p' }],
    ['identifier before username', { identifier: 'ada', username: 'eve', password: 'p' }],
  ])('takes %s and gives tokens in the body', async (_what, body) => {
    const s = setUp();
    const reply = await s.controller.login(body, requestWith({}), s.response);
    expect(s.withPassword).toHaveBeenCalledWith('ada', 'p', 'bearer', { device: null });
    expect(reply).toMatchObject({ token_type: 'Bearer' });
    expect(s.response.headers).toEqual([]);
  });

  it('gives cookies where they are asked for, to our own pages only', async () => {
    const s = setUp();
    const body = { identifier: 'ada', password: 'p', transport: 'cookie' };
    await s.controller.login(body, requestWith(ORIGIN), s.response);
    expect(s.response.headers).toHaveLength(2);
    for (const headers of [FOREIGN, {}]) {
      const call = s.controller.login(body, requestWith(headers), s.response);
      await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/^csrf_/) });
    }
    expect(s.withPassword).toHaveBeenCalledTimes(1);
  });

  it('ends the session of the cookies it came with, and none by another proof', async () => {
    const s = setUp();
    const [former, other] = [s.signIn('cookie'), s.signIn('bearer')];
    const headers = { ...ORIGIN, cookie: s.cookiesOf(former), authorization: `Bearer ${other.accessToken}` };
    await s.controller.login({ identifier: 'ada', password: 'p' }, requestWith(headers), s.response);
    expect(await s.stored(former.session.id)).toMatchObject({ revokedReason: 'replaced_by_login' });
    expect((await s.stored(other.session.id))!.revokedAt).toBeNull();
  });

  it('that fails ends nothing', async () => {
    const s = setUp();
    const former = s.signIn('cookie');
    s.withPassword.mockRejectedValue(new AuthKitError('invalid_credentials'));
    const request = requestWith({ ...ORIGIN, cookie: s.cookiesOf(former) });
    await expect(s.controller.login({ identifier: 'ada', password: 'x' }, request, s.response)).rejects.toThrow();
    expect((await s.stored(former.session.id))!.revokedAt).toBeNull();
  });
});

describe('POST refresh', () => {
  it('exchanges the token in the body', async () => {
    const s = setUp();
    const { session, refreshToken } = s.signIn('bearer');
    const reply = await s.controller.refresh({ refreshToken }, requestWith({}), s.response);
    expect(reply['refresh_token']).not.toBe(refreshToken);
    expect(await s.stored(session.id)).toMatchObject({ generation: 2 });
  });

  it('exchanges the token in the cookie, unless the access cookie is of another session', async () => {
    const s = setUp();
    const [one, two] = [s.signIn('cookie'), s.signIn('cookie')];
    await s.controller.refresh({}, requestWith({ ...ORIGIN, cookie: s.cookiesOf(one) }), s.response);
    expect(await s.stored(one.session.id)).toMatchObject({ generation: 2 });
    expect(s.response.headers).toHaveLength(2);
    const mixed = `${s.access}=${one.accessToken}; ${s.refresh}=${two.refreshToken}`;
    const call = s.controller.refresh({}, requestWith({ ...ORIGIN, cookie: mixed }), s.response);
    await expect(call).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('is refused from another site', async () => {
    const s = setUp();
    const { refreshToken } = s.signIn('bearer');
    const call = s.controller.refresh({ refreshToken }, requestWith(FOREIGN), s.response);
    await expect(call).rejects.toMatchObject({ code: 'csrf_rejected' });
    // Without cookies there is no other site to fear.
    await expect(s.controller.refresh({ refreshToken }, requestWith({}), s.response)).resolves.toBeDefined();
  });

  const attempt = async (s: ReturnType<typeof setUp>, cookie: string) => {
    const call = s.controller.refresh({}, requestWith({ ...ORIGIN, cookie }), s.response);
    await expect(call).rejects.toBeInstanceOf(AuthKitError);
    return s.response.headers.length;
  };

  it('takes away a cookie that can never work again', async () => {
    const invalid = setUp();
    expect(await attempt(invalid, `${invalid.refresh}=nonsense`)).toBe(2);
    const reused = setUp();
    const session = reused.addSession(reused.known, { transport: 'cookie', generation: 3 });
    const token = reused.refreshTokens.issue({ ...session, generation: 1 });
    expect(await attempt(reused, `${reused.refresh}=${token}`)).toBe(2);
  });

  it('leaves a cookie that a login in another tab may just have replaced', async () => {
    const s = setUp();
    const one = s.signIn('cookie');
    await s.service.revoke(one.session.id, 'replaced_by_login', s.known.user.id);
    expect(await attempt(s, `${s.refresh}=${one.refreshToken}`)).toBe(0);
  });

  it('leaves the cookies when the store is down, or the bad token came in the body', async () => {
    const s = setUp();
    const { refreshToken } = s.signIn('cookie');
    const body = s.controller.refresh({ refreshToken: 'nonsense' }, requestWith(ORIGIN), s.response);
    await expect(body).rejects.toMatchObject({ code: 'token_invalid' });
    jest.spyOn(s.sessions, 'findWithUser').mockRejectedValue(new Error('token_invalid'));
    const call = s.controller.refresh(
      {},
      requestWith({ ...ORIGIN, cookie: `${s.refresh}=${refreshToken}` }),
      s.response,
    );
    await expect(call).rejects.toThrow('token_invalid');
    expect(s.response.headers).toEqual([]);
  });
});

describe('POST logout', () => {
  it('ends every session the request proves and takes the cookies away', async () => {
    const s = setUp();
    const [cookie, header, body, other] = [
      s.signIn('cookie'),
      s.signIn('bearer'),
      s.signIn('bearer'),
      s.signIn('bearer'),
    ];
    const headers = { ...ORIGIN, cookie: s.cookiesOf(cookie), authorization: `Bearer ${header.accessToken}` };
    await s.controller.logout({ refreshToken: body.refreshToken }, requestWith(headers), s.response);
    for (const { session } of [cookie, header, body]) {
      expect(await s.stored(session.id)).toMatchObject({ revokedReason: 'logout' });
    }
    expect((await s.stored(other.session.id))!.revokedAt).toBeNull();
    expect(s.response.headers).toHaveLength(2);
  });

  it('without any proof just takes the cookies away', async () => {
    const s = setUp();
    await s.controller.logout({}, requestWith({}), s.response);
    expect(s.response.headers).toHaveLength(2);
  });

  it('is refused from another site', async () => {
    const s = setUp();
    await expect(s.controller.logout({}, requestWith(FOREIGN), s.response)).rejects.toMatchObject({
      code: 'csrf_rejected',
    });
    expect(s.response.headers).toEqual([]);
  });
});
