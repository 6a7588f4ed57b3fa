import { UserConflictError, type NewUser, type UserStore } from 'nest-authkit';

const AT = 1_800_000_000_000;

/** What every UserStore must do, whatever it stores in. */
export function userStoreContract(makeStore: () => Promise<UserStore>): void {
  let users: UserStore;
  let count = 0;
  beforeAll(async () => {
    users = await makeStore();
  });

  const newUser = (over: Partial<NewUser> = {}): NewUser => {
    count += 1;
    const id = `0190c0de-0000-7000-8000-${String(count).padStart(12, '0')}`;
    return {
      id,
      email: `user${count}@example.com`,
      username: `user${count}`,
      passwordHash: 'hash-0',
      emailVerified: false,
      roles: ['user'],
      fields: { fullName: `User ${count}` },
      at: AT,
      ...over,
    };
  };
  const created = async (over?: Partial<NewUser>) => {
    const user = newUser(over);
    await users.create(user);
    return user;
  };

  it('finds a created user by id, e-mail and username, with hash, epoch, roles and host columns', async () => {
    const user = await created({ roles: ['user', 'editor'], emailVerified: true });
    for (const found of [
      await users.findById(user.id),
      await users.findByIdentifier({ email: user.email }),
      await users.findByIdentifier({ username: user.username! }),
    ]) {
      expect(found).toMatchObject({
        user: {
          id: user.id,
          email: user.email,
          username: user.username,
          emailVerified: true,
          active: true,
          createdAt: new Date(AT),
          fullName: user.fields['fullName'],
        },
        passwordHash: 'hash-0',
        sessionEpoch: 0,
      });
      expect([...found!.user.roles].sort()).toEqual(['editor', 'user']);
      expect(found!.user).not.toHaveProperty('passwordHash');
    }
  });

  it('finds nobody by an unknown id, e-mail or username', async () => {
    expect(await users.findById('0190c0de-0000-7000-8000-ffffffffffff')).toBeNull();
    expect(await users.findByIdentifier({ email: 'nobody@example.com' })).toBeNull();
    expect(await users.findByIdentifier({ username: 'nobody' })).toBeNull();
  });

  it('stores users without a username, a password or roles', async () => {
    const one = await created({ username: null, passwordHash: null, roles: [] });
    const two = await created({ username: null });
    expect(await users.findById(one.id)).toMatchObject({ user: { username: null, roles: [] }, passwordHash: null });
    expect(await users.findById(two.id)).not.toBeNull();
  });

  it('refuses a second user with the same e-mail or username and says which', async () => {
    const first = await created();
    const conflictOf = async (user: NewUser) => {
      try {
        await users.create(user);
        return null;
      } catch (error) {
        expect(error).toBeInstanceOf(UserConflictError);
        return (error as UserConflictError).field;
      }
    };
    expect(await conflictOf(newUser({ email: first.email }))).toBe('email');
    expect(await conflictOf(newUser({ username: first.username }))).toBe('username');
  });

  it('lets one of many simultaneous registrations of an e-mail win, and leaves no orphan roles', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, async () => users.create(newUser({ email: 'race@example.com' }))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(UserConflictError);
    }
    expect((await users.findByIdentifier({ email: 'race@example.com' }))!.user.roles).toEqual(['user']);
  });

  it('changes host columns and nothing else', async () => {
    const user = await created();
    const updated = await users.updateProfile(user.id, { fullName: 'Renamed' }, AT + 1);
    expect(updated!.user).toMatchObject({ email: user.email, fullName: 'Renamed' });
    expect(await users.updateProfile(user.id, {}, AT + 1)).not.toBeNull();
    expect(await users.updateProfile('0190c0de-0000-7000-8000-ffffffffffff', { fullName: 'x' }, AT)).toBeNull();
  });

  it('replaces a password hash only while it is the expected one', async () => {
    const { id } = await created();
    const change = { to: 'hash-1', endSessions: false, at: AT + 1 };
    expect(await users.changePassword(id, { ...change, from: 'other' })).toBe(false);
    expect(await users.changePassword(id, { ...change, from: null })).toBe(false);
    expect((await users.findById(id))!.passwordHash).toBe('hash-0');
    expect(await users.changePassword(id, { ...change, from: 'hash-0' })).toBe(true);
    expect(await users.findById(id)).toMatchObject({ passwordHash: 'hash-1', sessionEpoch: 0 });
    expect(await users.changePassword(id, { ...change, to: 'hash-2', from: undefined })).toBe(true);
    expect((await users.findById(id))!.passwordHash).toBe('hash-2');
  });

  it('sets a first password only where there is none', async () => {
    const { id } = await created({ passwordHash: null });
    expect(await users.changePassword(id, { from: null, to: 'hash-1', endSessions: true, at: AT })).toBe(true);
    expect(await users.changePassword(id, { from: null, to: 'hash-2', endSessions: true, at: AT })).toBe(false);
    expect((await users.findById(id))!.passwordHash).toBe('hash-1');
  });

  it('moves the epoch together with the hash when sessions shall end', async () => {
    const { id } = await created();
    await users.changePassword(id, { from: 'hash-0', to: 'hash-1', endSessions: true, at: AT + 1 });
    expect(await users.findById(id)).toMatchObject({ passwordHash: 'hash-1', sessionEpoch: 1 });
  });

  it('lets one of many simultaneous password changes from the same hash win', async () => {
    const { id } = await created();
    const won = await Promise.all(
      Array.from({ length: 20 }, async (_, n) =>
        users.changePassword(id, { from: 'hash-0', to: `hash-${n + 1}`, endSessions: true, at: AT }),
      ),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await users.findById(id))!.sessionEpoch).toBe(1);
  });

  it('ends sessions by a new epoch, once per call, for known users only', async () => {
    const { id } = await created();
    await Promise.all(Array.from({ length: 10 }, async () => users.endSessions!(id, AT + 1)));
    expect((await users.findById(id))!.sessionEpoch).toBe(10);
    expect(await users.endSessions!('0190c0de-0000-7000-8000-ffffffffffff', AT)).toBe(false);
  });

  it('deactivates with a new epoch, and activates without', async () => {
    const { id } = await created();
    expect(await users.setActive(id, false, AT + 1, 'admin')).toBe('changed');
    expect(await users.findById(id)).toMatchObject({ user: { active: false }, sessionEpoch: 1 });
    expect(await users.setActive(id, false, AT + 1, 'admin')).toBe('unchanged');
    expect(await users.setActive(id, true, AT + 2, 'admin')).toBe('changed');
    expect(await users.findById(id)).toMatchObject({ user: { active: true }, sessionEpoch: 1 });
    expect(await users.setActive('0190c0de-0000-7000-8000-ffffffffffff', true, AT, 'admin')).toBe('not_found');
  });

  it('replaces roles as a set', async () => {
    const { id } = await created({ roles: ['user'] });
    expect(await users.setRoles(id, ['editor', 'user', 'editor'], AT + 1, 'admin')).toBe('changed');
    expect([...(await users.findById(id))!.user.roles].sort()).toEqual(['editor', 'user']);
    expect(await users.setRoles(id, ['user', 'editor'], AT + 1, 'admin')).toBe('unchanged');
    expect(await users.setRoles(id, [], AT + 1, 'admin')).toBe('changed');
    expect((await users.findById(id))!.user.roles).toEqual([]);
    expect(await users.setRoles('0190c0de-0000-7000-8000-ffffffffffff', ['user'], AT, 'admin')).toBe('not_found');
  });

  it('leaves one complete set when roles of one user are replaced many times at once', async () => {
    const { id } = await created();
    const sets = [['a', 'b'], ['c'], ['d', 'e', 'f'], []];
    await Promise.all(Array.from({ length: 12 }, async (_, n) => users.setRoles(id, sets[n % 4], AT + n, null)));
    const roles = [...(await users.findById(id))!.user.roles].sort();
    expect(sets.map((set) => set.join())).toContain(roles.join());
  });

  it('marks an address as verified', async () => {
    const { id } = await created();
    expect(await users.setEmailVerified(id, true, AT + 1)).toBe(true);
    expect((await users.findById(id))!.user.emailVerified).toBe(true);
    expect(await users.setEmailVerified('0190c0de-0000-7000-8000-ffffffffffff', true, AT)).toBe(false);
  });

  describe('with two active administrators', () => {
    const chief = 'chief';
    const admins = async () => [await created({ roles: [chief] }), await created({ roles: [chief] })];
    const remaining = async (ids: string[]) => {
      const found = await Promise.all(ids.map(async (id) => users.findById(id)));
      return found.filter((one) => one!.user.active && one!.user.roles.includes(chief)).length;
    };
    const dismiss = async (ids: string[]) => {
      for (const id of ids) await users.setRoles(id, [], AT, null);
    };

    it('keeps the last one, whoever is removed first', async () => {
      const [one, two] = await admins();
      expect(await users.setActive(one.id, false, AT, chief)).toBe('changed');
      expect(await users.setActive(two.id, false, AT, chief)).toBe('last_admin');
      expect(await users.setRoles(two.id, ['user'], AT, chief)).toBe('last_admin');
      expect(await users.setRoles(one.id, ['user'], AT, chief)).toBe('changed');
      expect(await users.findById(two.id)).toMatchObject({ user: { active: true, roles: [chief] } });
      await dismiss([one.id, two.id]);
    });

    it('keeps one when they remove each other at once, in many rounds', async () => {
      for (let round = 0; round < 10; round += 1) {
        const ids = (await admins()).map(({ id }) => id);
        const change = (id: string, n: number) =>
          n % 2 === round % 2 ? users.setActive(id, false, AT, chief) : users.setRoles(id, ['user'], AT, chief);
        const outcomes = await Promise.all(ids.map(async (id, n) => change(id, n)));
        expect(outcomes.sort()).toEqual(['changed', 'last_admin']);
        expect(await remaining(ids)).toBe(1);
        await dismiss(ids);
      }
    });
  });

  it('takes an id, an e-mail, a username and a hash for equal only when every byte is', async () => {
    const { id, email, username } = await created();
    for (const wrong of [id.toUpperCase(), `${id} `]) {
      expect(await users.findById(wrong)).toBeNull();
      expect(await users.updateProfile(wrong, { fullName: 'x' }, AT)).toBeNull();
      expect(await users.setActive(wrong, false, AT, null)).toBe('not_found');
      expect(await users.setRoles(wrong, ['x'], AT, null)).toBe('not_found');
      expect(await users.endSessions!(wrong, AT)).toBe(false);
    }
    expect(await users.findByIdentifier({ email: email.toUpperCase() })).toBeNull();
    expect(await users.findByIdentifier({ username: username!.toUpperCase() })).toBeNull();
    for (const from of ['Hash-0', 'hash-0 ', 'hásh-0']) {
      expect(await users.changePassword(id, { from, to: 'hash-1', endSessions: true, at: AT + 1 })).toBe(false);
    }
    expect(await users.findById(id)).toMatchObject({
      user: { active: true, roles: ['user'], fullName: expect.not.stringMatching(/^x$/) },
      passwordHash: 'hash-0',
      sessionEpoch: 0,
    });
  });

  it('finds a row that is already as wanted', async () => {
    const { id } = await created();
    for (let again = 0; again < 2; again += 1) {
      expect(await users.setEmailVerified(id, true, AT)).toBe(true);
      expect(await users.changePassword(id, { from: 'hash-0', to: 'hash-0', endSessions: false, at: AT })).toBe(true);
      expect(await users.setRoles(id, ['user'], AT, null)).toBe('unchanged');
      expect(await users.updateProfile(id, { fullName: 'Same' }, AT)).not.toBeNull();
    }
  });

  it('does not take one spelling of a role for another', async () => {
    const { id } = await created({ roles: ['Boss'] });
    const { id: other } = await created({ roles: ['boss'] });
    expect(await users.setActive(other, false, AT, 'boss')).toBe('last_admin');
    expect(await users.setRoles(other, ['BOSS'], AT, 'boss')).toBe('last_admin');
    expect(await users.setRoles(id, ['boss'], AT, 'boss')).toBe('changed');
    expect((await users.findById(id))!.user.roles).toEqual(['boss']);
    expect(await users.setRoles(other, ['BOSS'], AT, 'boss')).toBe('changed');
  });

  it('keeps both of two roles that differ only in case, or refuses them and changes nothing', async () => {
    const alike = ['writer', 'Writer'];
    const refusal = (error: unknown) => {
      expect(error).toBeInstanceOf(UserConflictError);
      expect((error as UserConflictError).field).toBe('roles');
      return null;
    };
    const { id } = await created({ roles: ['user'] });
    const changed = await (async () => users.setRoles(id, alike, AT, null))().catch(refusal);
    const kept = changed === null ? ['user'] : ['Writer', 'writer'];
    expect([...(await users.findById(id))!.user.roles].sort()).toEqual(kept);
    const user = newUser({ roles: alike });
    const made = await (async () => users.create(user))().catch(refusal);
    expect((await users.findById(user.id)) === null).toBe(made === null);
    expect(made === null).toBe(changed === null);
  });
}
