import { bcrypt, PasswordHasher, UserStore, type RunHashJob } from 'nest-authkit';
import {
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

/** The names of the cases that fail. */
async function failures(cases: readonly ContractCase[]): Promise<string[]> {
  const failed: string[] = [];
  for (const { name, run } of cases) await run().catch(() => failed.push(name));
  return failed;
}

/** An object like this one, but for some methods. */
const but = <T extends object>(subject: T, methods: Record<string, unknown>): T => Object.assign(subject, methods);

const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the contract of user stores', () => {
  const usual: UserStoreContractOptions = {
    supports: [
      ...(['create', 'updateProfile', 'changePassword', 'setActive', 'setRoles', 'setEmailVerified'] as const),
      ...(['usernames', 'epochs', 'changedSince'] as const),
    ],
  };
  const memory = () => new MemoryUserStore();
  const real = MemoryUserStore.prototype;

  it.each<[string, () => UserStore, string]>([
    [
      'shows the hash on the user',
      () =>
        but(memory(), {
          findById(this: MemoryUserStore, id: string) {
            const found = real.findById.call(this, id);
            return found && { ...found, user: { ...found.user, password: found.passwordHash } };
          },
        }),
      'finds a user by id and by e-mail, with hash and roles, and without the hash on the user',
    ],
    [
      'gives undefined for nobody',
      () =>
        but(memory(), {
          findById(this: MemoryUserStore, id: string) {
            return real.findById.call(this, id) ?? undefined;
          },
        }),
      'finds nobody by an unknown id, e-mail or username',
    ],
    [
      'looks before it inserts',
      () =>
        but(memory(), {
          async create(this: MemoryUserStore, user: Parameters<UserStore['create']>[0]) {
            const taken = this.findByIdentifier({ email: user.email });
            await pause();
            return real.create.call(this, taken ? user : { ...user, email: user.id === taken ? '' : `${user.id}@x.org` });
          },
        }),
      'refuses a second user with the same e-mail address and says so',
    ],
    [
      'compares the hash before it replaces it',
      () =>
        but(memory(), {
          async changePassword(this: MemoryUserStore, id: string, change: Parameters<UserStore['changePassword']>[1]) {
            const found = real.findById.call(this, id);
            if (!found || (change.from !== undefined && found.passwordHash !== change.from)) return false;
            await pause();
            return real.changePassword.call(this, id, { ...change, from: undefined });
          },
        }),
      'lets one of many simultaneous password changes from the same hash win',
    ],
    [
      'counts administrators before it removes one',
      () =>
        but(memory(), {
          async setActive(this: MemoryUserStore, ...args: Parameters<UserStore['setActive']>) {
            const [id, active, at, role] = args;
            const others = (real.changedSince.call(this, 0) as { id: string }[]).filter((one) => one.id !== id);
            const left = others.some(({ id: other }) => {
              const { user } = real.findById.call(this, other)!;
              return user.active && user.roles.includes(role ?? '');
            });
            await pause();
            return left ? real.setActive.call(this, id, active, at, null) : real.setActive.call(this, ...args);
          },
        }),
      'keeps one administrator when two remove each other at once, in many rounds',
    ],
    [
      'deactivates without a new epoch',
      () =>
        but(memory(), {
          setActive(this: MemoryUserStore, id: string, active: boolean) {
            const { user } = real.findById.call(this, id) ?? {};
            if (!user) return 'not_found';
            const row = (this as unknown as { rows: Map<string, { user: { active: boolean } }> }).rows.get(id)!;
            row.user.active = active;
            return user.active === active ? 'unchanged' : 'changed';
          },
        }),
      'deactivates with a new epoch, and activates without',
    ],
    [
      'forgets to tell other processes',
      () => but(memory(), { changedSince: () => [] }),
      'tells of users changed since an instant, and of no others',
    ],
  ])('notices one that %s', async (_what, makeStore, caught) => {
    expect(await failures(userStoreContract(makeStore, usual))).toContain(caught);
  });
});
