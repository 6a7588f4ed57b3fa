import { Logger } from '@nestjs/common';
import { jest } from '@jest/globals';
import { devicesOf } from '../../../../test/support/wired-devices.js';
import { wire } from '../../../../test/support/wiring.js';
import { AuthKitError } from '../kernel/errors.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { PasswordService } from '../passwords/password.service.js';
import { SessionIssuer } from '../sessions/session-issuer.js';
import type { NewUser } from '../storage/user.store.js';
import { LoginService } from './login.service.js';
import { SECOND_FACTORS, SecondFactor } from './second-factor.js';

/** Hashes that can be read, and an old scheme beside the new one. */
class PlainHasher extends PasswordHasher {
  override readonly scheme = 'plain';
  verified = 0;
  override recognises = (hash: string) => hash.startsWith('plain:') || hash.startsWith('old:');
  override hash = (password: string) => Promise.resolve(`plain:${password}`);
  override needsRehash = (hash: string) => hash.startsWith('old:');
  override decoy = () => 'plain:';
  override verify(password: string, hash: string): Promise<boolean> {
    this.verified += 1;
    return Promise.resolve(hash.replace(/^(plain|old):/, '') === password);
  }
}

/** Asks for more unless it was proven. */
class OtpFactor extends SecondFactor {
  asked: string[] = [];
  override demand(user: { id: string }, amr: readonly string[]): AuthKitError | null {
    this.asked.push(`${user.id} ${amr.join('+')}`);
    return amr.includes('otp') ? null : new AuthKitError('authentication_required', { detail: 'otp' });
  }
}

const services: PasswordService[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(services.splice(0).map((service) => service.onApplicationShutdown()));
});

function setUp({ factors = [] as SecondFactor[], requireVerifiedEmail = false, user = {} as Partial<NewUser> } = {}) {
  const hasher = new PlainHasher();
  const w = wire({ passwords: { hasher }, registration: { requireVerifiedEmail } });
  const passwords = new PasswordService(w.options);
  services.push(passwords);
  const issuer = new SessionIssuer(w.sessions, w.cache, w.refreshTokens, w.events, w.clock, w.options);
  const { devices } = devicesOf(w);
  const logins = new LoginService(
    w.users,
    passwords,
    w.limiter,
    issuer,
    w.service,
    devices,
    w.events,
    w.clock,
    factors,
    w.options,
  );
  const known = w.addUser({ email: 'ada@b.example', username: 'ada', passwordHash: 'plain:secret', ...user });
  const hashNow = () => w.users.findById(known.user.id)!.passwordHash;
  const live = () => w.service.list(known.user.id);
  return { ...w, hasher, passwords, logins, known, id: known.user.id, hashNow, live };
}

describe('signing in by password', () => {
  it.each(['ada@b.example', 'ADA@B.example', 'ada', 'Ada'])('makes a session for the user named %p', async (name) => {
    const s = setUp();
    const { session, known } = await s.logins.withPassword(name, 'secret', 'cookie');
    expect(known.user.id).toBe(s.id);
    expect(session).toMatchObject({ userId: s.id, transport: 'cookie', amr: ['pwd'] });
    expect(await s.stored(session.id)).toMatchObject({ userId: s.id });
  });

  it('tells of it, with the user as who did it', async () => {
    const s = setUp();
    const { session } = await s.logins.withPassword('ada', 'secret', 'bearer');
    expect(s.types()).toEqual(['session.issued', 'login.succeeded']);
    expect(s.heard[1]).toMatchObject({
      subject: s.id,
      sessionId: session.id,
      actor: { kind: 'user', id: s.id },
      details: { amr: ['pwd'] },
    });
  });

  it.each([
    ['a wrong password', 'ada', 'wrong', {}, 'wrong_password', true],
    ['a user without a password', 'ada', 'secret', { passwordHash: null }, 'no_password', true],
    ['an unknown address', 'eve@b.example', 'secret', {}, 'unknown_user', false],
    ['an unknown username', 'eve', 'secret', {}, 'unknown_user', false],
    ['what can be no address', 'a@', 'secret', {}, 'unknown_user', false],
    ['what can be no username', '', 'secret', {}, 'unknown_user', false],
  ])('is one refusal for %s, after the same work', async (_what, name, password, user, reason, isKnown) => {
    const s = setUp({ user });
    const login = s.logins.withPassword(name, password, 'bearer');
    await expect(login).rejects.toMatchObject({ code: 'invalid_credentials', reason });
    expect(s.hasher.verified).toBeGreaterThan(0);
    expect(s.heard).toHaveLength(1);
    expect(s.heard[0]).toMatchObject({ type: 'login.failed', subject: isKnown ? s.id : null, details: { reason } });
    expect(await s.live()).toEqual([]);
  });

  it('is the same refusal for the right password of an inactive user', async () => {
    const s = setUp();
    s.users.setActive(s.id, false, s.clock.now(), null);
    const login = s.logins.withPassword('ada', 'secret', 'bearer');
    await expect(login).rejects.toMatchObject({ code: 'invalid_credentials', reason: 'inactive' });
    expect(s.heard[0]).toMatchObject({ type: 'login.failed', subject: s.id, details: { reason: 'inactive' } });
  });

  it('spends no work on text that can be no password', async () => {
    const s = setUp();
    const login = s.logins.withPassword('ada', 'x'.repeat(1025), 'bearer');
    await expect(login).rejects.toMatchObject({ code: 'password_too_long' });
    expect(s.hasher.verified).toBe(0);
  });
});

it.each([{ email: ' ADA@B.example' }, { username: 'Ada' }])('a user is found by %p, as typed', async (named) => {
  const s = setUp();
  expect((await s.logins.find(named))?.user.id).toBe(s.id);
});

it.each([{ email: 'ada' }, { username: 'ada@b.example' }])(
  'nobody is found by %p, which is of the other kind',
  async (named) => {
    const s = setUp();
    expect(await s.logins.find(named)).toBeNull();
  },
);

it.each(['', 'a@', '@', 'a b'])(
  'no store is asked for a name nobody can have, %p, not even for users without one',
  async (name) => {
    const s = setUp({ user: { username: null } });
    const find = jest.spyOn(s.users, 'findByIdentifier');
    expect(await s.logins.find(name)).toBeNull();
    expect(find).not.toHaveBeenCalled();
  },
);

describe('an address that is not verified', () => {
  it('is 403 where one must be, and told of', async () => {
    const s = setUp({ requireVerifiedEmail: true, user: { emailVerified: false } });
    await expect(s.logins.withPassword('ada', 'secret', 'bearer')).rejects.toMatchObject({
      code: 'email_not_verified',
    });
    expect(s.heard).toHaveLength(1);
    expect(s.heard[0]).toMatchObject({
      type: 'login.failed',
      subject: s.id,
      details: { reason: 'email_not_verified' },
    });
    expect(await s.live()).toEqual([]);
  });

  it('signs in where none is asked for, as a verified one does where it is', async () => {
    const lax = setUp({ user: { emailVerified: false } });
    await expect(lax.logins.withPassword('ada', 'secret', 'bearer')).resolves.toBeDefined();
    const strict = setUp({ requireVerifiedEmail: true });
    await expect(strict.logins.withPassword('ada', 'secret', 'bearer')).resolves.toBeDefined();
  });
});

describe('second factors', () => {
  it('are found by one token, whichever of its two builds the package is loaded from', () => {
    expect(SECOND_FACTORS).toBe(Symbol.for('nest-authkit:second-factors'));
  });

  it('stand before any session, whatever the first proof was', async () => {
    const factor = new OtpFactor();
    const s = setUp({ factors: [factor] });
    await expect(s.logins.withPassword('ada', 'secret', 'bearer')).rejects.toMatchObject({ message: 'otp' });
    await expect(s.logins.complete(s.known, 'bearer', ['social'])).rejects.toMatchObject({ message: 'otp' });
    expect(factor.asked).toEqual([`${s.id} pwd`, `${s.id} social`]);
    expect(await s.live()).toEqual([]);
  });

  it('let in who has proven them; every one is asked', async () => {
    const factors = [new OtpFactor(), new OtpFactor()];
    const s = setUp({ factors });
    const { session } = await s.logins.complete(s.known, 'bearer', ['pwd', 'otp']);
    expect(session.amr).toEqual(['pwd', 'otp']);
    expect(factors.map(({ asked }) => asked.length)).toEqual([1, 1]);
  });
});

describe('an old hash', () => {
  const old = { user: { passwordHash: 'old:secret' } };

  it('is replaced at the login that shows the password, and no session ends by it', async () => {
    const s = setUp(old);
    await s.logins.withPassword('ada', 'secret', 'bearer');
    await s.logins.withPassword('ada', 'secret', 'bearer');
    expect(s.hashNow()).toBe('plain:secret');
    expect(await s.live()).toHaveLength(2);
  });

  it('stays when the login fails after it', async () => {
    const s = setUp({ ...old, factors: [new OtpFactor()] });
    await expect(s.logins.withPassword('ada', 'secret', 'bearer')).rejects.toThrow();
    expect(s.hashNow()).toBe('old:secret');
  });

  it('is not written over one changed meanwhile', async () => {
    const s = setUp(old);
    jest.spyOn(s.passwords, 'hash').mockImplementation((password) => {
      s.users.changePassword(s.id, { from: undefined, to: 'plain:other', endSessions: false, at: s.clock.now() });
      return Promise.resolve(`plain:${password}`);
    });
    await s.logins.withPassword('ada', 'secret', 'bearer');
    expect(s.hashNow()).toBe('plain:other');
  });

  it('that cannot be replaced now does not undo the login, and the operator is told', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const s = setUp(old);
    jest.spyOn(s.users, 'changePassword').mockImplementation(() => {
      throw new AuthKitError('overloaded');
    });
    await expect(s.logins.withPassword('ada', 'secret', 'bearer')).resolves.toBeDefined();
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^a password hash could not be renewed: .*Too many/)]]);
    expect(warn.mock.contexts[0]).toMatchObject({ context: 'AuthKit' });
  });

  it.each([
    ['any other error too', new Error('not_supported'), 1],
    ['a store that keeps hashes to itself, silently', new AuthKitError('not_supported'), 0],
  ])('survives %s', async (_what, error, warnings) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const s = setUp(old);
    jest.spyOn(s.users, 'changePassword').mockImplementation(() => {
      throw error;
    });
    await expect(s.logins.withPassword('ada', 'secret', 'bearer')).resolves.toBeDefined();
    expect(warn).toHaveBeenCalledTimes(warnings);
  });

  it('is none of a new one: that is left alone', async () => {
    const s = setUp();
    const change = jest.spyOn(s.users, 'changePassword');
    await s.logins.withPassword('ada', 'secret', 'bearer');
    expect(change).not.toHaveBeenCalled();
  });
});

describe('proving again by password that it is still the user', () => {
  const signedIn = (user: Partial<NewUser> = {}) => {
    const s = setUp({ user });
    const session = s.addSession(s.known);
    s.clock.advance(60_000);
    return { ...s, session, prove: (password: string) => s.logins.reauthenticate(session, password) };
  };

  it('renews the time of the session, and tells of it', async () => {
    const s = signedIn();
    await s.prove('secret');
    expect(await s.stored(s.session.id)).toMatchObject({ authenticatedAt: s.clock.now(), amr: ['pwd'] });
    expect(s.heard).toMatchObject([
      { type: 'session.reauthenticated', subject: s.id, sessionId: s.session.id, details: { amr: ['pwd'] } },
    ]);
  });

  it.each<[string, Partial<NewUser>, string]>([
    ['a wrong password', {}, 'wrong_password'],
    ['a user without one', { passwordHash: null }, 'no_password'],
  ])('by %s changes nothing, and is told as at login', async (_what, user, reason) => {
    const s = signedIn(user);
    await expect(s.prove('wrong')).rejects.toMatchObject({ code: 'invalid_credentials', reason });
    expect((await s.stored(s.session.id))!.authenticatedAt).toBe(s.session.authenticatedAt);
    expect(s.heard).toMatchObject([{ type: 'login.failed', subject: s.id, details: { reason } }]);
  });

  it('of nobody costs as much, and is the same answer', async () => {
    const s = signedIn();
    const nobody = s.logins.reauthenticate({ id: s.session.id, userId: 'nobody' }, 'secret');
    await expect(nobody).rejects.toMatchObject({ code: 'invalid_credentials', reason: 'unknown_user' });
  });

  it.each<[string, (s: ReturnType<typeof signedIn>) => void]>([
    ['the session ends', (s) => s.sessions.revoke(s.session.id, 'logout', s.clock.now())],
    [
      'the password is replaced',
      (s) => s.users.changePassword(s.id, { from: undefined, to: 'plain:new', endSessions: true, at: s.clock.now() }),
    ],
  ])('is worth nothing when %s while it is checked', async (_what, meanwhile) => {
    const s = signedIn();
    const verify = s.passwords.verify.bind(s.passwords);
    jest.spyOn(s.passwords, 'verify').mockImplementation(async (...args) => {
      const matches = await verify(...args);
      meanwhile(s);
      // A change of the password in this very session moves it to the new epoch.
      s.sessions.restamp(s.session.id, 0, 1, s.clock.now());
      return matches;
    });
    await expect(s.prove('secret')).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect((await s.stored(s.session.id))!.authenticatedAt).toBe(s.session.authenticatedAt);
    expect(s.types()).toEqual([]);
  });
});
