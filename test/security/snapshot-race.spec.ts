import { SessionStore } from 'nest-authkit';
import { ChangeFeed } from '../../libs/authkit/src/sessions/change-feed.js';
import { SessionCache } from '../../libs/authkit/src/sessions/session-cache.js';
import { expectProblem } from '../support/attack.js';
import { temporaryFile } from '../support/databases.js';
import { Gate, hold } from '../support/gate.js';
import { createTestApp, describeOn, type SignedUp, type TestApp } from '../support/test-app.js';

const STALENESS_MS = 5_000;

/** Each commits in the database, drops the snapshots it concerns, and only then answers. */
const ENDINGS: Record<string, (t: TestApp, user: SignedUp) => Promise<unknown>> = {
  'the session is revoked': (t, user) => t.auth.revoke(user.sessionId),
  'all sessions of the user end': (t, user) => t.auth.revokeAll(user.id),
  'the user is deactivated': (t, user) => t.auth.setActive(user.id, false),
  'the password is reset': (t, user) => t.auth.setPassword(user.id, 'quiet meadow compass 77'),
};

/** A host's own route: its session comes out of the cache. */
const enter = (t: TestApp, user: SignedUp, path = '/probe/principal') =>
  t.client.get(path, { token: user.accessToken });

describeOn(
  'a session read that a change overtakes',
  { adapters: ['express'], databases: ['sqlite', 'postgres'] },
  (place) => {
    let t: TestApp;
    let users = 0;
    beforeAll(async () => {
      t = await createTestApp(place);
      await t.signUp('root@example.com', ['admin']);
    });
    afterAll(() => t.close());
    const newUser = (roles?: string[]) => t.signUp(`user${(users += 1)}@example.com`, roles);

    /** Requests stand behind their SELECT; later reads pass. */
    async function heldAfterReading(user: SignedUp, path?: string) {
      const gate = new Gate();
      const release = hold(t.app.get(SessionStore), 'findWithUser', 'after', gate);
      const held = [enter(t, user, path), enter(t, user, path)];
      await gate.reachedBy(1);
      release();
      return { held, open: () => gate.open() };
    }

    it.each(Object.keys(ENDINGS))('is not served when %s, though it has seen the session alive', async (name) => {
      const ada = await newUser();
      const { held, open } = await heldAfterReading(ada);
      await ENDINGS[name](t, ada);
      open();
      for (const reply of await Promise.all(held)) expectProblem(reply, 401, 'token_revoked');
    });

    it.each(Object.keys(ENDINGS))('is not kept when %s', async (name) => {
      const ada = await newUser();
      const { held, open } = await heldAfterReading(ada);
      await ENDINGS[name](t, ada);
      open();
      await Promise.all(held);
      expectProblem(await enter(t, ada), 401, 'token_revoked');
    });

    it.each(Object.keys(ENDINGS))('is not joined by a request that comes after %s', async (name) => {
      const ada = await newUser();
      const { held, open } = await heldAfterReading(ada);
      await ENDINGS[name](t, ada);
      // The older read is still under way: whoever joined it would wait here for ever.
      expectProblem(await enter(t, ada), 401, 'token_revoked');
      open();
      await Promise.all(held);
    });

    it('is read again when a role is taken away, and the old role opens nothing', async () => {
      const eve = await newUser(['admin']);
      const { held, open } = await heldAfterReading(eve, '/probe/admin');
      await t.auth.setRoles(eve.id, ['user']);
      open();
      for (const reply of await Promise.all(held)) expectProblem(reply, 403, 'insufficient_scope');
      expectProblem(await enter(t, eve, '/probe/admin'), 403, 'insufficient_scope');
      expect((await enter(t, eve)).body.roles).toEqual(['user']);
    });

    it('leaves the reads of other users alone', async () => {
      const [ada, eve] = [await newUser(), await newUser()];
      const { held, open } = await heldAfterReading(ada);
      await t.auth.revokeAll(eve.id);
      open();
      for (const { status } of await Promise.all(held)) expect(status).toBe(200);
    });

    it('is refused with 503 when changes overtake it three times', async () => {
      const ada = await newUser();
      const store = t.app.get(SessionStore) as unknown as Record<string, (id: string) => Promise<unknown>>;
      const read = store['findWithUser'];
      let reads = 0;
      store['findWithUser'] = async (id) => {
        const seen = await read.call(store, id);
        reads += 1;
        await t.app.get(SessionCache).forgetUser(ada.id);
        return seen;
      };
      const reply = await enter(t, ada);
      store['findWithUser'] = read;
      expectProblem(reply, 503, 'unavailable');
      expect(reads).toBe(3);
      expect((await enter(t, ada)).status).toBe(200);
    });
  },
);

describeOn(
  'a session read that takes long on one node',
  { adapters: ['express'], databases: ['sqlite', 'postgres'] },
  (place) => {
    let here: TestApp;
    let there: TestApp;
    beforeAll(async () => {
      here = await createTestApp({ ...place, file: temporaryFile() });
      there = await createTestApp({ ...place, beside: here });
      for (const node of [here, there]) await node.app.get(ChangeFeed).onApplicationShutdown();
      // So that no poll confirms what is cached.
      here.clock.advance(STALENESS_MS);
    });
    afterAll(async () => {
      await there.close();
      await here.close();
    });

    it('is as old as its beginning: revoked on the other node, the session lives no longer than the staleness', async () => {
      const ada = await here.signUp('ada@example.com');
      const gate = new Gate();
      const release = hold(there.app.get(SessionStore), 'findWithUser', 'after', gate);
      const held = enter(there, ada);
      await gate.reachedBy(1);
      release();
      await here.auth.revoke(ada.sessionId);
      here.clock.advance(STALENESS_MS - 1);
      gate.open();
      expect((await held).status).toBe(200);
      here.clock.advance(1);
      expectProblem(await enter(there, ada), 401, 'token_revoked');
    });
  },
);
