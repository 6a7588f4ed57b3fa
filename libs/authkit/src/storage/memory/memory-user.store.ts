import { UserConflictError, UserStore, type GuardedChange, type KnownUser, type NewUser } from '../user.store.js';
import type { AuthUser, Change, EmailChange, LoginIdentifier, PasswordChange, UserCondition } from '../user.store.js';

interface Row {
  user: AuthUser;
  passwordHash: string | null;
  sessionEpoch: number;
  changedAt: number;
}

/** Users in memory, for tests. Synchronous, so that every method is atomic. */
export class MemoryUserStore extends UserStore {
  private readonly rows = new Map<string, Row>();

  override findById(id: string): KnownUser | null {
    return copy(this.rows.get(id));
  }

  override findByIdentifier(identifier: LoginIdentifier): KnownUser | null {
    return copy(
      [...this.rows.values()].find(({ user }) =>
        'email' in identifier ? user.email === identifier.email : user.username === identifier.username,
      ),
    );
  }

  override create(user: NewUser): KnownUser {
    if (this.findByIdentifier({ email: user.email })) throw new UserConflictError('email');
    if (user.username !== null && this.findByIdentifier({ username: user.username })) {
      throw new UserConflictError('username');
    }
    const { id, email, username, emailVerified, roles, fields, passwordHash, at, active = true } = user;
    if (this.rows.has(id)) throw new UserConflictError('other');
    const createdAt = new Date(user.createdAt ?? at);
    this.rows.set(id, {
      user: { ...fields, id, email, username, emailVerified, active, roles: [...new Set(roles)], createdAt },
      passwordHash,
      sessionEpoch: 0,
      changedAt: at,
    });
    return this.findById(id)!;
  }

  override updateProfile(id: string, fields: Readonly<Record<string, unknown>>): KnownUser | null {
    const row = this.rows.get(id);
    if (row) Object.assign(row.user, fields);
    return copy(row);
  }

  override changePassword(id: string, change: PasswordChange): boolean {
    return this.change(id, change.at, (row) => {
      if (!holds(row, { ...change.where, passwordHash: change.from })) return false;
      row.passwordHash = change.to;
      if (change.endSessions) row.sessionEpoch += 1;
      return true;
    });
  }

  override setActive(id: string, active: boolean, at: number, adminRole: string | null): GuardedChange {
    const row = this.rows.get(id);
    if (!row) return 'not_found';
    if (row.user.active === active) return 'unchanged';
    if (!active && this.isSole(row, adminRole)) return 'last_admin';
    row.user.active = active;
    if (!active) row.sessionEpoch += 1;
    row.changedAt = at;
    return 'changed';
  }

  override setRoles(id: string, roles: readonly string[], at: number, adminRole: string | null): GuardedChange {
    const row = this.rows.get(id);
    if (!row) return 'not_found';
    const wanted = [...new Set(roles)];
    if (wanted.length === row.user.roles.length && wanted.every((role) => row.user.roles.includes(role))) {
      return 'unchanged';
    }
    if (adminRole !== null && !wanted.includes(adminRole) && this.isSole(row, adminRole)) return 'last_admin';
    row.user.roles = wanted;
    row.changedAt = at;
    return 'changed';
  }

  override setEmailVerified(id: string, verified: boolean, at: number, where: UserCondition = {}): boolean {
    return this.change(id, at, (row) => {
      if (!holds(row, where)) return false;
      row.user.emailVerified = verified;
      return true;
    });
  }

  override changeEmail(id: string, { from, passwordHash, to, at }: EmailChange): boolean {
    return this.change(id, at, (row) => {
      if (row.user.email !== from || row.passwordHash !== passwordHash) return false;
      if (this.isTaken(id, { email: to })) throw new UserConflictError('email');
      Object.assign(row.user, { email: to, emailVerified: true });
      return true;
    });
  }

  override changeUsername(id: string, username: string, at: number): boolean {
    return this.change(id, at, (row) => {
      if (this.isTaken(id, { username })) throw new UserConflictError('username');
      row.user.username = username;
      return true;
    });
  }

  override remove(id: string, _at: number, adminRole: string | null): GuardedChange {
    const row = this.rows.get(id);
    if (!row) return 'not_found';
    if (this.isSole(row, adminRole)) return 'last_admin';
    this.rows.delete(id);
    return 'changed';
  }

  override isLastAdmin(id: string, adminRole: string | null): boolean {
    const row = this.rows.get(id);
    return row !== undefined && this.isSole(row, adminRole);
  }

  override endSessions(id: string, at: number): boolean {
    return this.change(id, at, (row) => {
      row.sessionEpoch += 1;
      return true;
    });
  }

  override changedSince(since: number): Change[] {
    return [...this.rows.values()]
      .filter((row) => row.changedAt >= since)
      .map((row) => ({ kind: 'user', id: row.user.id, at: row.changedAt }));
  }

  private change(id: string, at: number, apply: (row: Row) => boolean): boolean {
    const row = this.rows.get(id);
    if (!row || !apply(row)) return false;
    row.changedAt = at;
    return true;
  }

  private isTaken(id: string, identifier: LoginIdentifier): boolean {
    const other = this.findByIdentifier(identifier);
    return other !== null && other.user.id !== id;
  }

  private isSole(row: Row, adminRole: string | null): boolean {
    if (adminRole === null || !row.user.active || !row.user.roles.includes(adminRole)) return false;
    return ![...this.rows.values()].some(
      (other) => other !== row && other.user.active && other.user.roles.includes(adminRole),
    );
  }
}

function holds({ user, passwordHash }: Row, where: UserCondition): boolean {
  const found: Required<UserCondition> = { email: user.email, emailVerified: user.emailVerified, passwordHash };
  return (Object.keys(where) as (keyof UserCondition)[]).every(
    (name) => where[name] === undefined || where[name] === found[name],
  );
}

/** Callers get their own object, as from a database. */
function copy(row: Row | undefined): KnownUser | null {
  if (!row) return null;
  const { user, passwordHash, sessionEpoch } = row;
  return { user: { ...user, roles: [...user.roles] }, passwordHash, sessionEpoch };
}
