import { Injectable } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  authKitEntities,
  bcrypt,
  UserStore,
  type AuthUser,
  type GuardedChange,
  type LoginIdentifier,
  type PasswordChange,
  type UserRecord,
} from 'nest-authkit';
import { memoryStorage } from 'nest-authkit/testing';
import { describeIf } from '../support/describe-if.js';
import { ADAPTERS, createTestApp, PASSWORD, placesOf, type TestApp } from '../support/test-app.js';
import { ALL_DATABASES, missingFor, prepareDatabase, type TestDatabase } from '../support/databases.js';

interface LegacyRow {
  id: string;
  mail: string;
  hash: string | null;
  enabled: boolean;
  groups: string[];
}

/** A legacy table as a host might have it: numeric ids, no epochs, written before the kit. */
class Legacy {
  static readonly rows: LegacyRow[] = [];
}

const toRecord = (row: LegacyRow | undefined): UserRecord<AuthUser> | null =>
  row
    ? {
        user: {
          id: row.id,
          email: row.mail,
          username: null,
          emailVerified: true,
          active: row.enabled,
          roles: [...row.groups],
          createdAt: new Date(0),
        },
        passwordHash: row.hash,
      }
    : null;
const byId = (id: string) => Legacy.rows.find((row) => row.id === id);

/** Answers at once. */
@Injectable()
class SyncUserStore extends UserStore {
  override findById(id: string) {
    return toRecord(byId(id));
  }
  override findByIdentifier(identifier: LoginIdentifier) {
    return toRecord(Legacy.rows.find((row) => 'email' in identifier && row.mail === identifier.email));
  }
  override changePassword(id: string, change: PasswordChange): boolean {
    const row = byId(id);
    if (!row || (change.from !== undefined && row.hash !== change.from)) return false;
    row.hash = change.to;
    return true;
  }
  override setActive(id: string, active: boolean): GuardedChange {
    const row = byId(id);
    if (!row) return 'not_found';
    row.enabled = active;
    return 'changed';
  }
}

/** Answers later. */
@Injectable()
class AsyncUserStore extends SyncUserStore {
  private readonly inner = new SyncUserStore();
  override findById(id: string): never {
    return Promise.resolve().then(() => this.inner.findById(id)) as never;
  }
  override findByIdentifier(identifier: LoginIdentifier): never {
    return Promise.resolve().then(() => this.inner.findByIdentifier(identifier)) as never;
  }
}

const places = placesOf(ADAPTERS, ['memory', ...ALL_DATABASES] as const).flatMap((place) =>
  [SyncUserStore, AsyncUserStore].map((users) => ({ ...place, users, store: users.name })),
);

for (const { adapter, users, database, store } of places)
  describeIf(missingFor(database), `users in a legacy ${store}, sessions in ${database} (${adapter})`, () => {
    let t: TestApp;
    let prepared: TestDatabase | null = null;
    beforeAll(async () => {
      Legacy.rows.splice(0, Infinity, {
        id: '42',
        mail: 'ada@example.com',
        hash: null,
        enabled: true,
        groups: ['user'],
      });
      if (database !== 'memory') prepared = await prepareDatabase(database, authKitEntities({}));
      t = await createTestApp({
        adapter,
        authkit: {
          storage: { ...(database === 'memory' && memoryStorage()), users },
          registration: { enabled: false },
        },
        imports: prepared ? [TypeOrmModule.forRoot(prepared.options)] : [],
      });
      await t.auth.setPassword('42', PASSWORD);
    });
    afterAll(async () => {
      await t.close();
      await prepared?.drop();
    });
    const login = () => t.auth.login('ada@example.com', PASSWORD);
    const me = async (token: string) => (await t.client.get('/auth/me', { token })).status;

    it('signs in, refreshes and shows the user', async () => {
      const signIn = await login();
      const reply = await t.client.get('/auth/me', { token: signIn.accessToken });
      expect(reply.body.user).toMatchObject({ id: '42', email: 'ada@example.com', roles: ['user'] });
      expect((await t.auth.refresh(signIn.refreshToken)).sessionId).toBe(signIn.sessionId);
    });

    it('ends every session when all are revoked, though the store keeps no epochs', async () => {
      const signIn = await login();
      await t.auth.revokeAll('42');
      expect(await me(signIn.accessToken)).toBe(401);
      await expect(t.auth.refresh(signIn.refreshToken)).rejects.toMatchObject({ code: 'token_revoked' });
      expect(await me((await login()).accessToken)).toBe(200);
    });

    it('ends every other session when the password changes, and all when the user is deactivated', async () => {
      const [mine, other] = [await login(), await login()];
      const change = { currentPassword: PASSWORD, newPassword: 'another lantern in the harbour' };
      expect((await t.client.post('/auth/password/change', change, { token: mine.accessToken })).status).toBe(204);
      expect([await me(mine.accessToken), await me(other.accessToken)]).toEqual([200, 401]);
      await t.auth.setPassword('42', PASSWORD);
      const last = await login();
      await t.auth.setActive('42', false);
      expect(await me(last.accessToken)).toBe(401);
      await t.auth.setActive('42', true);
      expect(await me(last.accessToken)).toBe(401);
    });

    it('answers 501 for what the store cannot do', async () => {
      const signIn = await login();
      const patched = await t.client.patch('/auth/me', { fullName: 'Ada' }, { token: signIn.accessToken });
      expect([patched.status, patched.body.code]).toEqual([501, 'not_supported']);
      await expect(t.auth.setRoles('42', ['admin'])).rejects.toMatchObject({ code: 'not_supported' });
      await expect(t.auth.setEmailVerified('42', false)).rejects.toMatchObject({ code: 'not_supported' });
      await expect(t.auth.register({ email: 'b@example.com', password: PASSWORD })).rejects.toMatchObject({
        code: 'not_supported',
      });
    });
  });

describe('a store that keeps only one half of the epochs', () => {
  class Half extends SyncUserStore {
    override endSessions(): boolean {
      return true;
    }
  }

  it('is refused at the first user, saying what is missing', async () => {
    const storage = { ...memoryStorage(), users: Half };
    const t = await createTestApp({ authkit: { storage, registration: { enabled: false } } });
    await expect(t.auth.findUser('ada@example.com')).rejects.toThrow(
      /storage\.users: it has only one of endSessions\(\) and sessionEpoch/,
    );
    await t.close();
  });

  it('and one that keeps none cannot go into production beside own sessions', async () => {
    const storage = { ...memoryStorage(), users: SyncUserStore };
    const production = { baseUrl: 'https://app.example.com', passwords: { hasher: bcrypt() } };
    await expect(
      createTestApp({ authkit: { storage, registration: { enabled: false }, ...production } }),
    ).rejects.toThrow(/SyncUserStore keeps no session epochs/);
  });
});
