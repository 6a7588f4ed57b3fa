import { randomUUID } from 'node:crypto';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import { assertHas, assertIs, assertWinners, casesOn, later, type ContractCase } from './contract.js';
import { sessionListChecks } from './session-lists.contract.js';
import { HOUR, SessionFixtures, type SessionStores } from './session-fixtures.js';
import { AT, hashNo } from './user-fixtures.js';

/** What every SessionStore must do, whatever it stores in: one case for each thing, on the stores `makeStores` makes. */
export function sessionStoreContract(makeStores: () => MaybePromise<SessionStores>): ContractCase[] {
  return casesOn(async () => new SessionFixtures(await makeStores()), {
    ...sessionChecks,
    ...revocationChecks,
    ...sessionListChecks,
  });
}

type Checks = Record<string, (sessions: SessionFixtures) => Promise<void>>;

const sessionChecks: Checks = {
  'returns an inserted session with every field, and its user with hash, epoch and roles': async (sessions) => {
    const userId = await sessions.user();
    const session = await sessions.add(userId, { rotatedAt: AT + 5, ip: null, userAgent: null, amr: [] });
    const found = await sessions.store.findWithUser(session.id);
    assertHas('session', found?.session, { ...session });
    assertHas('known', found!.known, { passwordHash: hashNo(0), sessionEpoch: 0 });
    assertHas('known.user', found!.known!.user, { id: userId, active: true });
    assertIs('roles', [...found!.known!.user.roles].sort(), ['user', 'x']);
    assertIs('an unknown id', await sessions.store.findWithUser(randomUUID()), null);
  },

  'finds several sessions at once, each with its user, and none for an unknown id': async (sessions) => {
    const [one, other] = [await sessions.user(), await sessions.user()];
    const added = [await sessions.add(one), await sessions.add(one), await sessions.add(other)];
    const unknown = Array.from({ length: 250 }, () => randomUUID());
    const ids = [...added.map(({ id }) => id), ...unknown, added[2].id];
    const found = await sessions.store.findManyWithUser(ids);
    assertIs('their ids', found.map(({ session }) => session.id).sort(), added.map(({ id }) => id).sort());
    for (const { id } of added) {
      const alone = await sessions.store.findWithUser(id);
      const among = found.find(({ session }) => session.id === id);
      assertHas('session', among?.session, { ...alone!.session });
      assertHas('known.user', among!.known!.user, { id: alone!.session.userId, active: true });
      assertIs('roles', [...among!.known!.user.roles].sort(), ['user', 'x']);
    }
    assertIs('of no ids', await sessions.store.findManyWithUser([]), []);
  },

  'consumes a generation once, and only the current one': async (sessions) => {
    const { id } = await sessions.add(await sessions.user());
    const rotate = (from: number) => later(() => sessions.store.rotate(id, from, AT + 1, AT + HOUR + 1, 'key-2'));
    assertIs('a generation ahead', await rotate(2), false);
    assertWinners('rotate()', await Promise.all(Array.from({ length: 50 }, () => rotate(1))), 1);
    assertHas('session', await sessions.get(id), {
      generation: 2,
      rotatedAt: AT + 1,
      lastUsedAt: AT + 1,
      idleExpiresAt: AT + HOUR + 1,
      keyId: 'key-2',
    });
    assertIs('a generation behind', await rotate(1), false);
  },

  'consumes no generation of a revoked or expired session': async (sessions) => {
    const userId = await sessions.user();
    const revoked = await sessions.add(userId);
    await sessions.store.revoke(revoked.id, 'logout', AT);
    const idle = await sessions.add(userId, { idleExpiresAt: AT + 1 });
    const old = await sessions.add(userId, { absoluteExpiresAt: AT + 1 });
    for (const [what, { id }] of Object.entries({ revoked, idle, old })) {
      assertIs(`rotate, ${what}`, await sessions.store.rotate(id, 1, AT + 1, AT + HOUR, 'key-2'), false);
      assertHas(`session, ${what}`, await sessions.get(id), { generation: 1 });
    }
  },

  'moves a live session to another epoch only from the expected one': async (sessions) => {
    const userId = await sessions.user();
    const [live, dead] = [await sessions.add(userId), await sessions.add(userId)];
    await sessions.store.revoke(dead.id, 'logout', AT);
    assertIs('from another epoch', await sessions.store.restamp(live.id, 3, 4, AT), false);
    assertIs('a dead session', await sessions.store.restamp(dead.id, 0, 1, AT), false);
    assertIs('a live one', await sessions.store.restamp(live.id, 0, 1, AT), true);
    assertHas('session', await sessions.get(live.id), { epoch: 1 });
  },

  'notes an authentication in a live session of the epoch, and tells of the change': async (sessions) => {
    const userId = await sessions.user();
    const at = AT + 3000 * HOUR;
    const far = { idleExpiresAt: at + HOUR, absoluteExpiresAt: at + HOUR };
    const { id } = await sessions.add(userId, far);
    const revoked = await sessions.add(userId, far);
    await sessions.store.revoke(revoked.id, 'logout', AT);
    const idle = await sessions.add(userId, { ...far, idleExpiresAt: at });
    const old = await sessions.add(userId, { ...far, absoluteExpiresAt: at });
    const epoch = await sessions.add(userId, { ...far, epoch: 1 });
    for (const [what, dead] of Object.entries({ revoked, idle, old, 'of another epoch': epoch })) {
      assertIs(`a session that is ${what}`, await sessions.store.renewAuthentication(dead.id, 0, at), false);
      assertHas('session', await sessions.get(dead.id), { authenticatedAt: AT });
    }
    assertIs('an unknown id', await sessions.store.renewAuthentication(randomUUID(), 0, at), false);
    assertIs('a live one', await sessions.store.renewAuthentication(id, 0, at), true);
    assertHas('session', await sessions.get(id), { authenticatedAt: at, generation: 1, lastUsedAt: AT });
    const told = (await sessions.store.changedSince(at)).filter((change) => change.id === id);
    assertIs('changedSince', told, [{ kind: 'session', id, at }]);
  },
};

const revocationChecks: Checks = {
  'revokes once, says why, and with a user id only that user’s': async (sessions) => {
    const [userId, otherId] = [await sessions.user(), await sessions.user()];
    const { id } = await sessions.add(userId);
    assertIs('another’s', await sessions.store.revoke(id, 'revoked_by_user', AT + 1, otherId), false);
    assertHas('session', await sessions.get(id), { revokedAt: null });
    assertIs('the user’s', await sessions.store.revoke(id, 'revoked_by_user', AT + 1, userId), true);
    assertIs('again', await sessions.store.revoke(id, 'logout', AT + 2), false);
    assertHas('session', await sessions.get(id), { revokedAt: AT + 1, revokedReason: 'revoked_by_user' });
    assertIs('an unknown id', await sessions.store.revoke(randomUUID(), 'logout', AT), false);
  },

  'lets one of many simultaneous revocations win': async (sessions) => {
    const { id } = await sessions.add(await sessions.user());
    const won = Array.from({ length: 20 }, () => later(() => sessions.store.revoke(id, 'logout', AT)));
    assertWinners('revoke()', await Promise.all(won), 1);
  },

  'revokes with a generation only while it is the current one': async (sessions) => {
    const userId = await sessions.user();
    const { id } = await sessions.add(userId);
    const revoke = (generation: number) => sessions.store.revoke(id, 'generation_ahead', AT + 1, userId, generation);
    assertIs('at a later one', await revoke(2), false);
    await sessions.store.rotate(id, 1, AT + 1, AT + HOUR, 'key-2');
    assertIs('at the one before', await revoke(1), false);
    assertHas('session', await sessions.get(id), { revokedAt: null });
    assertIs('at the current one', await revoke(2), true);
    assertHas('session', await sessions.get(id), { revokedAt: AT + 1, revokedReason: 'generation_ahead' });
  },

  'revokes all of a user’s sessions but one, and nobody else’s': async (sessions) => {
    const [userId, otherId] = [await sessions.user(), await sessions.user()];
    const [a, b, c] = [await sessions.add(userId), await sessions.add(userId), await sessions.add(userId)];
    const foreign = await sessions.add(otherId);
    assertIs('all but one', await sessions.store.revokeAll(userId, 'revoked_by_user', AT, b.id), 2);
    assertHas('the one', await sessions.get(b.id), { revokedAt: null });
    assertIs('all', await sessions.store.revokeAll(userId, 'logout', AT), 1);
    for (const { id } of [a, b, c]) assertHas('session', await sessions.get(id), { revokedAt: AT });
    assertHas('another’s', await sessions.get(foreign.id), { revokedAt: null });
  },

  'tells of sessions and users changed since an instant, and of neither older nor merely rotated ones': async (
    sessions,
  ) => {
    const since = AT + 1000 * HOUR;
    const [userId, quietId] = [await sessions.user(), await sessions.user()];
    const far = { idleExpiresAt: since * 2, absoluteExpiresAt: since * 2 };
    const [revoked, rotated, before] = [
      await sessions.add(userId, far),
      await sessions.add(userId, far),
      await sessions.add(quietId, far),
    ];
    await sessions.store.revoke(before.id, 'logout', since - 1);
    await sessions.store.revoke(revoked.id, 'logout', since);
    await sessions.store.rotate(rotated.id, 1, since, since * 2, 'key-2');
    await sessions.users.setRoles(userId, ['y'], since + 1, null);
    const told = await sessions.store.changedSince(since);
    const of = (id: string) => told.filter((change) => change.id === id);
    assertIs('of the revoked session', of(revoked.id).at(0), { kind: 'session', id: revoked.id, at: since });
    assertIs('of the changed user', of(userId).at(0), { kind: 'user', id: userId, at: since + 1 });
    for (const [what, { id }] of Object.entries({ rotated, before, quiet: { id: quietId } })) {
      assertIs(`of the one that is ${what}`, of(id), []);
    }
  },
};
