import { ALL_DATABASES } from '../support/databases.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

describeOn('the last administrator', { adapters: ['express'], databases: ALL_DATABASES }, (place) => {
  let t: TestApp;
  let admins: SignedUp[];
  beforeEach(async () => {
    t = await createTestApp(place);
    admins = [];
    for (let i = 0; i < 6; i += 1) admins.push(await t.signUp(`admin${i}@example.com`, ['admin']));
  });
  afterEach(() => t.close());

  const demote = ({ id }: SignedUp) => t.auth.setRoles(id, ['user']);
  const disable = ({ id }: SignedUp) => t.auth.setActive(id, false);
  const WAYS: [name: string, remove: (admin: SignedUp, i: number) => Promise<void>][] = [
    ['demoted', demote],
    ['disabled', disable],
    ['demoted and disabled', (admin, i) => (i % 2 ? demote(admin) : disable(admin))],
  ];

  it.each(WAYS)('AUTHZ-05 one is left when all are %s at once', async (_name, remove) => {
    const results = await Promise.allSettled(admins.map(remove));
    const refused = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as { code: string }] : [],
    );
    expect(refused.map(({ code }) => code)).toEqual(['last_admin']);
    const left = await Promise.all(
      admins.map(({ email }) =>
        t.auth.login(email, PASSWORD).then(
          ({ user }) => user.roles,
          (): string[] => [],
        ),
      ),
    );
    expect(left.filter((roles) => roles.includes('admin'))).toHaveLength(1);
  });

  it('AUTHZ-05 a disabled administrator does not count as one who is left', async () => {
    for (const admin of admins.slice(1)) await disable(admin);
    await expect(demote(admins[0])).rejects.toMatchObject({ code: 'last_admin' });
    await expect(disable(admins[0])).rejects.toMatchObject({ code: 'last_admin' });
    await expect(demote(admins[1])).resolves.toBeUndefined();
    expect((await t.client.get('/probe/admin', { token: admins[0].accessToken })).status).toBe(200);
  });
});
