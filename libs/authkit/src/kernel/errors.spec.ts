import { AuthKitConfigError, AuthKitError, PROBLEMS, type ProblemCode } from './errors.js';
import { RequestContext } from './request-context.js';

describe('AuthKitError', () => {
  it.each(Object.entries(PROBLEMS))('%s is a problem with its status and title', (code, [status, title]) => {
    const error = new AuthKitError(code as ProblemCode);
    expect(error.getStatus()).toBe(status);
    expect(error.problem).toEqual({ type: `urn:nest-authkit:problem:${code}`, title, status, code });
  });

  it('keeps the real reason and the cause out of the response', () => {
    const error = new AuthKitError('invalid_credentials', { reason: 'wrong_password', cause: new Error('sql') });
    expect(error.reason).toBe('wrong_password');
    expect(JSON.stringify(error.getResponse())).not.toMatch(/wrong_password|sql/);
  });

  it('challenges without error when nothing was presented, and with one for a bad token', () => {
    expect(new AuthKitError('authentication_required').headers['WWW-Authenticate']).toBe('Bearer');
    expect(new AuthKitError('token_expired').headers['WWW-Authenticate']).toBe('Bearer error="invalid_token"');
    expect(new AuthKitError('email_taken').headers).toEqual({});
  });

  it('names the request it happened in', () => {
    const context = RequestContext.of({ headers: {}, url: '/auth/me?x=1' } as never);
    const { problem } = context.run(() => new AuthKitError('token_invalid', { detail: 'Sign in again.' }));
    expect(problem).toMatchObject({ instance: '/auth/me', requestId: context.requestId, detail: 'Sign in again.' });
  });
});

it('AuthKitConfigError says where, what and what to do', () => {
  expect(new AuthKitConfigError('secret', 'it is missing', 'Set it.').message).toBe(
    'nest-authkit: secret: it is missing. Set it.',
  );
});
