import { randomUUID } from 'node:crypto';
import type { SessionRecord, SessionStore } from '../../storage/session.store.js';
import type { UserStore } from '../../storage/user.store.js';
import { AT, hashNo } from './user-fixtures.js';

export const HOUR = 3_600_000;

/** A session store under test, and the users its sessions belong to. */
export interface SessionStores {
  /** With a `create()`; sessions of the store under test are found together with users of this one. */
  users: UserStore;
  sessions: SessionStore;
}

/** Sessions and users to test with. */
export class SessionFixtures {
  readonly store: SessionStore;
  readonly users: UserStore;

  constructor({ users, sessions }: SessionStores) {
    this.users = users;
    this.store = sessions;
  }

  /** The id of a new user with the roles `user` and `x`. */
  async user(): Promise<string> {
    const id = randomUUID();
    await this.users.create({
      id,
      email: `${id}@example.com`,
      username: null,
      passwordHash: hashNo(0),
      emailVerified: false,
      roles: ['user', 'x'],
      fields: {},
      at: AT,
    });
    return id;
  }

  /** A session that is in the store. */
  async add(userId: string, over: Partial<SessionRecord> = {}): Promise<SessionRecord> {
    const session: SessionRecord = {
      id: randomUUID(),
      userId,
      epoch: 0,
      generation: 1,
      seed: 'sEed-_'.padEnd(43, 'x'),
      keyId: 'key-1',
      transport: 'bearer',
      amr: ['pwd', 'otp'],
      authenticatedAt: AT,
      createdAt: AT,
      rotatedAt: null,
      lastUsedAt: AT,
      idleExpiresAt: AT + HOUR,
      absoluteExpiresAt: AT + 10 * HOUR,
      revokedAt: null,
      revokedReason: null,
      ip: '2001:db8::1',
      userAgent: 'test',
      ...over,
    };
    await this.store.insert(session);
    return session;
  }

  /** The session as the store has it now; fails when it has none. */
  async get(id: string): Promise<SessionRecord> {
    const found = await this.store.findWithUser(id);
    if (!found) throw new Error(`findWithUser(${id}) gave null for a session that is in the store`);
    return found.session;
  }
}
