import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { AttemptLimiter } from '../login/attempt-limiter.js';
import { Outbox } from '../mail/outbox.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionService } from '../sessions/session.service.js';
import { DeletionStore, type DeletionRecord } from '../storage/deletion.store.js';
import { DeviceStore } from '../storage/device.store.js';
import { OneTimeTokenStore } from '../storage/one-time-token.store.js';
import { OutboxStore } from '../storage/outbox.store.js';
import { SessionStore } from '../storage/session.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type AuthUser } from '../storage/user.store.js';

const SWEEP_MS = 60_000;
const BATCH = 20;
/** Another node takes the work over after this; what has failed is tried again then. */
const LEASE_MS = 600_000;
/** Nodes learn of an erasure from its row, by the change feed. */
const REMEMBERED_MS = 3_600_000;

/**
 * Erases accounts: closes the account, lets the host remove its data, then removes every row of the user in one unit of
 * work. A row of `auth_account_deletions` says how far it is, so that a crash or a failing hook only delays it.
 */
@Injectable()
export class Erasures implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('AuthKit');
  private timer?: NodeJS.Timeout;
  private sweeping?: Promise<number>;

  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly store: DeletionStore,
    private readonly sessionStore: SessionStore,
    private readonly tokenStore: OneTimeTokenStore,
    private readonly devices: DeviceStore,
    private readonly outboxStore: OutboxStore,
    private readonly outbox: Outbox,
    private readonly limiter: AttemptLimiter,
    private readonly unit: UnitOfWork,
    private readonly sessions: SessionService,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.users.supports('remove')) return;
    const sweep = () =>
      this.eraseDue().catch((error: unknown) => this.logger.warn(`deletions cannot be read: ${String(error)}`));
    this.timer = setInterval(() => void sweep(), SWEEP_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.sweeping?.catch(() => undefined);
  }

  /** Erases the accounts whose time has come; how many. What fails is logged and tried again later. */
  eraseDue(): Promise<number> {
    return (this.sweeping ??= this.sweep().finally(() => (this.sweeping = undefined)));
  }

  /**
   * Erases an account at once. Throws `last_admin` (409) or `user_not_found` (404), which change nothing; what the host's
   * hook throws only without `retryLater`. The account is closed then, and it is tried again in either case.
   */
  async eraseNow(userId: string, by: DeletionRecord['by'], { retryLater }: { retryLater: boolean }): Promise<void> {
    const at = this.clock.now();
    await this.unit.run(async () => {
      await this.close(userId);
      await this.store.request({ userId, by, requestedAt: at, dueAt: at });
    });
    if (retryLater) await this.tryErase(userId);
    else await this.erase(userId, 'release');
  }

  private async sweep(): Promise<number> {
    const at = this.clock.now();
    let erased = 0;
    for (const userId of await this.store.findDue(at, BATCH)) if (await this.tryErase(userId)) erased += 1;
    await this.store.removeErased(at - REMEMBERED_MS);
    return erased;
  }

  private async tryErase(userId: string): Promise<boolean> {
    try {
      return await this.erase(userId);
    } catch (error) {
      this.logger.error(`user ${userId} could not be erased, and will be later: ${String(error)}`);
      return false;
    }
  }

  /** False when another node is at it. */
  private async erase(userId: string, onFailure: 'keep' | 'release' = 'keep'): Promise<boolean> {
    const at = this.clock.now();
    const until = at + LEASE_MS;
    if (!(await this.store.claim(userId, at, until))) return false;
    try {
      return await this.eraseClaimed(userId);
    } catch (error) {
      // Whoever asked hears of it and may ask again at once.
      if (onFailure === 'release') await this.store.release(userId, until);
      throw error;
    }
  }

  private async eraseClaimed(userId: string): Promise<boolean> {
    const deletion = await this.store.find(userId);
    if (!deletion) return false;
    const user = (await this.users.findById(userId))?.user ?? null;
    if (user) {
      await this.close(userId);
      await this.sessions.markAllRevoked(userId, 'user_erased');
      await this.options.account.onErase?.(user);
    }
    if (!(await this.removeAll(userId, user))) return false;
    await this.sessions.forgetUser(userId);
    await this.limiter.forgetAccount(userId);
    await this.events.emit('user.erased', { by: deletion.by }, { subject: userId });
    return true;
  }

  /** Nobody acts in the account any more, and it counts as no administrator. */
  private async close(userId: string): Promise<void> {
    const at = this.clock.now();
    const { adminRole } = this.options;
    if (this.users.supports('setActive')) {
      const outcome = await this.users.setActive(userId, false, at, adminRole);
      if (outcome === 'last_admin') throw new AuthKitError('last_admin');
      if (outcome === 'not_found') throw new AuthKitError('user_not_found');
      return;
    }
    if (await this.users.isLastAdmin(userId, adminRole)) throw new AuthKitError('last_admin');
    await this.users.endSessions!(userId, at);
  }

  /** Everything that is the user's, and a last mail instead of those not sent. False when it was done meanwhile. */
  private removeAll(userId: string, user: AuthUser | null): Promise<boolean> {
    return this.unit.run(async () => {
      const at = this.clock.now();
      if (!(await this.store.finish(userId, at))) return false;
      await this.outboxStore.discardOf(userId);
      if (user) await this.outbox.enqueue(user, 'account_deleted', {});
      // Where users live elsewhere no foreign key takes these along.
      await this.sessionStore.removeAll(userId);
      await this.tokenStore.removeAll(userId);
      await this.devices.trim(userId, 0);
      // Last, because a store of the host's does not take part in the transaction.
      const outcome = await this.users.remove(userId, at, this.options.adminRole);
      if (outcome === 'last_admin') throw new AuthKitError('last_admin');
      return true;
    });
  }
}
