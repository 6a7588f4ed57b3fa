import { randomUUID } from 'node:crypto';
import { OutboxStore } from '../../libs/authkit/src/storage/outbox.store.js';
import { createTestApp, describeOn, type SignedUp, type TestApp } from '../support/test-app.js';
import { DATABASES } from '../support/databases.js';
import { expectProblem, storedHash } from '../support/attack.js';

const ADA = 'ada@example.com';

describeOn('the export of a user’s data', { databases: DATABASES }, (place) => {
  let t: TestApp;
  let ada: SignedUp;
  let exportData: ((user: { id: string }) => Promise<object>) | undefined;
  beforeEach(async () => {
    exportData = undefined;
    const account = { exportData: async (user: { id: string }) => (await exportData?.(user)) ?? {} };
    t = await createTestApp({ ...place, authkit: { account } });
    ada = await t.signUp(ADA, ['user', 'editor']);
    await t.auth.setEmailVerified(ada.id, true, { keepPassword: true });
  });
  afterEach(() => t.close());

  const exported = (token = ada.accessToken) => t.client.get('/auth/me/export', { token });

  it('is a file with all that the kit holds, times as ISO 8601', async () => {
    const ended = await t.auth.issueFor(ada.id);
    await t.auth.revoke(ended.sessionId);
    await t.client.post('/auth/email/change', { newEmail: 'ada@example.org' }, { token: ada.accessToken });
    await t.mails();
    // The second goes to an address that may be somebody else's: whether it is there would tell if that has an account.
    for (const template of ['new_device', 'change_email']) {
      await t.app.get(OutboxStore, { strict: false }).insert({
        id: randomUUID(),
        userId: ada.id,
        template,
        sealed: '',
        createdAt: t.clock.now() - 5,
        attempts: 9,
        dueAt: null,
        lastError: 'refused',
      });
    }
    const reply = await exported();
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-disposition': 'attachment; filename="account.json"',
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
    const now = new Date(t.clock.now()).toISOString();
    expect(reply.body).toMatchObject({
      exportedAt: now,
      profile: { id: ada.id, email: ADA, emailVerified: true, active: true, createdAt: now },
      mails: [{ template: 'new_device', createdAt: new Date(t.clock.now() - 5).toISOString() }],
      deletion: null,
      data: {},
    });
    expect(reply.body.links).toHaveLength(2);
    expect(reply.body.links).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ purpose: 'change_email', email: 'ada@example.org', createdAt: now, usedAt: null }),
        expect.objectContaining({ purpose: 'cancel_email_change', email: ADA, createdAt: now, usedAt: null }),
      ]),
    );
    expect([...reply.body.profile.roles].sort()).toEqual(['editor', 'user']);
    const sessions = reply.body.sessions as { id: string; endedAt: string | null; endReason: string | null }[];
    const of = (id: string) => sessions.find((session) => session.id === id);
    expect(sessions).toHaveLength(2);
    expect(of(ada.sessionId)).toMatchObject({ transport: 'bearer', amr: ['pwd'], createdAt: now, endedAt: null });
    expect(of(ended.sessionId)).toMatchObject({ endedAt: now, endReason: 'revoked_by_host' });
    expect(t.events.some(({ type, subject }) => type === 'user.exported' && subject === ada.id)).toBe(true);
  });

  it('tells of a deletion that is to come', async () => {
    await t.client.delete('/auth/me', { token: ada.accessToken });
    const { accessToken } = await t.auth.issueFor(ada.id);
    const { deletion } = (await exported(accessToken)).body;
    const at = t.clock.now();
    expect(deletion).toEqual({
      requestedAt: new Date(at).toISOString(),
      deletionAt: new Date(at + 7 * 86_400_000).toISOString(),
    });
  });

  it('holds nothing of other users, no secret, and no hash of one', async () => {
    const other = await t.signUp('other@example.com');
    await t.client.post('/auth/email/change', { newEmail: 'ada@example.org' }, { token: ada.accessToken });
    const { text } = await exported();
    for (const secret of [other.id, 'other@example', 'nao_', 'seed', 'hash', 'fingerprint', 'epoch', '$bcrypt']) {
      expect(text.toLowerCase()).not.toContain(secret);
    }
    if (place.database === 'memory') return;
    expect(text).not.toContain(await storedHash(t, ADA));
    const seeds = await t.source.createQueryBuilder().select('s.seed', 'seed').from('auth_sessions', 's').getRawMany();
    const hashes = await t.source
      .createQueryBuilder()
      .select('o.hash', 'seed')
      .from('auth_one_time_tokens', 'o')
      .getRawMany();
    expect(seeds.length + hashes.length).toBe(4);
    for (const { seed } of [...seeds, ...hashes] as { seed: string }[]) expect(text).not.toContain(seed);
  });

  it('has the app’s own data in it, or is refused: half of it would pass for all', async () => {
    exportData = async ({ id }) => ({ notes: [{ of: id }] });
    expect((await exported()).body.data).toEqual({ notes: [{ of: ada.id }] });
    exportData = () => Promise.reject(new Error('the archive is down'));
    expectProblem(await exported(), 503, 'unavailable');
  });

  it('needs a recent authentication, and any', async () => {
    expectProblem(await t.client.get('/auth/me/export'), 401, 'authentication_required');
    t.clock.advance('16m');
    const { accessToken } = await t.auth.refresh(ada.refreshToken);
    expect(await exported(accessToken)).toMatchObject({ status: 403, body: { code: 'reauthentication_required' } });
  });
});
