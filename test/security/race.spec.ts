import { SessionStore, UserStore } from 'nest-authkit';
import { memoryStorage, MemoryUserStore } from 'nest-authkit/testing';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import type { KnownUser } from '../../libs/authkit/src/storage/user.store.js';
import type { Reply } from '../support/client.js';
import { ALL_DATABASES, temporaryFile } from '../support/databases.js';
import { Gate, hold } from '../support/gate.js';
import { createTestApp, describeOn, PASSWORD, type SignedUp, type TestApp } from '../support/test-app.js';

const ROUNDS = 4;
const NEW_PASSWORD = 'quiet meadow compass 77';

type Tokens = { access_token: string; refresh_token: string };
type Ending = (t: TestApp, user: SignedUp) => Promise<unknown>;

const ENDINGS_OF_ALL: Record<string, Ending> = {
  'revocation of all sessions': (t, user) =>
    t.client.delete('/auth/sessions?current=true', { token: user.accessToken }),
  deactivation: (t, user) => t.auth.setActive(user.id, false),
  'deactivation and reactivation': (t, user) =>
    t.auth.setActive(user.id, false).then(() => t.auth.setActive(user.id, true)),
  'a password reset': (t, user) => t.auth.setPassword(user.id, NEW_PASSWORD),
};
const ENDINGS: Record<string, Ending> = {
  ...ENDINGS_OF_ALL,
  logout: (t, user) => t.client.post('/auth/logout', undefined, { token: user.accessToken }),
  'revocation of the session': (t, user) => t.auth.revoke(user.sessionId),
  'replay of an old token': (t, user) => t.client.post('/auth/refresh', { refreshToken: user.refreshToken }),
  'a password change elsewhere': async (t, user) => {
    const { accessToken } = await t.auth.login(user.email, PASSWORD);
    const body = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD };
    expect((await t.client.post('/auth/password/change', body, { token: accessToken })).status).toBe(204);
  },
};

const refresh = (t: TestApp, refreshToken: string) => t.client.post('/auth/refresh', { refreshToken });
const login = (t: TestApp, user: SignedUp) =>
  t.client.post('/auth/login', { identifier: user.email, password: PASSWORD });
/** A host's route, whose session is cached; the kit's own routes always read it. */
const me = async (t: TestApp, token: string) => (await t.client.get('/probe/principal', { token })).status;
const tokensOf = (user: SignedUp): Tokens => ({ access_token: user.accessToken, refresh_token: user.refreshToken });
const granted = (replies: Reply[]) => replies.filter(({ status }) => status === 200).map(({ body }) => body as Tokens);

async function expectNothingAlive(t: TestApp, issued: Tokens[]): Promise<void> {
  for (const { access_token, refresh_token } of issued) {
    expect(await me(t, access_token)).toBe(401);
    expect((await refresh(t, refresh_token)).status).toBe(401);
    expect(await me(t, access_token)).toBe(401);
  }
}

describeOn('races', { databases: ALL_DATABASES }, (place) => {
  let t: TestApp;
  let users = 0;
  beforeAll(async () => {
    t = await createTestApp(place);
  });
  afterAll(() => t.close());
  const newUser = () => t.signUp(`user${(users += 1)}@example.com`);

  it.each(Object.keys(ENDINGS))('refreshes racing %s leave nothing alive', async (name) => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const ada = await newUser();
      const current = (await refresh(t, ada.refreshToken)).body as Tokens;
      t.clock.advance(40_000);
      expect(await me(t, ada.accessToken)).toBe(200);
      const before = Array.from({ length: round }, () => refresh(t, current.refresh_token));
      const ending = ENDINGS[name](t, ada);
      const after = Array.from({ length: ROUNDS - round }, () => refresh(t, current.refresh_token));
      const replies = await Promise.all([...before, ...after]);
      await ending;
      for (const { status } of replies) expect([200, 401]).toContain(status);
      await expectNothingAlive(t, [...granted(replies), current, tokensOf(ada)]);
    }
  });

  it.each(Object.keys(ENDINGS))(
    'a refresh that has passed its checks when %s comes leaves nothing alive',
    async (name) => {
      for (const when of ['before', 'after'] as const) {
        const ada = await newUser();
        const current = (await refresh(t, ada.refreshToken)).body as Tokens;
        t.clock.advance(40_000);
        const gate = new Gate();
        const release = hold(t.app.get(SessionStore), 'rotate', when, gate);
        const late = refresh(t, current.refresh_token);
        await gate.reachedBy(1);
        release();
        await ENDINGS[name](t, ada);
        gate.open();
        await expectNothingAlive(t, [...granted([await late]), current]);
      }
    },
  );

  it.each(Object.keys(ENDINGS_OF_ALL))(
    'logins that have read the account when %s comes leave nothing alive',
    async (name) => {
      const ada = await newUser();
      for (const [target, method] of [
        [UserStore, 'findByIdentifier'],
        [SessionStore, 'insert'],
      ] as const) {
        const eve = await newUser();
        const gate = new Gate();
        const release = hold(t.app.get(target as never), method, method === 'insert' ? 'before' : 'after', gate);
        const late = Array.from({ length: 4 }, () => login(t, eve));
        await gate.reachedBy(4);
        release();
        await ENDINGS_OF_ALL[name](t, eve);
        gate.open();
        const replies = await Promise.all(late);
        for (const { status } of replies) expect([200, 401]).toContain(status);
        await expectNothingAlive(t, granted(replies));
      }
      expect(await me(t, ada.accessToken)).toBe(200);
    },
  );

  it.each(['deactivation', 'a password reset'])(
    'logins with the old password racing %s leave nothing alive',
    async (name) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const ada = await newUser();
        const before = Array.from({ length: round }, () => login(t, ada));
        const ending = ENDINGS[name](t, ada);
        const after = Array.from({ length: ROUNDS - round }, () => login(t, ada));
        const replies = await Promise.all([...before, ...after]);
        await ending;
        await expectNothingAlive(t, [...granted(replies), tokensOf(ada)]);
      }
    },
  );

  it.each(Object.keys(ENDINGS))(
    'a request whose session was read when %s comes is refused, and so is the next',
    async (name) => {
      const ada = await newUser();
      await refresh(t, (await refresh(t, ada.refreshToken)).body.refresh_token as string);
      const gate = new Gate();
      const release = hold(t.app.get(SessionStore), 'findWithUser', 'after', gate);
      const late = Array.from({ length: 3 }, () => me(t, ada.accessToken));
      await gate.reachedBy(1);
      release();
      // Not by a request of the session: it would wait for the read that is held.
      await (name === 'revocation of all sessions' ? t.auth.revokeAll(ada.id) : ENDINGS[name](t, ada));
      expect(await me(t, ada.accessToken)).toBe(401);
      gate.open();
      expect(await Promise.all(late)).toEqual([401, 401, 401]);
      expect(await me(t, ada.accessToken)).toBe(401);
    },
  );

  it('two password changes at once: one wins, and only its session lives', async () => {
    for (let round = 0; round < 3; round += 1) {
      const ada = await newUser();
      const second = await t.auth.login(ada.email, PASSWORD);
      const tokens = [ada.accessToken, second.accessToken];
      const replies = await Promise.all(
        tokens.map((token, i) =>
          t.client.post(
            '/auth/password/change',
            { currentPassword: PASSWORD, newPassword: `${NEW_PASSWORD} ${i}` },
            { token },
          ),
        ),
      );
      const winner = replies.findIndex(({ status }) => status === 204);
      expect([401, 409]).toContain(replies[1 - winner].status);
      expect([await me(t, tokens[winner]), await me(t, tokens[1 - winner])]).toEqual([200, 401]);
      await expect(t.auth.login(ada.email, `${NEW_PASSWORD} ${winner}`)).resolves.toBeDefined();
    }
  });
});

describeOn('two nodes without a bus', { adapters: ['express'], databases: ALL_DATABASES }, (place) => {
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    here = await createTestApp({ ...place, file: temporaryFile() });
    there = await createTestApp({ ...place, beside: here });
    // The timers stop; from here on the tests poll.
    for (const node of [here, there]) await node.app.get(ChangeFeed).onApplicationShutdown();
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  let users = 0;
  const poll = () => there.app.get(ChangeFeed).poll();
  /** A user whose session the other node has cached, and whose registration its polls do not see any more. */
  async function seenOnBoth(): Promise<SignedUp> {
    const user = await here.signUp(`user${(users += 1)}@example.com`);
    for (let i = 0; i < 2; i += 1) {
      here.clock.advance(20_000);
      await poll();
    }
    expect([await me(here, user.accessToken), await me(there, user.accessToken)]).toEqual([200, 200]);
    return user;
  }

  it.each(Object.keys(ENDINGS).filter((name) => name !== 'replay of an old token'))(
    '%s on one is seen by the other at its next poll',
    async (name) => {
      const bystander = await seenOnBoth();
      const ada = await seenOnBoth();
      await ENDINGS[name](here, ada);
      // Refreshing always reads; the access token is still served from the cache, until the poll.
      expect((await refresh(there, ada.refreshToken)).status).toBe(401);
      expect(await me(there, ada.accessToken)).toBe(200);
      here.clock.advance(2_500);
      await poll();
      expect([await me(here, ada.accessToken), await me(there, ada.accessToken)]).toEqual([401, 401]);
      expect(await me(there, bystander.accessToken)).toBe(200);
    },
  );

  it('a role change on one is seen by the other at its next poll', async () => {
    await here.signUp('root@example.com', ['admin']);
    const ada = await seenOnBoth();
    const staff = async () => (await there.client.get('/probe/admin', { token: ada.accessToken })).status;
    await here.auth.setRoles(ada.id, ['admin']);
    here.clock.advance(2_500);
    await poll();
    expect(await staff()).toBe(200);
    await here.auth.setRoles(ada.id, ['user']);
    here.clock.advance(2_500);
    await poll();
    expect(await staff()).toBe(403);
  });

  it('a node whose polls fail serves nothing cached after the staleness: it reads, and refuses', async () => {
    const ada = await seenOnBoth();
    const repair = hold(there.app.get(SessionStore), 'changedSince', 'before', failing());
    await here.auth.revoke(ada.sessionId);
    here.clock.advance(4_999);
    await poll();
    expect(await me(there, ada.accessToken)).toBe(200);
    here.clock.advance(1);
    expect(await me(there, ada.accessToken)).toBe(401);
    repair();
    await poll();
  });
});

function failing(): Gate {
  return { pass: () => Promise.reject(new Error('the database is away')) } as unknown as Gate;
}

/** A host's own table without session epochs. */
class LegacyUserStore extends MemoryUserStore {
  override findById = (id: string) => withoutEpoch(super.findById(id)) as never;
  override findByIdentifier = (identifier: never) => withoutEpoch(super.findByIdentifier(identifier)) as never;
}
Object.defineProperty(LegacyUserStore.prototype, 'endSessions', { value: undefined, writable: true });

function withoutEpoch(record: KnownUser | null) {
  return record && { user: record.user, passwordHash: record.passwordHash };
}

describeOn("races over a host's own user store", {}, (place) => {
  let t: TestApp;
  beforeEach(async () => {
    t = await createTestApp({
      ...place,
      authkit: { storage: { ...memoryStorage(), users: LegacyUserStore } },
    });
  });
  afterEach(() => t.close());

  it.each(Object.keys(ENDINGS_OF_ALL))(
    'a login that has read the hash when %s comes leaves nothing alive',
    async (name) => {
      const ada = await t.signUp('ada@example.com');
      // The store is asked twice; a login that reads the hash only after the ending is a new one.
      const isByPassword = name === 'deactivation' || name === 'a password reset';
      for (const method of isByPassword ? ['findByIdentifier', 'findById'] : ['findById']) {
        const gate = new Gate();
        const release = hold(t.app.get(LegacyUserStore), method, 'after', gate);
        const late = login(t, ada);
        await gate.reachedBy(1);
        release();
        await ENDINGS_OF_ALL[name](t, ada);
        gate.open();
        await expectNothingAlive(t, granted([await late]));
        await t.auth.setPassword(ada.id, PASSWORD);
        await t.auth.setActive(ada.id, true);
      }
    },
  );
});
