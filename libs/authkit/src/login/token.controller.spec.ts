import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { jest } from '@jest/globals';
import { devicesOf } from '../../../../test/support/wired-devices.js';
import { fakeAdapterHost, fakeResponse, requestWith, transportOf } from '../../../../test/support/wired-transport.js';
import { wire } from '../../../../test/support/wiring.js';
import { ruleOf, type Handler } from '../access/route-rule.js';
import { AuthKitError, PROBLEMS, type ProblemCode } from '../kernel/errors.js';
import { RequestContext } from '../kernel/request-context.js';
import type { LoginService } from './login.service.js';
import { tokenController } from './token.controller.js';

interface Controller {
  token(request: unknown, response: unknown): Promise<void>;
}

const Class = tokenController('auth');

function setUp(raw: Parameters<typeof wire>[0] = {}) {
  const w = wire(raw);
  const known = w.addUser();
  const withPassword = jest.fn<LoginService['withPassword']>(async (_identifier, _password, transport) => ({
    session: w.addSession(known, { transport }),
    known,
  }));
  const controller = new Class(
    { withPassword },
    devicesOf(w).devices,
    w.service,
    transportOf(w),
    fakeAdapterHost,
  ) as Controller;
  const post = async (form: Record<string, unknown> | AuthKitError) => {
    const [request, response] = [requestWith({}), fakeResponse()];
    const context = RequestContext.of(request);
    if (form instanceof AuthKitError) context.bodyError = form;
    else context.body = form;
    await controller.token(request, response);
    return { ...response, requestId: context.requestId };
  };
  return { ...w, known, withPassword, post };
}
const PASSWORD_GRANT = { grant_type: 'password', username: 'ada', password: 'p' };

it('token is a public POST of a form below the path', () => {
  const handler = (Class.prototype as Record<string, Handler>)['token'];
  const read = (key: string): unknown => Reflect.getMetadata(key, handler);
  expect(Reflect.getMetadata(PATH_METADATA, Class)).toBe('auth');
  expect([read(PATH_METADATA), read(METHOD_METADATA)]).toEqual(['token', RequestMethod.POST]);
  expect(ruleOf(handler, Class).public).toBe(true);
});

describe('a grant', () => {
  it('of a password signs in and answers 200 with bearer tokens, without a cookie', async () => {
    const s = setUp();
    const { status, body, headers } = await s.post({ ...PASSWORD_GRANT, client_id: 'x', client_secret: 'y' });
    expect(s.withPassword).toHaveBeenCalledWith('ada', 'p', 'bearer', { device: null });
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', access_token: expect.any(String) });
    expect(headers).toEqual([]);
  });

  it('of a refresh token rotates it', async () => {
    const s = setUp();
    const session = s.addSession(s.known);
    const refresh_token = s.refreshTokens.issue(session);
    expect(await s.post({ grant_type: 'refresh_token', refresh_token })).toMatchObject({ status: 200 });
    expect(await s.stored(session.id)).toMatchObject({ generation: 2 });
  });

  it("of a cookie session's refresh token is refused", async () => {
    const s = setUp();
    const refresh_token = s.refreshTokens.issue(s.addSession(s.known, { transport: 'cookie' }));
    expect(await s.post({ grant_type: 'refresh_token', refresh_token })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', code: 'token_invalid' },
    });
  });
});

describe('a refusal', () => {
  it('names error, code and request', async () => {
    const s = setUp();
    const { status, body, requestId } = await s.post({});
    expect(status).toBe(400);
    expect(body).toEqual({
      error: 'invalid_request',
      error_description: 'grant_type is missing',
      code: 'validation_failed',
      requestId,
    });
  });

  it('of another grant is unsupported_grant_type', async () => {
    expect(await setUp().post({ grant_type: 'client_credentials' })).toMatchObject({
      status: 400,
      body: {
        error: 'unsupported_grant_type',
        error_description: 'Use password or refresh_token',
        code: 'validation_failed',
      },
    });
  });

  it.each([
    ['no username', { ...PASSWORD_GRANT, username: undefined }, 'username'],
    ['an empty password', { ...PASSWORD_GRANT, password: '' }, 'password'],
    ['two usernames', { ...PASSWORD_GRANT, username: ['a', 'b'] }, 'username'],
    ['a password that is no text', { ...PASSWORD_GRANT, password: '\ud800' }, 'password'],
    ['no refresh token', { grant_type: 'refresh_token' }, 'refresh_token'],
  ])('of a form with %s is invalid_request', async (_what, form, field) => {
    const s = setUp();
    expect(await s.post(form)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request', error_description: `${field} is missing`, code: 'validation_failed' },
    });
    expect(s.withPassword).not.toHaveBeenCalled();
  });

  it('comes before any login where bearer tokens are switched off', async () => {
    const s = setUp({ credentials: { header: false } });
    expect(await s.post(PASSWORD_GRANT)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(s.withPassword).not.toHaveBeenCalled();
  });

  it.each<[code: ProblemCode, error: string, status: number]>([
    ['malformed_body', 'invalid_request', 400],
    ['body_too_large', 'invalid_request', 413],
    ['unsupported_media_type', 'invalid_request', 415],
    ['validation_failed', 'invalid_request', 400],
    ['password_too_long', 'invalid_request', 400],
    ['password_invalid', 'invalid_request', 400],
    ['invalid_credentials', 'invalid_grant', 400],
    ['email_not_verified', 'invalid_grant', 400],
    ['unavailable', 'temporarily_unavailable', 503],
    ['not_supported', 'temporarily_unavailable', 501],
  ])('for %s is %s, %i', async (code, error, status) => {
    const s = setUp();
    s.withPassword.mockRejectedValue(new AuthKitError(code));
    expect(await s.post(PASSWORD_GRANT)).toMatchObject({
      status,
      body: { error, error_description: PROBLEMS[code][1], code },
    });
  });

  it('for a body the gate has refused is what it found wrong', async () => {
    const reply = await setUp().post(new AuthKitError('body_too_large'));
    expect(reply).toMatchObject({ status: 413, body: { error: 'invalid_request', code: 'body_too_large' } });
  });

  it('for too many logins says when to come back; no other asks for a bearer token', async () => {
    const s = setUp();
    s.withPassword.mockRejectedValue(new AuthKitError('overloaded', { headers: { 'Retry-After': '5' } }));
    expect((await s.post(PASSWORD_GRANT)).headers).toEqual([['Retry-After', '5']]);
    s.withPassword.mockRejectedValue(new AuthKitError('invalid_credentials'));
    expect((await s.post(PASSWORD_GRANT)).headers).toEqual([]);
  });

  it('for an error that is none of ours tells nothing of it', async () => {
    const s = setUp();
    s.withPassword.mockRejectedValue(new Error('password authentication failed for user postgres'));
    expect(await s.post(PASSWORD_GRANT)).toMatchObject({
      status: 503,
      body: { error: 'temporarily_unavailable', error_description: 'Try again later', code: 'unavailable' },
    });
  });
});
