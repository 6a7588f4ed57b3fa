import { createHash } from 'node:crypto';
import {
  PasswordHasher,
  type DeviceRecord,
  type GuardedChange,
  type KnownUser,
  type LoginIdentifier,
  type NewUser,
  type PasswordChange,
  type SessionRecord,
  type UserStore,
} from 'nest-authkit';
import {
  deviceStoreContract,
  MemoryDeviceStore,
  MemorySessionStore,
  MemoryUserStateStore,
  MemoryUserStore,
  passwordHasherContract,
  sessionStoreContract,
  userStateStoreContract,
  userStoreContract,
  type ContractCase,
  type UserStoreContractOptions,
} from 'nest-authkit/testing';
import { LegacyUserStore } from '../support/legacy-user.store.js';

/** The names of the cases that fail. */
async function failuresOf(cases: readonly ContractCase[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of cases) await run().catch(() => failed.push(name));
  return failed;
}

/** Lets others come in between, as a statement to a database does. */
const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

const CHANGES = ['updateProfile', 'changePassword', 'setActive', 'setRoles', 'setEmailVerified'] as const;
const ALL = ['create', ...CHANGES, 'changeEmail', 'changeUsername', 'remove'] as const;
const everything: UserStoreContractOptions = { supports: [...ALL, 'usernames', 'epochs', 'changedSince'] };

class ShowsHash extends MemoryUserStore {
  override findById(id: string): KnownUser | null {
    const found = super.findById(id);
    return found && { ...found, user: Object.assign(found.user, { password: found.passwordHash }) };
  }
}

class GivesUndefined extends MemoryUserStore {
  override findByIdentifier(identifier: LoginIdentifier): KnownUser | null {
    return super.findByIdentifier(identifier) ?? (undefined as unknown as null); // what a careless store does
  }
}

class ThrowsAnyError extends MemoryUserStore {
  override create(user: NewUser): KnownUser {
    if (this.findByIdentifier({ email: user.email })) throw new Error('duplicate key');
    return super.create(user);
  }
}

class LooksBeforeItChanges extends MemoryUserStore {
  override changePassword(id: string, change: PasswordChange): never {
    return this.later(id, change) as never; // a promise is allowed, but not where the base class is synchronous
  }
  private async later(id: string, change: PasswordChange): Promise<boolean> {
    const found = super.findById(id);
    if (!found || (change.from !== undefined && found.passwordHash !== change.from)) return false;
    await pause();
    return super.changePassword(id, { ...change, from: undefined });
  }
}

class CountsBeforeItDismisses extends MemoryUserStore {
  override setActive(id: string, active: boolean, at: number, role: string | null): never {
    return this.later(id, active, at, role) as never;
  }
  private async later(id: string, active: boolean, at: number, role: string | null): Promise<GuardedChange> {
    const admins = super
      .changedSince(0)
      .map((change) => super.findById(change.id)!.user)
      .filter((user) => user.active && user.roles.includes(role ?? ''));
    const { user } = super.findById(id) ?? {};
    if (!active && admins.length === 1 && admins[0].id === user?.id) return 'last_admin';
    await pause();
    return super.setActive(id, active, at, null);
  }
}

class TellsNobody extends MemoryUserStore {
  override changedSince(): [] {
    return [];
  }
}

class AppendsRoles extends MemoryUserStore {
  override setRoles(id: string, roles: readonly string[], at: number, role: string | null): GuardedChange {
    return super.setRoles(id, [...(super.findById(id)?.user.roles ?? []), ...roles], at, role);
  }
}

describe('the contract of user stores', () => {
  it.each<[string, new () => UserStore, string]>([
    [
      'shows the hash on the user',
      ShowsHash,
      'finds a user by id and by e-mail, with hash and roles, and without the hash on the user',
    ],
    ['gives undefined for nobody', GivesUndefined, 'finds nobody by an unknown id, e-mail or username'],
    [
      'throws any error for a taken address',
      ThrowsAnyError,
      'refuses a second user with the same e-mail address and says so',
    ],
    [
      'compares the hash before it replaces it',
      LooksBeforeItChanges,
      'lets one of many simultaneous password changes from the same hash win',
    ],
    [
      'counts administrators before it removes one',
      CountsBeforeItDismisses,
      'keeps one administrator when two remove each other at once, in many rounds',
    ],
    ['tells nobody of changes', TellsNobody, 'tells of users changed since an instant, and of no others'],
    ['adds roles instead of replacing them', AppendsRoles, 'replaces roles as a set, and says what has changed'],
  ])('notices one that %s', async (_what, Store, caught) => {
    expect(await failuresOf(userStoreContract(() => new Store(), everything))).toContain(caught);
  });

  it('notices a method or an epoch more, and one less, than the options say', async () => {
    const caught = 'answers not_supported for every method it does not have';
    const lacking = { supports: [...ALL.slice(1), 'epochs'], seed: () => 'x' } as const;
    expect(await failuresOf(userStoreContract(() => new MemoryUserStore(), lacking))).toContain(caught);
    expect(await failuresOf(userStoreContract(() => new LegacyUserStore(), everything))).toContain(caught);
  });

  it('needs a way in for a store without create()', () => {
    expect(() => userStoreContract(() => new LegacyUserStore(), { supports: [] })).toThrow(/needs options\.seed/);
  });

  it('says what it expected and what came', async () => {
    const cases = userStoreContract(() => new GivesUndefined(), everything);
    const failing = cases.find(({ name }) => name.startsWith('finds nobody'))!;
    await expect(failing.run()).rejects.toThrow(
      /findByIdentifier, e-mail.*undefined[\s\S]*findByIdentifier, e-mail.*null/,
    );
  });

  describe('on a legacy store that only reads', () => {
    const store = new LegacyUserStore();
    const seed = (user: NewUser) => store.add(user);
    it.each(userStoreContract(() => store, { supports: [], seed }))('$name', ({ run }) => run());
  });
});

class RotatesTheDead extends MemorySessionStore {
  override rotate(id: string, from: number, at: number, idleExpiresAt: number, keyId: string): boolean {
    return super.rotate(id, from, Math.min(at, 0), idleExpiresAt, keyId);
  }
}

class ForgetsFields extends MemorySessionStore {
  override insert(session: SessionRecord): void {
    super.insert({ ...session, amr: ['pwd'] });
  }
}

class RevokesAnyones extends MemorySessionStore {
  override revoke(id: string, reason: never, at: number): boolean {
    return super.revoke(id, reason, at);
  }
}

class RenewsTheDead extends MemorySessionStore {
  override renewAuthentication(id: string, epoch: number, at: number): boolean {
    return super.renewAuthentication(id, epoch, Math.min(at, 0));
  }
}

describe('the contract of session stores', () => {
  it.each<[string, typeof MemorySessionStore, string]>([
    ['rotates expired sessions', RotatesTheDead, 'consumes no generation of a revoked or expired session'],
    [
      'forgets how the user signed in',
      ForgetsFields,
      'returns an inserted session with every field, and its user with hash, epoch and roles',
    ],
    [
      'lets the dead prove who they are',
      RenewsTheDead,
      'notes an authentication in a live session of the epoch, and tells of the change',
    ],
    ['revokes anybody’s session', RevokesAnyones, 'revokes once, says why, and with a user id only that user’s'],
  ])('notices one that %s', async (_what, Store, caught) => {
    const makeStores = () => {
      const users = new MemoryUserStore();
      return { users, sessions: new Store(users) };
    };
    expect(await failuresOf(sessionStoreContract(makeStores))).toContain(caught);
  });
});

class ForgetsTheNewest extends MemoryDeviceStore {
  override trim(userId: string, max: number): number {
    const extra = super.listLive(userId).slice(0, -max);
    return extra.filter(({ id }) => super.revoke(id, userId, 0)).length;
  }
}

class FindsAnybodys extends MemoryDeviceStore {
  override findLive(id: string): never {
    return super.findLive(id, this.owner) as never;
  }
  private owner = '';
  override insert(device: DeviceRecord): void {
    this.owner = device.userId;
    super.insert(device);
  }
}

describe('the contract of device stores', () => {
  it.each<[string, typeof MemoryDeviceStore, string]>([
    [
      'forgets the newest',
      ForgetsTheNewest,
      'removes the revoked and those seen longest ago beyond a limit, and nobody else’s',
    ],
    ['finds anybody’s', FindsAnybodys, 'finds a device of its user with every field, and nobody else’s'],
  ])('notices one that %s', async (_what, Store, caught) => {
    const makeStores = () => ({ users: new MemoryUserStore(), devices: new Store() });
    expect(await failuresOf(deviceStoreContract(makeStores))).toContain(caught);
  });
});

class SetsOne extends MemoryUserStateStore {
  override epochOf(userId: string): number {
    return Math.min(super.epochOf(userId), 1);
  }
}

describe('the contract of stores of user states', () => {
  it('notices one that counts to one', async () => {
    expect(await failuresOf(userStateStoreContract(() => new SetsOne()))).toEqual([
      'raises the epoch once per call, many at once too, and nobody else’s',
    ]);
  });
});

/** What nobody should write: unsalted, cut, and loud about bad hashes. */
class BadHasher extends PasswordHasher {
  override readonly scheme = 'bad';
  override recognises(hash: string): boolean {
    return /^(\$bad\$)?[0-9a-f]{32}$/.test(hash);
  }
  override async hash(password: string): Promise<string> {
    return `$bad$${createHash('md5').update(password.slice(0, 72)).digest('hex')}`;
  }
  override async verify(password: string, hash: string): Promise<boolean> {
    if (!this.recognises(hash)) throw new Error('malformed hash');
    return (await this.hash(password)) === hash;
  }
  override needsRehash(): boolean {
    return true;
  }
  override decoy(): string {
    return '$bad$decoy';
  }
}

describe('the contract of password hashers', () => {
  it('notices everything that is wrong with a bad one', async () => {
    expect(await failuresOf(passwordHasherContract(new BadHasher()))).toEqual([
      'verifies what it has hashed, whatever the password',
      'salts: two hashes of one password differ',
      'gives decoys that look like its hashes, match nothing, and cost as much to verify',
      'refuses every other password, however alike',
      'answers false for a hash that is broken or not its own, without throwing',
      'recognises no hash of an unknown scheme',
    ]);
  });

  it('notices a hash from elsewhere that does not verify', async () => {
    const known = [{ password: 'a', hash: '$bad$00000000000000000000000000000000' }];
    const failed = await failuresOf(passwordHasherContract(new BadHasher(), { known }));
    expect(failed).toContain('verifies hashes made elsewhere, and refuses another password for them');
  });
});
