import { randomUUID } from 'node:crypto';
import { Injectable, Scope } from '@nestjs/common';
import { authKitEntities, AuthUserBase, OnAuthEvent } from 'nest-authkit';
import { DeleteDateColumn, Entity } from 'typeorm';
import { ALL_DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

@Entity('members')
class Member extends AuthUserBase {
  @DeleteDateColumn({ name: 'deleted_at' })
  deletedAt!: Date | null;
}

describeOn('an account', { databases: ['memory', ...ALL_DATABASES] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ ...place, authkit: { registration: { requireVerifiedEmail: true } } });
  });
  afterAll(() => t.close());

  it('with an unverified address is told so after the right password only, and may sign in once it is verified', async () => {
    const user = await t.auth.register({ email: 'new@example.com', password: PASSWORD });
    const login = async (password: string) => {
      const reply = await t.client.post('/auth/login', { identifier: user.email, password });
      return [reply.status, reply.body.code];
    };
    expect(await login('not the password')).toEqual([401, 'invalid_credentials']);
    expect(await login(PASSWORD)).toEqual([403, 'email_not_verified']);
    await t.auth.setEmailVerified(user.id, true, { keepPassword: true });
    expect(await login(PASSWORD)).toEqual([200, undefined]);
    await t.auth.setEmailVerified(user.id, false);
    expect(await login(PASSWORD)).toEqual([403, 'email_not_verified']);
  });

  it('is found by address or username, as typed', async () => {
    const user = await t.auth.register({ email: 'find@example.com', username: 'Finder', password: PASSWORD });
    expect((await t.auth.findUser(' FIND@example.com '))?.id).toBe(user.id);
    expect((await t.auth.findUser({ email: ' FIND@example.com ' }))?.id).toBe(user.id);
    expect((await t.auth.findUser('finder'))?.id).toBe(user.id);
    expect((await t.auth.findUser({ username: 'FINDER' }))?.id).toBe(user.id);
    expect(await t.auth.findUser({ email: 'finder' })).toBeNull();
    expect(await t.auth.findUser('nobody@example.com')).toBeNull();
    expect(await t.auth.findUser('not an address@')).toBeNull();
  });

  it('that does not exist is 404 for every change', async () => {
    const id = randomUUID();
    const changes = [
      t.auth.setEmailVerified(id, true),
      t.auth.setPassword(id, PASSWORD),
      t.auth.setRoles(id, []),
      t.auth.setActive(id, false),
      t.auth.revokeAll(id),
      t.auth.issueFor(id),
    ];
    for (const change of changes) await expect(change).rejects.toMatchObject({ code: 'user_not_found' });
    expect(await t.auth.revoke(id)).toBe(false);
    expect(await t.auth.revoke('no id')).toBe(false);
    expect(await t.auth.logout('no token')).toBe(false);
  });

  it.each(['', 'a b', 'x'.repeat(65), 'a\0', 'rôle'])('takes no role named %p', async (role) => {
    const user = await t.auth.register({ email: `${randomUUID()}@example.com`, password: PASSWORD });
    await expect(t.auth.setRoles(user.id, ['user', role])).rejects.toMatchObject({ code: 'validation_failed' });
    expect((await t.auth.findUser(user.email))?.roles).toEqual(['user']);
  });

  it('is signed in by the host on its own word, and signed out by either token', async () => {
    const { id } = await t.auth.register({ email: 'host@example.com', password: PASSWORD }, { emailVerified: true });
    const [one, two] = [await t.auth.issueFor(id, { amr: ['sso'] }), await t.auth.issueFor({ id })];
    expect(t.auth.verifyAccessToken(one.accessToken)).toMatchObject({ sub: id, sid: one.sessionId, amr: ['sso'] });
    expect(await t.auth.logout(one.accessToken)).toBe(true);
    expect(await t.auth.logout(two.refreshToken)).toBe(true);
    for (const { refreshToken } of [one, two]) {
      await expect(t.auth.refresh(refreshToken)).rejects.toMatchObject({ code: 'token_revoked' });
    }
  });

  it('is signed in with the time the host says, and never with one to come', async () => {
    const { id } = await t.kit.user();
    const now = Math.floor(t.clock.now() / 1000);
    const authTimeOf = async (seconds: number) => {
      const { accessToken } = await t.auth.issueFor(id, { authenticatedAt: new Date(seconds * 1000) });
      return t.auth.verifyAccessToken(accessToken).auth_time;
    };
    expect([await authTimeOf(now - 3_600), await authTimeOf(now + 3_600)]).toEqual([now - 3_600, now]);
  });

  it('says in its events whose session ended, and who ended it', async () => {
    const { id } = await t.auth.register({ email: 'events@example.com', password: PASSWORD }, { emailVerified: true });
    const [byLogout, byHost] = [await t.auth.issueFor(id), await t.auth.issueFor(id)];
    t.events.length = 0;
    await t.client.post('/auth/logout', undefined, { token: byLogout.accessToken });
    await t.auth.revoke(byHost.sessionId);
    expect(t.events).toMatchObject([
      {
        type: 'session.revoked',
        subject: id,
        sessionId: byLogout.sessionId,
        actor: { kind: 'user', id },
        details: { reason: 'logout' },
      },
      {
        type: 'session.revoked',
        subject: id,
        sessionId: byHost.sessionId,
        actor: null,
        details: { reason: 'revoked_by_host' },
      },
    ]);
  });
});

describeOn('a soft-deleted user', { adapters: ['express'], databases: ALL_DATABASES }, (place) => {
  it('is gone: no login, no refresh, no new request once the session is read again', async () => {
    expect(authKitEntities({ userEntity: Member })).toContain(Member);
    const t = await createTestApp({ ...place, authkit: { userEntity: Member, dto: {} } });
    const user = await t.signUp('gone@example.com');
    await t.source.getRepository(Member).softDelete(user.id);
    await expect(t.auth.login(user.email, PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
    await expect(t.auth.refresh(user.refreshToken)).rejects.toMatchObject({ code: 'token_revoked' });
    expect((await t.client.get('/auth/me', { token: user.accessToken })).body.code).toBe('token_revoked');
    await t.close();
  });

  it('is noticed at once when the host says so, though the session was cached', async () => {
    const t = await createTestApp({ ...place, authkit: { userEntity: Member, dto: {} } });
    const user = await t.signUp('cached@example.com');
    const call = () => t.client.get('/probe/principal', { token: user.accessToken });
    expect((await call()).status).toBe(200);
    await t.source.getRepository(Member).softDelete(user.id);
    await t.auth.forgetUser(user.id);
    expect((await call()).body.code).toBe('token_revoked');
    await t.close();
  });
});

it('@OnAuthEvent() in a request-scoped provider is refused at boot', async () => {
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    @OnAuthEvent()
    on(): void {}
  }
  await expect(createTestApp({ providers: [Scoped] })).rejects.toThrow(
    /Scoped\.on: @OnAuthEvent\(\) stands in a request-scoped/,
  );
});

describeOn('roles', { adapters: ['express'], databases: ['memory', ...ALL_DATABASES] }, (place) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());
  const alike = { code: 'validation_failed', problem: { errors: [{ field: 'roles', code: 'roles_alike' }] } };

  it('that differ only in case are refused, whatever the database could keep', async () => {
    const { id } = await t.signUp('alike@example.com');
    await expect(t.auth.setRoles(id, ['writer', 'Writer'])).rejects.toMatchObject(alike);
    const registration = t.auth.register({ email: 'b@example.com', password: PASSWORD }, { roles: ['x', 'X'] });
    await expect(registration).rejects.toMatchObject(alike);
    expect((await t.auth.findUser('alike@example.com'))!.roles).toEqual(['user']);
    expect(await t.auth.findUser('b@example.com')).toBeNull();
  });

  it('that are no names are refused at registration too', async () => {
    const registration = t.auth.register({ email: 'c@example.com', password: PASSWORD }, { roles: ['two words'] });
    await expect(registration).rejects.toMatchObject({ problem: { errors: [{ code: 'invalid_role' }] } });
  });

  it('in another spelling are other roles: the last administrator stays', async () => {
    const admin = await t.signUp('admin@example.com', ['admin']);
    await t.signUp('shout@example.com', ['Admin']);
    await expect(t.auth.setRoles(admin.id, ['Admin'])).rejects.toMatchObject({ code: 'last_admin' });
    await expect(t.auth.setActive(admin.id, false)).rejects.toMatchObject({ code: 'last_admin' });
  });
});
