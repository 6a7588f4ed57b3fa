import { SessionStore } from 'nest-authkit';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { ReadinessService } from '../../libs/authkit/src/readiness.service.js';
import { createTestApp, describeOn, PASSWORD, type TestApp } from '../support/test-app.js';

const MINUTE = 60_000;

describeOn("session.check: 'never'", {}, ({ adapter }) => {
  let t: TestApp;
  beforeAll(async () => {
    t = await createTestApp({ adapter, authkit: { session: { check: 'never' } } });
  });
  afterAll(() => t.close());

  it('lets the token alone decide on the host’s routes until it expires', async () => {
    const user = await t.signUp('never@example.com', ['editor']);
    await t.auth.revokeAll(user.id);
    await t.auth.setRoles(user.id, []);
    const call = (path: string) => t.client.get(path, { token: user.accessToken });
    expect((await call('/probe/principal')).body).toMatchObject({
      id: user.id,
      sessionId: user.sessionId,
      roles: ['editor'],
    });
    expect((await call('/probe/write')).status).toBe(200);
    t.clock.advance(16 * MINUTE);
    expect((await call('/probe/principal')).body.code).toBe('token_expired');
  });

  it('still asks the session on the kit’s own routes', async () => {
    const user = await t.signUp('sensitive@example.com');
    await t.auth.revokeAll(user.id);
    const change = { currentPassword: PASSWORD, newPassword: 'another lantern entirely' };
    const calls = [
      () => t.client.get('/auth/me', { token: user.accessToken }),
      () => t.client.get('/auth/sessions', { token: user.accessToken }),
      () => t.client.delete('/auth/sessions', { token: user.accessToken }),
      () => t.client.post('/auth/password/change', change, { token: user.accessToken }),
    ];
    for (const call of calls) expect((await call()).body.code).toBe('token_revoked');
  });

  it('refreshes no session that has ended', async () => {
    const user = await t.signUp('refresh@example.com');
    await t.auth.revoke(user.sessionId);
    await expect(t.auth.refresh(user.refreshToken)).rejects.toMatchObject({ code: 'token_revoked' });
  });
});

describeOn("session.check: 'always'", {}, ({ adapter }) => {
  it('sees what another process has changed at once', async () => {
    const t = await createTestApp({ adapter, authkit: { session: { check: 'always' } } });
    const user = await t.signUp('always@example.com');
    const call = () => t.client.get('/probe/principal', { token: user.accessToken });
    expect((await call()).status).toBe(200);
    await t.app.get(SessionStore).revoke(user.sessionId, 'logout', t.clock.now());
    expect((await call()).body.code).toBe('token_revoked');
    await t.close();
  });
});

describe('readiness', () => {
  it('holds while the change feed is read and the clock is right, and says what is wrong otherwise', async () => {
    const t = await createTestApp();
    const readiness = t.app.get(ReadinessService);
    expect(readiness.problems()).toEqual([]);
    t.clock.advance(MINUTE);
    expect(readiness.problems()).toEqual([expect.stringMatching(/change feed/)]);
    await t.app.get(ChangeFeed).poll();
    expect(readiness.problems()).toEqual([]);
    Object.defineProperty(t.clock, 'isReliable', { value: false });
    expect(readiness.problems()).toEqual([expect.stringMatching(/clock/)]);
    await t.close();
  });
});
