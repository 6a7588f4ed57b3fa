import type { IncomingMessage } from 'node:http';
import { Controller, Get, Injectable } from '@nestjs/common';
import {
  AllowCredentials,
  Authenticated,
  Authenticator,
  AuthKitError,
  AuthService,
  CurrentPrincipal,
  CurrentUser,
  OnAuthEvent,
  SecondFactor,
  type AnyAuthEvent,
  type AuthEventListener,
  type Authentication,
  type AuthKitFeature,
  type Principal,
} from 'nest-authkit';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

/** A feature that plugs into every point, as a host could write it. */
@Injectable()
class DoorCode extends SecondFactor {
  needed = new Set<string>();

  override demand(user: { id: string }): AuthKitError | null {
    return this.needed.has(user.id) ? new AuthKitError('invalid_credentials', { detail: 'Give the door code.' }) : null;
  }
}

@Injectable()
class BadgeAuthenticator extends Authenticator {
  override async authenticate(request: IncomingMessage): Promise<Authentication | null> {
    const badge = request.headers['x-badge'];
    if (badge === undefined) return null;
    await Promise.resolve();
    if (badge !== 'robot-7') throw new AuthKitError('token_invalid', { reason: 'unknown badge' });
    const principal: Principal = {
      kind: 'api-key',
      id: 'robot-7',
      roles: [],
      permissions: [],
      amr: ['badge'],
      authenticatedAt: 0,
      hasRole: () => false,
      can: (...allOf) => allOf.length === 0,
    };
    return { principal, via: 'header' };
  }
}

@Injectable()
class Diary implements AuthEventListener {
  readonly entries: string[] = [];

  onAuthEvent(event: AnyAuthEvent): void {
    this.entries.push(event.type);
  }
}

const doors: AuthKitFeature = {
  name: 'doors',
  controllers: (path) => {
    @Controller(path)
    class DoorsController {
      @Get()
      @AllowCredentials('api-key', 'user')
      doors(@CurrentPrincipal() principal: Principal, @CurrentUser() user: unknown) {
        return { id: principal.id, hasUser: user !== null };
      }

      @Get('people')
      @Authenticated()
      people() {
        return { ok: true };
      }
    }
    return [DoorsController];
  },
  secondFactor: DoorCode,
  authenticator: BadgeAuthenticator,
  listener: Diary,
};

@Injectable()
class HostListener {
  readonly failures: AnyAuthEvent[] = [];
  readonly all: string[] = [];

  @OnAuthEvent('login.failed', 'session.reuse_detected')
  onFailure(event: AnyAuthEvent): void {
    this.failures.push(event);
  }

  @OnAuthEvent()
  onAny(event: AnyAuthEvent): void {
    this.all.push(event.type);
    if (event.type === 'user.activated') throw new Error('the host’s handler failed');
  }
}

describeOn('a feature', {}, ({ adapter }) => {
  let t: TestApp;
  let user: Awaited<ReturnType<TestApp['signUp']>>;
  beforeAll(async () => {
    t = await createTestApp({ adapter, authkit: { features: [doors] }, providers: [HostListener] });
    user = await t.signUp('ada@example.com');
  });
  afterAll(() => t.close());

  it('authenticates its own credential, only where that is allowed', async () => {
    const badge = { headers: { 'x-badge': 'robot-7' } };
    const open = await t.client.get('/doors', badge);
    expect([open.status, open.body]).toEqual([200, { id: 'robot-7', hasUser: false }]);
    const closed = await t.client.get('/doors/people', badge);
    expect([closed.status, closed.body.code]).toEqual([403, 'credential_not_allowed']);
    expect((await t.client.get('/doors', { headers: { 'x-badge': 'forged' } })).status).toBe(401);
    const person = await t.client.get('/doors', { token: user.accessToken });
    expect(person.body).toEqual({ id: user.id, hasUser: true });
  });

  it('demands a second factor before any session exists', async () => {
    t.app.get(DoorCode).needed.add(user.id);
    t.events.length = 0;
    const login = await t.client.post('/auth/login', { identifier: user.email, password: PASSWORD });
    expect([login.status, login.body.detail]).toEqual([401, 'Give the door code.']);
    await expect(t.auth.issueFor(user)).rejects.toMatchObject({ message: 'Give the door code.' });
    expect(t.events.map(({ type }) => type)).not.toContain('session.issued');
    t.app.get(DoorCode).needed.clear();
  });

  it('hears every event before the reply', async () => {
    const diary = t.app.get(Diary);
    diary.entries.length = 0;
    await t.client.post('/auth/login', { identifier: user.email, password: PASSWORD });
    // The notice about a new device goes out by itself, sooner or later.
    expect(diary.entries.filter((type) => type !== 'mail.sent')).toEqual(['session.issued', 'login.succeeded']);
  });

  it('leaves hosts to listen by a decorator, whose failures harm nobody', async () => {
    const host = t.app.get(HostListener);
    host.failures.length = 0;
    await t.client.post(
      '/auth/login',
      { identifier: user.email, password: 'not the password' },
      { headers: { 'user-agent': 'probe/1' } },
    );
    await t.app.get(AuthService).setActive(user.id, false);
    await t.app.get(AuthService).setActive(user.id, true);
    await new Promise((resolve) => setImmediate(resolve));
    expect(host.failures).toHaveLength(1);
    expect(host.failures[0]).toMatchObject({
      type: 'login.failed',
      subject: user.id,
      actor: null,
      ip: '127.0.0.1',
      userAgent: 'probe/1',
      details: { reason: 'wrong_password' },
    });
    expect(host.all).toEqual(expect.arrayContaining(['user.deactivated', 'session.revoked', 'user.activated']));
  });

  it('is served where the host puts it, or not at all', async () => {
    const moved = await createTestApp({
      adapter,
      authkit: { features: [doors], routes: { features: { doors: 'gates' } } },
    });
    expect((await moved.client.get('/gates')).status).toBe(401);
    await moved.close();
    const off = await createTestApp({
      adapter,
      authkit: { features: [doors], routes: { features: { doors: false } } },
    });
    expect((await off.client.get('/doors')).status).toBe(404);
    await off.close();
  });
});
