import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { RolePolicy } from '../access/role-policy.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionStore, type SessionWithUser } from '../storage/session.store.js';
import { deathOf, snapshotOf, type SessionSnapshot } from './session-snapshot.js';

const MAX_SNAPSHOTS = 50_000;
/** However fresh the change feed, a snapshot older than this is read again. */
export const MAX_AGE_MS = 60_000;
const MAX_LOADS = 3;

/** A read under way. `stale` once something it may have read has been invalidated. */
interface Load {
  readonly sessionId: string;
  readonly userId: string;
  stale?: boolean;
  result?: Promise<SessionSnapshot | null>;
}

/** What is read again at its next use. */
export type Forgotten = { readonly sessionId: string } | { readonly userId: string } | 'everything';

/**
 * Snapshots of live sessions, so that a guarded request costs no statement. Revocation drops them at once; a read that
 * an invalidation overtook is never served or kept, and nobody joins it: it may have seen the world before.
 */
@Injectable()
export class SessionCache {
  private readonly snapshots = new LRUCache<string, SessionSnapshot>({
    max: MAX_SNAPSHOTS,
    dispose: (snapshot) => this.unindex(snapshot),
  });
  private readonly ofUser = new Map<string, Set<string>>();
  private readonly loads = new Set<Load>();
  private readonly joinable = new Map<string, Load>();
  private readonly watchers = new Set<(forgotten: Forgotten) => void>();
  private announce: (forgotten: Forgotten) => Promise<void> = () => Promise.resolve();
  /** Epoch milliseconds of the start of the last successful poll of the change feed. */
  private confirmedAt = -Infinity;

  constructor(
    private readonly sessions: SessionStore,
    private readonly roles: RolePolicy,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * The snapshot of a live session, at once when it is cached; null when the session is dead.
   * Throws `unavailable` (503) when the store cannot say.
   *
   * @param reread whether to ask the store though a snapshot is cached
   */
  get(sessionId: string, userId: string, reread = false): SessionSnapshot | null | Promise<SessionSnapshot | null> {
    if (reread || this.options.session.check === 'always') return this.load({ sessionId, userId });
    const cached = this.snapshots.get(sessionId);
    if (cached && this.isServable(cached)) return cached;
    const joined = this.joinable.get(sessionId);
    if (joined?.result) return joined.result;
    const load: Load = { sessionId, userId };
    this.joinable.set(sessionId, load);
    return (load.result = this.load(load));
  }

  /**
   * The snapshots of several sessions, null for the dead ones; what is not cached is read by few statements. Throws
   * `unavailable` (503) when the store cannot say.
   */
  async getMany(
    sessions: readonly { sessionId: string; userId: string }[],
  ): Promise<Map<string, SessionSnapshot | null>> {
    const result = new Map<string, SessionSnapshot | null>();
    const loads: Load[] = [];
    for (const { sessionId, userId } of sessions) {
      const cached = this.snapshots.get(sessionId);
      if (cached && this.isServable(cached)) result.set(sessionId, cached);
      else loads.push({ sessionId, userId });
    }
    if (loads.length === 0) return result;
    for (const load of loads) this.loads.add(load);
    try {
      const loadedAt = this.clock.now();
      const found = await this.readMany(loads.map(({ sessionId }) => sessionId));
      for (const load of loads) {
        const { sessionId } = load;
        const snapshot = load.stale ? await this.load({ ...load }) : this.take(found.get(sessionId) ?? null, loadedAt);
        result.set(sessionId, snapshot);
      }
      return result;
    } finally {
      for (const load of loads) this.loads.delete(load);
    }
  }

  /**
   * Forgets one session, on every node. To be called after the change is committed and before it is answered. Resolves
   * when the other nodes have been told, or cannot be; never rejects.
   */
  forgetSession(sessionId: string): Promise<void> {
    return this.forget({ sessionId });
  }

  /** Forgets every session of a user, likewise. */
  forgetUser(userId: string): Promise<void> {
    return this.forget({ userId });
  }

  forgetAll(): Promise<void> {
    return this.forget('everything');
  }

  /** Forgets on this node alone, what another has changed. */
  drop(forgotten: Forgotten): void {
    if (forgotten === 'everything') {
      this.invalidate(() => true);
      this.snapshots.clear();
    } else if ('sessionId' in forgotten) {
      this.invalidate(({ sessionId }) => sessionId === forgotten.sessionId);
      this.snapshots.delete(forgotten.sessionId);
    } else {
      this.invalidate(({ userId }) => userId === forgotten.userId);
      for (const sessionId of [...(this.ofUser.get(forgotten.userId) ?? [])]) this.snapshots.delete(sessionId);
    }
    for (const watcher of this.watchers) watcher(forgotten);
  }

  /** Says how other nodes are told of what this one forgets; it must never reject. */
  announceBy(announce: (forgotten: Forgotten) => Promise<void>): void {
    this.announce = announce;
  }

  /**
   * Hears of whatever may have changed, by this node or by another; not what has changed: that is read anew. Returns how
   * to stop.
   */
  watch(watcher: (forgotten: Forgotten) => void): () => void {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  }

  /** Tells that no other node had changed anything by this time (epoch milliseconds) that is not dropped here too. */
  confirm(at: number): void {
    this.confirmedAt = at;
  }

  /** Whether the change feed is recent enough for cached snapshots to be served. */
  get isConfirmed(): boolean {
    return this.clock.now() - this.confirmedAt < this.options.session.staleness;
  }

  private forget(forgotten: Forgotten): Promise<void> {
    this.drop(forgotten);
    return this.announce(forgotten);
  }

  private isServable(snapshot: SessionSnapshot): boolean {
    const now = this.clock.now();
    const age = now - snapshot.loadedAt;
    if (age >= MAX_AGE_MS || now >= snapshot.expiresAt) return false;
    return age < this.options.session.staleness || this.isConfirmed;
  }

  private async load(load: Load): Promise<SessionSnapshot | null> {
    this.loads.add(load);
    try {
      for (let attempt = 0; attempt < MAX_LOADS; attempt += 1) {
        load.stale = false;
        const loadedAt = this.clock.now();
        const found = await this.read(load.sessionId);
        if (load.stale) continue;
        return this.take(found, loadedAt);
      }
      throw new AuthKitError('unavailable', { reason: 'the session kept changing while it was read' });
    } finally {
      this.loads.delete(load);
      if (this.joinable.get(load.sessionId) === load) this.joinable.delete(load.sessionId);
    }
  }

  private take(found: SessionWithUser | null, loadedAt: number): SessionSnapshot | null {
    if (!found || deathOf(found, this.clock.now()) !== null) return null;
    const snapshot = snapshotOf(found, this.roles, loadedAt);
    if (this.options.session.check !== 'always') this.keep(snapshot);
    return snapshot;
  }

  private async readMany(ids: readonly string[]): Promise<Map<string, SessionWithUser>> {
    try {
      const found = await this.sessions.findManyWithUser(ids);
      return new Map(found.map((one) => [one.session.id, one]));
    } catch (cause) {
      throw new AuthKitError('unavailable', { reason: `the session store failed: ${String(cause)}`, cause });
    }
  }

  private async read(sessionId: string) {
    try {
      return await this.sessions.findWithUser(sessionId);
    } catch (cause) {
      throw new AuthKitError('unavailable', { reason: `the session store failed: ${String(cause)}`, cause });
    }
  }

  private invalidate(concerns: (load: Load) => boolean): void {
    for (const load of this.loads) {
      if (!concerns(load)) continue;
      load.stale = true;
      if (this.joinable.get(load.sessionId) === load) this.joinable.delete(load.sessionId);
    }
  }

  private keep(snapshot: SessionSnapshot): void {
    this.snapshots.set(snapshot.sessionId, snapshot);
    const ids = this.ofUser.get(snapshot.userId);
    if (ids) ids.add(snapshot.sessionId);
    else this.ofUser.set(snapshot.userId, new Set([snapshot.sessionId]));
  }

  private unindex(snapshot: SessionSnapshot): void {
    const ids = this.ofUser.get(snapshot.userId);
    ids?.delete(snapshot.sessionId);
    if (ids?.size === 0) this.ofUser.delete(snapshot.userId);
  }
}
