import { AuthKitConfigError } from '../kernel/errors.js';
import {
  UserStore,
  type Change,
  type CreateOutcome,
  type GuardedChange,
  type KnownUser,
  type NewUser,
} from './user.store.js';
import type {
  EmailChange,
  LoginIdentifier,
  OptionalUserMethod,
  PasswordChange,
  UserCondition,
  UserRecord,
} from './user.store.js';
import type { UserStateStore } from './user-state.store.js';

/** The host's own store with what it lacks filled in: session epochs, when it keeps none. */
export class ExternalUserStore extends UserStore {
  constructor(
    private readonly users: UserStore,
    private readonly state: UserStateStore,
  ) {
    super();
  }

  override async findById(id: string): Promise<KnownUser | null> {
    // The epoch first: read after the hash, it could be the one that already ended the sessions of that very hash.
    const epoch = this.users.endSessions ? undefined : await this.state.epochOf(id);
    const record = await this.users.findById(id);
    return record && this.withEpoch(record, epoch);
  }

  override async findByIdentifier(identifier: LoginIdentifier): Promise<KnownUser | null> {
    const record = await this.users.findByIdentifier(identifier);
    if (!record) return null;
    // Where the epoch is kept beside, the record is read again, behind the epoch.
    return this.users.endSessions ? this.withEpoch(record, undefined) : this.findById(record.user.id);
  }

  override async create(user: NewUser): Promise<UserRecord> {
    await this.users.create(user);
    const record = (await this.findById(user.id))!;
    // A create() that knows nothing of imported users makes active ones.
    if (user.active !== false || !record.user.active) return record;
    await this.setActive(user.id, false, user.at, null);
    return (await this.findById(user.id))!;
  }

  override async createMany(users: readonly NewUser[], dryRun: boolean): Promise<CreateOutcome[]> {
    // A dry run has to find out too when the store makes no users.
    if (users.length > 0 && this.users.create === UserStore.prototype.create) await this.users.create(users[0]);
    return super.createMany(users, dryRun);
  }

  override uniqueValuesOf(user: NewUser): Readonly<Record<string, string>> {
    return this.users.uniqueValuesOf(user);
  }

  override hasField(name: string): boolean {
    return this.users.hasField(name);
  }

  override async updateProfile(
    id: string,
    fields: Readonly<Record<string, unknown>>,
    at: number,
  ): Promise<UserRecord | null> {
    return (await this.users.updateProfile(id, fields, at)) && this.findById(id);
  }

  override async changePassword(id: string, change: PasswordChange): Promise<boolean> {
    const changed = await this.users.changePassword(id, change);
    // A store with epochs of its own has raised it in the same statement. Ours is raised after the hash: a login that
    // verified the old one has read the old epoch.
    if (changed && change.endSessions && !this.users.endSessions) await this.state.bump(id, change.at);
    return changed;
  }

  override async setActive(id: string, active: boolean, at: number, adminRole: string | null): Promise<GuardedChange> {
    const outcome = await this.users.setActive(id, active, at, adminRole);
    if (outcome === 'changed' && !active && !this.users.endSessions) await this.state.bump(id, at);
    return outcome;
  }

  override setRoles(
    id: string,
    roles: readonly string[],
    at: number,
    adminRole: string | null,
  ): GuardedChange | Promise<GuardedChange> {
    return this.users.setRoles(id, roles, at, adminRole);
  }

  override setEmailVerified(
    id: string,
    verified: boolean,
    at: number,
    where?: UserCondition,
  ): boolean | Promise<boolean> {
    return this.users.setEmailVerified(id, verified, at, where);
  }

  override changeEmail(id: string, change: EmailChange): boolean | Promise<boolean> {
    return this.users.changeEmail(id, change);
  }

  override changeUsername(id: string, username: string, at: number): boolean | Promise<boolean> {
    return this.users.changeUsername(id, username, at);
  }

  override remove(id: string, at: number, adminRole: string | null): GuardedChange | Promise<GuardedChange> {
    return this.users.remove(id, at, adminRole);
  }

  override isLastAdmin(id: string, adminRole: string | null): boolean | Promise<boolean> {
    return this.users.isLastAdmin(id, adminRole);
  }

  override supports(method: OptionalUserMethod): boolean {
    return this.users.supports(method);
  }

  override async endSessions(id: string, at: number): Promise<boolean> {
    if (this.users.endSessions) return this.users.endSessions(id, at);
    await this.state.bump(id, at);
    return true;
  }

  override async changedSince(since: number): Promise<Change[]> {
    return (await this.users.changedSince?.(since)) ?? [];
  }

  /** A store keeps epochs wholly or not at all: one half would end sessions where nobody looks. */
  private withEpoch(record: UserRecord, kept: number | undefined): KnownUser {
    const { sessionEpoch } = record;
    if ((sessionEpoch === undefined) !== (kept !== undefined)) {
      throw new AuthKitConfigError(
        'storage.users',
        'it has only one of endSessions() and sessionEpoch',
        'Give both, or neither.',
      );
    }
    return { ...record, sessionEpoch: sessionEpoch ?? kept! };
  }
}
