import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import type { SigningAlgorithm } from '../kernel/signing-key.js';
import { SessionStore } from '../storage/session.store.js';
import { AccessTokenKeys } from './access-token-keys.js';
import { RefreshTokens } from './refresh-token.js';

/**
 * What depends on the keys: asked before an old one is dropped. Holds no key, only names. Sessions that have ended without
 * being marked (of a user deleted elsewhere, say) are counted too.
 */
export interface KeyReport {
  /** One per configured secret, in order: live sessions whose newest refresh token only it verifies. */
  readonly secrets: readonly { readonly position: number; readonly keyId: string; readonly sessions: number }[];
  /** Live sessions of a secret that is not configured any more; their refresh tokens are worthless. */
  readonly orphanedSessions: number;
  /** Live sessions of which nobody noted the secret: they may depend on any of them. */
  readonly unknownSessions: number;
  /** The ring of the access tokens. A key may go one `accessToken.ttl` after it has stopped signing. */
  readonly accessTokenKeys: readonly {
    readonly kid: string;
    readonly alg: SigningAlgorithm;
    /** Whether new tokens are signed with it now. */
    readonly signing: boolean;
    /** Whether it is in the JWKS; secrets never are. */
    readonly published: boolean;
  }[];
}

/** Says how many live sessions still depend on an old secret. */
@Injectable()
export class KeyInventory {
  constructor(
    private readonly sessions: SessionStore,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokenKeys,
    private readonly clock: Clock,
  ) {}

  /** Reads every live session once: for an operator, not for requests. */
  async read(): Promise<KeyReport> {
    const counts = new Map<string, number>();
    for (const { keyId, sessions } of await this.sessions.countLiveByKey(this.clock.now())) counts.set(keyId, sessions);
    const secrets = this.refreshTokens.keyIds.map((keyId, position) => {
      const sessions = counts.get(keyId) ?? 0;
      counts.delete(keyId);
      return { position, keyId, sessions };
    });
    const unknownSessions = counts.get('') ?? 0;
    counts.delete('');
    const { signing } = this.accessTokens;
    return {
      secrets,
      unknownSessions,
      orphanedSessions: [...counts.values()].reduce((sum, sessions) => sum + sessions, 0),
      accessTokenKeys: this.accessTokens.all.map((key) => ({
        kid: key.kid,
        alg: key.alg,
        signing: key === signing,
        published: key.key.type === 'public',
      })),
    };
  }
}
