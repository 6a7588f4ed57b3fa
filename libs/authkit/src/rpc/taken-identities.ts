import { Inject, Injectable, Optional } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitConfigError, AuthKitError } from '../kernel/errors.js';
import { AttemptStore } from '../storage/attempt.store.js';
import { MAX_LIFETIME_MS, SKEW_MS, type IdentityClaims } from './identity.js';
import { RPC_OPTIONS, type ResolvedRpcOptions } from './rpc-options.js';

/** From when the clock of a sender is ahead until that of the receiver is behind. */
const REMEMBERED_MS = MAX_LIFETIME_MS + 2 * SKEW_MS;
/** Only services that know the secret can fill it; then nothing more is taken until some have expired. */
const MAX_REMEMBERED = 500_000;

/** Takes each identity once. */
@Injectable()
export class TakenIdentities {
  /** Nonces in the order they came, with when they may be forgotten (epoch milliseconds). */
  private readonly seen = new Map<string, number>();
  private readonly shared: AttemptStore | null;

  constructor(
    private readonly clock: Clock,
    @Inject(RPC_OPTIONS) { replay }: ResolvedRpcOptions,
    @Optional() @Inject(AttemptStore) attempts: AttemptStore | null,
  ) {
    this.shared = replay === 'shared' ? attempts : null;
    if (replay === 'shared' && !attempts) {
      throw new AuthKitConfigError('rpc.replay', "it is 'shared', and there is no AttemptStore", "Set it to 'node'.");
    }
  }

  /** Throws `token_invalid` (401) for one that was taken before, `overloaded` (503) when too many are remembered. */
  async take({ nonce }: IdentityClaims): Promise<void> {
    const isFirst = this.shared ? (await this.shared.add(`rpc:${nonce}`, REMEMBERED_MS)) === 1 : this.remember(nonce);
    if (!isFirst) throw new AuthKitError('token_invalid', { reason: 'identity of a message: taken before' });
  }

  private remember(nonce: string): boolean {
    const now = this.clock.now();
    for (const [old, until] of this.seen) {
      if (until > now) break;
      this.seen.delete(old);
    }
    if (this.seen.has(nonce)) return false;
    if (this.seen.size >= MAX_REMEMBERED) {
      throw new AuthKitError('overloaded', { reason: 'too many identities of messages at once' });
    }
    this.seen.set(nonce, now + REMEMBERED_MS);
    return true;
  }
}
