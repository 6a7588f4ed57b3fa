import { Inject, Injectable } from '@nestjs/common';
import { AuthEvents } from '../kernel/events.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { blockReasonOf, contextWordsOf, type BlockReason } from './blocklist.js';
import { commonPasswords } from './common-passwords.js';
import { assertPasswordLength, assertPasswordShape, normalizePassword, passwordRefusal } from './password-policy.js';

/** Whose new password it is, and where it stands. */
export interface PasswordOwner {
  /** Field of the request that a refusal names. @default 'password' */
  field?: string;
  email?: string | null;
  username?: string | null;
}

const GUIDANCE: Record<BlockReason, string> = {
  common_password: 'Many people use this password, so it is tried first; use a few words of your own.',
  context_word: 'It is made of your name, your address or the name of this app; use a few words of your own.',
  simple_pattern: 'It follows a pattern that is tried first; use a few words of your own.',
};
const BREACHED = 'This password is known from a breach of another service; use a new one here, and there.';

/** Decides on every new password, whoever sets it; imported hashes are not judged. */
@Injectable()
export class PasswordPolicy {
  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly events: AuthEvents,
  ) {}

  /**
   * Refuses, with a 422 that names the field and says what to do: `password_too_long`, `password_invalid`,
   * `password_too_short`, `password_blocklisted`, `password_breached`, in this order. Call it before hashing.
   */
  async assert(password: string, owner: PasswordOwner = {}): Promise<void> {
    const { field = 'password' } = owner;
    assertPasswordShape(password, field);
    assertPasswordLength(password, this.options.passwords.minLength, field);
    const reason = this.blockReason(password, owner);
    if (reason) throw passwordRefusal('password_blocklisted', field, GUIDANCE[reason], reason);
    if (await this.isBreached(password)) throw passwordRefusal('password_breached', field, BREACHED);
  }

  private blockReason(password: string, { email, username }: PasswordOwner): BlockReason | null {
    const { appName, passwords } = this.options;
    if (passwords.blocklist === null) return null;
    const words = contextWordsOf([appName, email, username, ...passwords.blocklist]);
    return blockReasonOf(password, words, commonPasswords());
  }

  /** Without an answer the password passes: another service must not decide whether anybody can register. */
  private async isBreached(password: string): Promise<boolean> {
    const { breachCheck } = this.options.passwords;
    try {
      return (await breachCheck?.isBreached(normalizePassword(password))) ?? false;
    } catch (error) {
      await this.events.emit('password.breach_check_failed', { reason: reasonOf(error) });
      return false;
    }
  }
}

/** fetch says why only in the cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? `${String(error)} (${cause.message})` : String(error);
}
