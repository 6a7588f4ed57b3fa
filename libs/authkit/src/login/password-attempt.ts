import type { AuthEvents } from '../kernel/events.js';
import type { ResolvedRateLimits } from '../options/abuse-options.js';
import type { AccountAttempts, AccountState } from './account-attempts.js';
import type { DeviceAttempts } from './device-attempts.js';
import type { KnownDevice } from './known-device.js';
import type { LimitedBucket } from './limited-bucket.js';

/** Who tries a password, and what the client shows besides it. */
export interface PasswordClaim {
  /** Of the account that the name belongs to; its names share one counter. */
  userId?: string;
  /** The canonical form of a name that no account has, or the name as typed. */
  name: string;
  /** Counts only when it is this user's. */
  device?: KnownDevice | null;
  /** What the captcha's widget gave; null where none is asked for, because a session has been proven. */
  captchaToken?: string | null;
}

/** A guess that is counted and waits to be judged. */
export interface Attempt {
  /** Runs what judges it. True clears the account's failures, false leaves it counted; when it throws, it does not count. */
  judge(verify: () => Promise<boolean>): Promise<boolean>;
}

/** When limits are off. */
export const UNLIMITED: Attempt = { judge: (verify) => verify() };

interface Counted {
  readonly account: AccountAttempts;
  /** Known, and then the only one of the two that counts. */
  readonly device: DeviceAttempts | null;
  readonly ip: LimitedBucket | null;
  readonly claim: PasswordClaim;
}

/** One guess, counted at the client's address and at its account or known device. */
export class PasswordAttempt implements Attempt {
  private used = 0;
  private usedByIp = 0;
  private inRow = 0;

  constructor(
    private readonly events: AuthEvents,
    private readonly limits: ResolvedRateLimits,
    private readonly counted: Counted,
  ) {}

  /** Throws `rate_limited` or `unavailable`. */
  async reserve(state: { used: number; waits?: number; wait: number }): Promise<void> {
    const { account, device, ip } = this.counted;
    this.usedByIp = (await ip?.take()) ?? 0;
    try {
      const reserved = await (device ? device.reserve() : account.reserve(state as AccountState));
      this.used = reserved.used;
      this.inRow = reserved.inRow;
    } catch (error) {
      await ip?.giveBack();
      throw error;
    }
  }

  /** Failures of the account or device, or from the address, that this one is counted after. */
  get failuresBefore(): number {
    return Math.max(this.used, this.usedByIp) - 1;
  }

  /** It will not be judged: it does not count. */
  async giveBack(): Promise<void> {
    await Promise.all([this.counted.ip?.giveBack(), this.mine.giveBack()]);
  }

  async judge(verify: () => Promise<boolean>): Promise<boolean> {
    const { ip } = this.counted;
    let right: boolean;
    try {
      right = await verify();
    } catch (error) {
      await this.giveBack();
      throw error;
    }
    // Only this guess is taken from the address: its other failures stay, whoever they were at.
    if (right) await Promise.all([ip?.giveBack(), this.mine.clear()]);
    else await this.failed();
    return right;
  }

  private get mine(): AccountAttempts | DeviceAttempts {
    return this.counted.device ?? this.counted.account;
  }

  private async failed(): Promise<void> {
    const { device, claim } = this.counted;
    const subject = claim.userId;
    const rule = this.limits[device ? 'device' : 'account'];
    if (this.used === rule.limit) {
      await this.events.emit('login.throttled', { by: device ? 'device' : 'account' }, { subject });
    }
    if (this.usedByIp === this.limits.ip.limit) await this.events.emit('login.throttled', { by: 'ip' });
    if (this.inRow !== rule.disableAfter) return;
    await this.mine.disable();
    const failures = this.inRow;
    if (device) await this.events.emit('device.disabled', { deviceId: claim.device!.id, failures }, { subject });
    else if (subject !== undefined) await this.events.emit('login.disabled', { failures }, { subject });
  }
}
