import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';
import { ALL_DATABASES } from '../support/databases.js';
import { expectProblem } from '../support/attack.js';
import { mailedTo, mailedToken } from '../support/mailed.js';

const MINE = 'mallory@example.com';
const VICTIM = 'victim@example.com';

/** How often each status came. */
const tally = (replies: readonly { status: number }[]): Record<number, number> => {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

const underAttack: Parameters<typeof describeOn>[2] = (place) => {
  let t: TestApp;
  let mallory: SignedUp;
  beforeEach(async () => {
    t = await createTestApp(place);
    mallory = await t.signUp(MINE);
    await t.auth.setEmailVerified(mallory.id, true, { keepPassword: true });
  });
  afterEach(() => t.close());

  const ask = (newEmail: string, token = mallory.accessToken) =>
    t.client.post('/auth/email/change', { newEmail }, { token });
  const confirm = (token: string) => t.client.post('/auth/email/change/confirm', { token });
  const addressOf = async () => (await t.client.get('/auth/me', { token: mallory.accessToken })).body.user.email;

  it.each([
    'a@x.com,b@y.com',
    'a@x.com b@y.com',
    'a@x.com\nb@y.com',
    '<a@x.com>',
    'a@x.com>',
    '"e@attacker.com"@victim.com',
    'e@attacker.com(comment)@victim.com',
    'a@[127.0.0.1]',
    'a@localhost',
    'a@b',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(250)}.com`,
    'a@example.com.',
  ])('MAIL-01 MAIL-02 to %p is refused, and no mail is sent', async (address) => {
    expectProblem(await ask(address), 422, 'validation_failed');
    expect(await t.mails()).toEqual([]);
  });

  it('MAIL-05 tells nobody whether an address is taken: one answer, one notice, one export', async () => {
    await t.signUp(VICTIM);
    const seen = async (newEmail: string) => {
      const reply = await ask(newEmail);
      // Or whether one is still under way would differ by chance.
      await t.mails();
      const held = await t.client.get('/auth/me/export', { token: mallory.accessToken });
      const notices = (await mailedTo(t, MINE)).map((text) => text.replaceAll(newEmail, '').replace(/nao_\S+/g, ''));
      const { links, mails } = held.body as { links: { purpose: string }[]; mails: unknown[] };
      return [reply.status, reply.text, notices[0], links.map(({ purpose }) => purpose), mails];
    };
    expect(await seen(VICTIM)).toEqual(await seen('free@example.com'));
    expect(await mailedTo(t, VICTIM)).toEqual([]);
    expect(await mailedTo(t, 'free@example.com')).toHaveLength(1);
  });

  it('MAIL-05 keeps the old address until the new one is confirmed, and then kills every link sent to the old', async () => {
    await ask('new@example.com');
    const [stop, go] = [
      await mailedToken(t, MINE, 'cancel-email'),
      await mailedToken(t, 'new@example.com', 'confirm-email'),
    ];
    expect((await t.auth.login(MINE, PASSWORD)).user.id).toBe(mallory.id);
    await expect(t.auth.login('new@example.com', PASSWORD)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect((await confirm(go)).status).toBe(204);
    expectProblem(await t.client.post('/auth/email/change/cancel', { token: stop }), 410, 'link_invalid');
    expect(await mailedTo(t, MINE)).toHaveLength(2);
  });

  it('MAIL-06 the link of one address cannot confirm another: changing the target kills the link before', async () => {
    await ask('own@example.com');
    const own = await mailedToken(t, 'own@example.com', 'confirm-email');
    await ask(VICTIM);
    expectProblem(await confirm(own), 410, 'link_invalid');
    expect(await addressOf()).toBe(MINE);
    // And only whoever reads the victim's mailbox has the other link.
    expect((await confirm(await mailedToken(t, VICTIM, 'confirm-email'))).status).toBe(204);
    expect(await addressOf()).toBe(VICTIM);
  });

  it('MAIL-06 whatever the order, an account only ever gets the address whose link was used', async () => {
    for (let round = 0; round < 6; round += 1) {
      const own = `own${round}@example.com`;
      const before = (await addressOf()) as string;
      await ask(own);
      const token = await mailedToken(t, own, 'confirm-email');
      const [, confirmed] = await Promise.all([ask(VICTIM), confirm(token)]);
      expect(await addressOf()).toBe(confirmed.status === 204 ? own : before);
    }
    expect(await t.auth.findUser(VICTIM)).toBeNull();
  });

  it('MAIL-06 a link asked for before a change that came first is dead', async () => {
    await ask('one@example.com');
    const one = await mailedToken(t, 'one@example.com', 'confirm-email');
    expect((await confirm(one)).status).toBe(204);
    await ask('two@example.com');
    const two = await mailedToken(t, 'two@example.com', 'confirm-email');
    expectProblem(await confirm(one), 410, 'link_invalid');
    expect((await confirm(two)).status).toBe(204);
    expect(await addressOf()).toBe('two@example.com');
  });

  it('of 50 who use one link at once one wins, and one notice goes out', async () => {
    await ask('new@example.com');
    const token = await mailedToken(t, 'new@example.com', 'confirm-email');
    const replies = await Promise.all(Array.from({ length: 50 }, () => confirm(token)));
    expect(tally(replies)).toEqual({ 204: 1, 410: 49 });
    expect(t.events.filter(({ type }) => type === 'email.changed')).toHaveLength(1);
    expect(await mailedTo(t, MINE)).toHaveLength(2);
  });

  it('of a confirmation and an objection at once one wins', async () => {
    for (let round = 0; round < 5; round += 1) {
      const next = `next${round}@example.com`;
      const before = (await addressOf()) as string;
      await ask(next);
      const [go, stop] = [await mailedToken(t, next, 'confirm-email'), await mailedToken(t, before, 'cancel-email')];
      const replies = await Promise.all([
        confirm(go),
        t.client.post('/auth/email/change/cancel', { token: stop }),
        confirm(go),
      ]);
      expect(tally(replies)).toEqual({ 204: 1, 410: 2 });
      expect(await addressOf()).toBe(replies[1].status === 204 ? before : next);
    }
  });

  it('of 50 who stop a deletion by one link at once one wins', async () => {
    await t.client.delete('/auth/me', { token: mallory.accessToken });
    const token = await mailedToken(t, MINE, 'cancel-deletion');
    const cancel = () => t.client.post('/auth/me/deletion/cancel', { token });
    expect(tally(await Promise.all(Array.from({ length: 50 }, cancel)))).toEqual({ 204: 1, 410: 49 });
  });

  it('AUTHZ-05 one administrator is left when all delete their accounts at once', async () => {
    const admins: SignedUp[] = [];
    for (let n = 0; n < 5; n += 1) admins.push(await t.signUp(`admin${n}@example.com`, ['admin']));
    const outcomes = await Promise.allSettled(
      admins.map(({ id }, n) => (n % 2 ? t.auth.deleteUser(id) : t.auth.setActive(id, false))),
    );
    const refused = outcomes.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
    );
    expect(refused).toEqual(['last_admin']);
  });

  it('is limited by mailbox: of the one who asks, and of the one that is written to', async () => {
    const limited = await createTestApp({ ...place, authkit: { rateLimits: {} } });
    const asking = async (user: SignedUp, newEmail: string) => {
      const { accessToken: token } = await limited.auth.issueFor(user.id);
      return (await limited.client.post('/auth/email/change', { newEmail }, { token })).status;
    };
    const users: SignedUp[] = [];
    for (let n = 0; n < 4; n += 1) {
      users.push(await limited.signUp(`user${n}@example.com`));
      await limited.auth.setEmailVerified(users[n].id, true, { keepPassword: true });
    }
    const toStrangers = [0, 1, 2, 3].map((n) => () => asking(users[0], `stranger${n}@example.com`));
    const toVictim = [1, 2, 3].map((n) => () => asking(users[n], VICTIM));
    const statuses: number[] = [];
    for (const call of [...toStrangers, ...toVictim, () => asking(users[1], VICTIM)]) statuses.push(await call());
    expect(statuses).toEqual([202, 202, 202, 429, 202, 202, 202, 429]);
    expect(await mailedTo(limited, VICTIM)).toHaveLength(3);
    await limited.close();
  });

  it('calls from another site are refused before the link is looked at', async () => {
    await ask('new@example.com');
    const token = await mailedToken(t, 'new@example.com', 'confirm-email');
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    for (const path of ['email/change/confirm', 'email/change/cancel', 'me/deletion/cancel']) {
      expectProblem(await t.client.post(`/auth/${path}`, { token }, { headers }), 403, 'csrf_rejected');
    }
    expect((await confirm(token)).status).toBe(204);
  });
};

// The store decides; the adapters only carry it.
describeOn(
  'a change of the e-mail address under attack',
  { adapters: ['express'], databases: ALL_DATABASES },
  underAttack,
);
describeOn(
  'a change of the e-mail address under attack',
  { adapters: ['fastify'], databases: ['sqlite'] },
  underAttack,
);
