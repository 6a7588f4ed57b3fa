import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthEvents } from '../kernel/events.js';
import { newId, randomToken } from '../kernel/random.js';
import { RequestContext } from '../kernel/request-context.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionStore, type SessionRecord } from '../storage/session.store.js';
import type { KnownUser } from '../storage/user.store.js';
import type { DeviceOfSession } from './session.service.js';
import { RefreshTokens } from './refresh-token.js';
import { SessionCache } from './session-cache.js';

/**
 * Makes sessions. Only LoginService may call it (a dependency rule sees to that): one door, so that no new way to sign
 * in can skip a second factor.
 */
@Injectable()
export class SessionIssuer {
  constructor(
    private readonly sessions: SessionStore,
    private readonly cache: SessionCache,
    private readonly refreshTokens: RefreshTokens,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  async issue(
    known: KnownUser,
    transport: CredentialTransport,
    amr: readonly string[],
    authenticatedAt = Infinity,
    device?: DeviceOfSession,
  ): Promise<SessionRecord> {
    const { idleTimeout, absoluteTimeout, maxPerUser } = this.options.session;
    const now = this.clock.now();
    const context = RequestContext.current();
    const session: SessionRecord = {
      id: newId(now),
      userId: known.user.id,
      // As read together with the password hash: if the password has changed since, the session is born dead.
      epoch: known.sessionEpoch,
      generation: 1,
      seed: randomToken(32),
      keyId: this.refreshTokens.keyId,
      transport,
      amr,
      // Nobody has authenticated later than now; a clock elsewhere may think so.
      authenticatedAt: Math.min(authenticatedAt, now),
      createdAt: now,
      rotatedAt: null,
      lastUsedAt: now,
      idleExpiresAt: now + idleTimeout,
      absoluteExpiresAt: now + absoluteTimeout,
      revokedAt: null,
      revokedReason: null,
      ip: context?.ip ?? null,
      userAgent: context?.userAgent ?? null,
    };
    await this.sessions.insert(session);
    const parties = { subject: session.userId, sessionId: session.id };
    // After the insert is committed, so that of many logins at once the last to get here sees them all.
    if (maxPerUser > 0 && (await this.sessions.trim(session.userId, maxPerUser, now)) > 0) {
      await this.cache.forgetUser(session.userId);
      await this.events.emit(
        'session.revoked',
        { reason: 'session_limit', scope: 'oldest' },
        { subject: session.userId },
      );
    }
    await this.events.emit(
      'session.issued',
      { transport, amr, device: device ? { id: device.id, isNew: device.isNew } : null },
      parties,
    );
    return session;
  }
}
