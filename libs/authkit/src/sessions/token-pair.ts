import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AccessTokens } from './access-token.js';
import { RefreshTokens } from './refresh-token.js';
import type { LiveSession } from './session.service.js';

/** The credentials of a session; lifetimes in whole seconds. */
export interface TokenPair {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly refreshExpiresIn: number;
}

/** Makes the tokens of a session's present generation. */
@Injectable()
export class TokenPairs {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly clock: Clock,
  ) {}

  of({ session, known }: LiveSession): TokenPair {
    const { id: sessionId, userId, authenticatedAt, amr } = session;
    const endsAt = Math.min(session.idleExpiresAt, session.absoluteExpiresAt);
    return {
      accessToken: this.accessTokens.sign({ userId, sessionId, authenticatedAt, amr, roles: known.user.roles }),
      expiresIn: this.accessTokens.ttlSeconds,
      refreshToken: this.refreshTokens.issue(session),
      refreshExpiresIn: Math.max(0, Math.round((endsAt - this.clock.now()) / 1000)),
    };
  }
}
