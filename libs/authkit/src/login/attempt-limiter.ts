import { Inject, Injectable } from '@nestjs/common';
import { networkOf } from '../kernel/client-address.js';
import { AuthEvents } from '../kernel/events.js';
import { RequestContext } from '../kernel/request-context.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedLimit, ResolvedRateLimits } from '../options/abuse-options.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { AccountAttempts } from './account-attempts.js';
import { AttemptCounters } from './attempt-counters.js';
import { CaptchaGate } from './captcha-gate.js';
import { DeviceAttempts } from './device-attempts.js';
import { LimitedBucket } from './limited-bucket.js';
import { PasswordAttempt, UNLIMITED, type Attempt, type PasswordClaim } from './password-attempt.js';
import { rateLimited } from './rate-limited.js';

/** The limits on passwords, mails and registrations; `rateLimits`. Every refusal is the same `rate_limited` (429). */
@Injectable()
export class AttemptLimiter {
  constructor(
    private readonly counters: AttemptCounters,
    private readonly captcha: CaptchaGate,
    private readonly events: AuthEvents,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Counts a guess that is about to be judged; the caller says how it ended by `judge()`.
   * Throws `rate_limited` (429), `captcha_required` (403) or `unavailable` (503).
   */
  async begin(claim: PasswordClaim): Promise<Attempt> {
    const limits = this.options.rateLimits;
    if (!limits) {
      await this.captcha.assertForLogin(claim.captchaToken, 0);
      return UNLIMITED;
    }
    const account = this.accountOf(claim, limits);
    const device = await this.deviceOf(claim, limits);
    const ip = this.bucketOfClient('ip', limits.ip);
    const [state, usedByIp] = await Promise.all([device ? device.state() : account.state(), ip?.assertRoom() ?? 0]);
    if (state.wait > 0) throw rateLimited(state.wait, device ? 'too many failures from a known device' : 'account');
    const isAsked = await this.captcha.assertForLogin(claim.captchaToken, Math.max(state.used, usedByIp));
    const attempt = new PasswordAttempt(this.events, limits, { account, device, ip, claim });
    await attempt.reserve(state);
    if (!isAsked) await this.assertCaptcha(attempt, claim);
    return attempt;
  }

  /** Counts a registration from the client's address. Throws `rate_limited` (429), `captcha_required` (403) or 503. */
  async consumeRegistration(captchaToken?: string): Promise<void> {
    const limits = this.options.rateLimits;
    const bucket = limits && this.bucketOfClient('register', limits.register);
    await bucket?.assertRoom();
    await this.captcha.assertForRegistration(captchaToken);
    if (bucket) await this.take(bucket, limits.register, 'register');
  }

  /**
   * Counts a mail that anybody can ask for: from the client's address, and to each of the mailboxes, whether an account
   * has it or not. Throws `rate_limited` (429) or `unavailable` (503).
   *
   * @param mailboxes in canonical form
   */
  async consumeMail(kind: 'forgot' | 'resend' | 'change_email', ...mailboxes: readonly string[]): Promise<void> {
    const limits = this.options.rateLimits;
    if (!limits) return;
    const client = this.bucketOfClient('mail-ip', limits.mailIp);
    const used = await client?.take();
    try {
      for (const mailbox of mailboxes)
        await this.take(new LimitedBucket(this.counters, limits.mail, kind, mailbox), limits.mail, kind);
    } catch (error) {
      await client?.giveBack();
      throw error;
    }
    if (used === limits.mailIp.limit) await this.events.emit('request.throttled', { kind });
  }

  /** Forgets the failures of an account, so that a disabled password signs in again: after a reset, or on the host's word. */
  async clearAccount(userId: string): Promise<void> {
    const limits = this.options.rateLimits;
    if (!limits) return;
    const account = this.accountOf({ userId, name: '' }, limits);
    const wasDisabled = await account.isDisabled();
    await account.clear();
    if (wasDisabled) await this.events.emit('account.unlocked', {}, { subject: userId });
  }

  /** Forgets what is counted of an account that is gone; tells nobody. */
  async forgetAccount(userId: string): Promise<void> {
    const limits = this.options.rateLimits;
    if (limits) await this.accountOf({ userId, name: '' }, limits).clear();
  }

  /** By what the guess itself has counted: those made at the same time have not seen each other before. */
  private async assertCaptcha(attempt: PasswordAttempt, { captchaToken }: PasswordClaim): Promise<void> {
    try {
      await this.captcha.assertForLogin(captchaToken, attempt.failuresBefore);
    } catch (error) {
      await attempt.giveBack();
      throw error;
    }
  }

  private async take(
    bucket: LimitedBucket,
    rule: ResolvedLimit,
    kind: 'register' | 'forgot' | 'resend' | 'change_email',
  ): Promise<void> {
    // The one that takes the last place says so; refusals, of which there may be a flood, say nothing.
    if ((await bucket.take()) === rule.limit) await this.events.emit('request.throttled', { kind });
  }

  private accountOf({ userId, name }: PasswordClaim, { account }: ResolvedRateLimits): AccountAttempts {
    return new AccountAttempts(this.counters, account, userId === undefined ? { name } : { userId });
  }

  /** Null for a device of somebody else, and for one that has failed too often: it is then like any other. */
  private async deviceOf({ userId, device }: PasswordClaim, limits: ResolvedRateLimits) {
    if (!device || userId === undefined || device.userId !== userId) return null;
    const attempts = new DeviceAttempts(this.counters, limits.device, device.id);
    return (await attempts.state()).disabled ? null : attempts;
  }

  private bucketOfClient(kind: 'ip' | 'register' | 'mail-ip', rule: ResolvedLimit): LimitedBucket | null {
    const ip = RequestContext.current()?.ip;
    return ip ? new LimitedBucket(this.counters, rule, kind, networkOf(ip)) : null;
  }
}
