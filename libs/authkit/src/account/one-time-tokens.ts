import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { randomToken } from '../kernel/random.js';
import type { MailTemplate } from '../mail/mail-messages.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import {
  OneTimeTokenStore,
  type LinkPurpose,
  type OneTimePurpose,
  type OneTimeTokenRecord,
} from '../storage/one-time-token.store.js';
import type { AuthUser } from '../storage/user.store.js';

/** Who registers an address again after a year is told of the account instead. */
const REGISTRATION_MS = 365 * 86_400_000;
const TOKEN = /^nao_[A-Za-z0-9_-]{43}$/;

/** What a token is bound to, besides purpose and user. */
export interface OneTimeBinding {
  /** @default the user's address */
  email?: string;
  /** The stored password hash: the token dies when that changes. Null for a user without one; leave out to not bind. */
  passwordHash?: string | null;
  /** Instead of the password hash: another thing, of at most 43 characters, with which the token dies. */
  fingerprint?: string;
  /** @default '' */
  slot?: string;
  /** Milliseconds. @default the one in the options */
  lifetime?: number;
}

/**
 * Tokens for links in mails: 256 random bits, stored as their hash, good once, for one purpose, one user and one address
 * (ASVS 6.4.4, 6.5.1, 6.5.5). A new one ends the one before.
 */
@Injectable()
export class OneTimeTokens {
  constructor(
    private readonly store: OneTimeTokenStore,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Makes the token that the mail will carry. Belongs into the unit of work of the change and its mail. */
  async issue(user: AuthUser, purpose: LinkPurpose, binding: OneTimeBinding = {}): Promise<string> {
    const token = newToken();
    const lifetime = binding.lifetime ?? this.lifetimeOf(purpose);
    await this.store.put(this.recordOf(token, user, purpose, { ...binding, lifetime }));
    return token;
  }

  /**
   * Whether a mail of this template may go to the user now: not if one went out within that many milliseconds. Of many
   * who ask at once, one is told so. Belongs into the unit of work of the mail.
   */
  async mayNotify(user: AuthUser, template: MailTemplate, every: number): Promise<boolean> {
    const record = this.recordOf(newToken(), user, 'notice', { slot: template, lifetime: every });
    return this.store.putIfOlder(record, record.createdAt - every);
  }

  /** Remembers that a client has made this account. Belongs into the unit of work that makes it. */
  async rememberRegistration(user: AuthUser): Promise<void> {
    await this.store.put(this.recordOf(newToken(), user, 'registration', { lifetime: REGISTRATION_MS }));
  }

  /** Whether a client has made this account, not the host or an import. */
  async isOfClient(userId: string): Promise<boolean> {
    return (await this.store.list(userId)).some(({ purpose }) => purpose === 'registration');
  }

  /** The record of a token that is live now; decides nothing yet. Throws `link_invalid` (410). */
  async getLive(token: string, ...purposes: readonly OneTimePurpose[]): Promise<OneTimeTokenRecord> {
    const found = await this.find(token, ...purposes);
    if (!found || found.consumedAt !== null || found.expiresAt <= this.clock.now())
      throw linkInvalid('used or expired');
    return found;
  }

  /** The record of a token, used or expired or not; null for one that never was or was replaced. */
  async find(token: string, ...purposes: readonly OneTimePurpose[]): Promise<OneTimeTokenRecord | null> {
    // By its whole form first: nothing else reaches a query.
    const found = TOKEN.test(token) ? await this.store.find(hashOf(token)) : null;
    return found && purposes.includes(found.purpose) ? found : null;
  }

  /** Uses the token up; of many at once, one returns and all others throw `link_invalid` (410). */
  async consume({ hash }: OneTimeTokenRecord): Promise<void> {
    if (!(await this.store.consume(hash, this.clock.now()))) throw linkInvalid('used, expired or replaced meanwhile');
  }

  /** Ends a user's unused tokens of these purposes; all, when none is named. */
  async discard(userId: string, ...purposes: readonly OneTimePurpose[]): Promise<void> {
    await this.store.discard(userId, purposes.length > 0 ? purposes : undefined);
  }

  /** Milliseconds. */
  lifetimeOf(purpose: LinkPurpose): number {
    return this.options.linkLifetimes[purpose];
  }

  private recordOf(
    token: string,
    user: AuthUser,
    purpose: OneTimePurpose,
    binding: OneTimeBinding & { lifetime: number },
  ): OneTimeTokenRecord {
    const createdAt = this.clock.now();
    return {
      userId: user.id,
      purpose,
      slot: binding.slot ?? '',
      hash: hashOf(token),
      email: binding.email ?? user.email,
      fingerprint:
        binding.fingerprint ?? (binding.passwordHash === undefined ? null : fingerprintOf(binding.passwordHash)),
      createdAt,
      expiresAt: createdAt + binding.lifetime,
      consumedAt: null,
    };
  }
}

/** Names a password hash without telling anything of it; a user without a password has a constant one. */
export function fingerprintOf(passwordHash: string | null): string {
  return createHash('sha256')
    .update(passwordHash === null ? 'no password' : `password:${passwordHash}`)
    .digest('base64url');
}

/** The one answer to a link that does nothing (any more). */
export function linkInvalid(reason: string): AuthKitError {
  return new AuthKitError('link_invalid', { reason: `one-time token: ${reason}` });
}

function newToken(): string {
  return `nao_${randomToken(32)}`;
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
