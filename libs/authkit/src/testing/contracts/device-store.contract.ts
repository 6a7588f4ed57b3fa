import { randomUUID } from 'node:crypto';
import type { MaybePromise } from '../../kernel/maybe-promise.js';
import type { DeviceRecord, DeviceStore } from '../../storage/device.store.js';
import type { UserStore } from '../../storage/user.store.js';
import { assertHas, assertIs, assertWinners, casesOn, later, type ContractCase } from './contract.js';
import { AT, hashNo } from './user-fixtures.js';

/** A device store under test, and the users its devices belong to. */
export interface DeviceStores {
  /** With a `create()`. */
  users: UserStore;
  devices: DeviceStore;
}

/** What every DeviceStore must do, whatever it stores in: one case for each thing, on the stores `makeStores` makes. */
export function deviceStoreContract(makeStores: () => MaybePromise<DeviceStores>): ContractCase[] {
  return casesOn(async () => new Devices(await makeStores()), checks);
}

const checks: Record<string, (devices: Devices) => Promise<void>> = {
  'finds a device of its user with every field, and nobody else’s': async (devices) => {
    const [userId, otherId] = [await devices.user(), await devices.user()];
    const device = await devices.add(userId, { userAgent: null, ip: null });
    assertIs('findLive', await devices.store.findLive(device.id, userId), device);
    assertIs('of another', await devices.store.findLive(device.id, otherId), null);
    assertIs('an unknown id', await devices.store.findLive(randomUUID(), userId), null);
  },

  'notes a login on a device that is not revoked': async (devices) => {
    const [userId, otherId] = [await devices.user(), await devices.user()];
    const { id } = await devices.add(userId);
    const sighting = { at: AT + 5, userAgent: 'newer', ip: '192.0.2.7' };
    assertIs('of another', await devices.store.see(id, otherId, sighting), false);
    assertIs('of the user', await devices.store.see(id, userId, sighting), true);
    const seen = { lastSeenAt: AT + 5, userAgent: 'newer', ip: '192.0.2.7', createdAt: AT };
    assertHas('device', await devices.store.findLive(id, userId), seen);
    await devices.store.revoke(id, userId, AT + 6);
    assertIs('revoked', await devices.store.see(id, userId, sighting), false);
  },

  'lists and counts a user’s devices': async (devices) => {
    const userId = await devices.user();
    assertIs('count, none', await devices.store.count(userId, AT), { all: 0, recent: 0 });
    const older = await devices.add(userId, { lastSeenAt: AT + 1, createdAt: AT - 1 });
    const newer = await devices.add(userId, { lastSeenAt: AT + 2 });
    const revoked = await devices.add(userId, { lastSeenAt: AT + 3 });
    await devices.add(await devices.user());
    await devices.store.revoke(revoked.id, userId, AT);
    assertIs('listLive', await devices.list(userId), [newer.id, older.id]);
    assertIs('count', await devices.store.count(userId, AT), { all: 3, recent: 2 });
  },

  'revokes one of the user’s devices once, of many at once by one caller': async (devices) => {
    const [userId, otherId] = [await devices.user(), await devices.user()];
    const { id } = await devices.add(userId);
    assertIs('of another', await devices.store.revoke(id, otherId, AT), false);
    const won = Array.from({ length: 20 }, () => later(() => devices.store.revoke(id, userId, AT)));
    assertWinners('revoke()', await Promise.all(won), 1);
    assertIs('findLive', await devices.store.findLive(id, userId), null);
  },

  'revokes all of a user’s devices, and nobody else’s': async (devices) => {
    const [userId, otherId] = [await devices.user(), await devices.user()];
    const [one, two] = [await devices.add(userId), await devices.add(userId)];
    const foreign = await devices.add(otherId);
    assertIs('one of them', await devices.store.revoke(one.id, userId, AT), true);
    assertIs('those left', await devices.list(userId), [two.id]);
    await devices.add(userId);
    assertIs('all', await devices.store.revokeAll(userId, AT), 2);
    assertIs('none left', await devices.list(userId), []);
    assertIs('another’s', await devices.list(otherId), [foreign.id]);
  },

  'removes the revoked and those seen longest ago beyond a limit, and nobody else’s': async (devices) => {
    const [userId, otherId] = [await devices.user(), await devices.user()];
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await devices.add(userId, { lastSeenAt: AT + n })).id);
    const foreign = await devices.add(otherId);
    await devices.store.revoke(ids[4], userId, AT);
    assertIs('trim', await devices.store.trim(userId, 3), 2);
    assertIs('trim again', await devices.store.trim(userId, 3), 0);
    assertIs('those left', await devices.list(userId), [ids[3], ids[2], ids[1]]);
    assertIs('count', await devices.store.count(userId, AT), { all: 3, recent: 3 });
    assertIs('another’s', await devices.list(otherId), [foreign.id]);
  },
};

class Devices {
  readonly store: DeviceStore;
  private readonly users: UserStore;

  constructor({ users, devices }: DeviceStores) {
    this.store = devices;
    this.users = users;
  }

  async user(): Promise<string> {
    const id = randomUUID();
    const nobody = { username: null, passwordHash: hashNo(0), emailVerified: false, roles: [], fields: {} };
    await this.users.create({ ...nobody, id, email: `${id}@example.com`, at: AT });
    return id;
  }

  async add(userId: string, over: Partial<DeviceRecord> = {}): Promise<DeviceRecord> {
    const device: DeviceRecord = {
      ...{ id: randomUUID(), userId, sessionId: randomUUID(), userAgent: 'test', ip: '2001:db8::1' },
      ...{ createdAt: AT, lastSeenAt: AT, revokedAt: null },
      ...over,
    };
    await this.store.insert(device);
    return device;
  }

  async list(userId: string): Promise<string[]> {
    return (await this.store.listLive(userId)).map(({ id }) => id);
  }
}
