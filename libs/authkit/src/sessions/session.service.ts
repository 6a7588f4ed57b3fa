import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents, type RevocationReason } from '../kernel/events.js';
import { isUuid } from '../kernel/random.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionStore, type SessionRecord, type SessionWithUser } from '../storage/session.store.js';
import { UserStore, type KnownUser } from '../storage/user.store.js';
import { AccessTokens } from './access-token.js';
import { RefreshTokens, type ParsedRefreshToken } from './refresh-token.js';
import { SessionCache } from './session-cache.js';
import { deathOf } from './session-snapshot.js';

/** The device of a login. */
export interface DeviceOfSession {
  readonly id: string;
  /** The user has not signed in on it before, or it was forgotten. */
  readonly isNew: boolean;
  /** By which it will be known again; belongs into its cookie, or into the reply. */
  readonly token: string;
}

/** A live session with its user, for which tokens can be made. */
export interface LiveSession {
  session: SessionRecord;
  known: KnownUser;
  /** At a login over HTTP. */
  device?: DeviceOfSession;
}

/** A session somebody has shown to be theirs. */
export interface ProvenSession {
  readonly id: string;
  readonly userId: string;
}

/** Clocks of two nodes may differ this much around the end of the grace. */
const GRACE_TOLERANCE_MS = 5_000;

/** Rotates, revokes and lists sessions. */
@Injectable()
export class SessionService {
  constructor(
    private readonly sessions: SessionStore,
    @Inject(UserStore) private readonly users: UserStore,
    private readonly cache: SessionCache,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokens,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * Exchanges a refresh token for the next generation. The one before, presented within the grace, gets the same
   * successor again; an older one is reuse and ends the session (RFC 9700, 4.14.2). Throws 401, or 503 when undecided.
   *
   * @param companionId session of the access cookie that came along; must be the same one.
   */
  async refresh(token: string, via: CredentialTransport, companionId?: string): Promise<LiveSession> {
    const parsed = this.refreshTokens.parse(token);
    if (!parsed) throw invalid('malformed');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const live = this.admit(await this.sessions.findWithUser(parsed.sessionId), parsed, via, companionId);
      const { session } = live;
      const behind = session.generation - parsed.generation;
      if (behind < 0) {
        // Only at the generation that was read: a rotation meanwhile may have caught up with the token.
        if (!(await this.endStolen(live, parsed.generation, 'generation_ahead', session.generation))) continue;
        throw new AuthKitError('token_revoked', { reason: 'generation_ahead' });
      }
      if (behind === 1 && this.isWithinGrace(session)) return live;
      if (behind > 0) {
        await this.endStolen(live, parsed.generation, 'refresh_token_reuse');
        throw new AuthKitError('token_revoked', { reason: 'refresh_token_reuse' });
      }

      const now = this.clock.now();
      const idleExpiresAt = Math.min(now + this.options.session.idleTimeout, session.absoluteExpiresAt);
      // Losing this race means another request rotated or ended the session: look again.
      const { keyId } = this.refreshTokens;
      if (!(await this.sessions.rotate(session.id, session.generation, now, idleExpiresAt, keyId))) continue;
      const generation = session.generation + 1;
      const rotated = { ...session, generation, rotatedAt: now, lastUsedAt: now, idleExpiresAt, keyId };
      await this.events.emit('session.rotated', { generation }, { ...partiesOf(session), actor: actorOf(session) });
      return { session: rotated, known: live.known };
    }
    throw new AuthKitError('unavailable', { reason: 'the session kept changing while it was refreshed' });
  }

  /** The session of a genuine refresh token, dead or alive; null for any other text. For logout. */
  async sessionOfRefreshToken(token: string): Promise<ProvenSession | null> {
    const parsed = this.refreshTokens.parse(token);
    const found = parsed && (await this.sessions.findWithUser(parsed.sessionId));
    return found && this.refreshTokens.isGenuine(parsed, found.session.seed) ? found.session : null;
  }

  /** The session of a genuine access token, expired or not; null for any other text. */
  sessionOfAccessToken(token: string): ProvenSession | null {
    try {
      const { sid, sub } = this.accessTokens.verify(token, { allowExpired: true });
      return { id: sid, userId: sub };
    } catch {
      return null;
    }
  }

  /**
   * Notes that the user of a session has proven who they are anew, by what the user's row held at that epoch. False when
   * the session has ended meanwhile, or the password has changed.
   */
  async renewAuthentication(session: ProvenSession, epoch: number, amr: readonly string[]): Promise<boolean> {
    const { id: sessionId, userId } = session;
    const renewed = await this.sessions.renewAuthentication(sessionId, epoch, this.clock.now());
    await this.cache.forgetSession(sessionId);
    const actor = { kind: 'user' as const, id: userId };
    if (renewed) await this.events.emit('session.reauthenticated', { amr }, { subject: userId, sessionId, actor });
    return renewed;
  }

  /** Ends one session of a user, at that user's wish or not. False when the user has no such live session. */
  async revoke(
    sessionId: string,
    reason: RevocationReason,
    userId: string,
    by: 'user' | 'other' = 'user',
    atGeneration?: number,
  ): Promise<boolean> {
    if (!isUuid(sessionId)) return false;
    const revoked = await this.sessions.revoke(sessionId, reason, this.clock.now(), userId, atGeneration);
    await this.cache.forgetSession(sessionId);
    if (revoked) {
      const actor = by === 'other' ? undefined : { kind: 'user' as const, id: userId };
      await this.events.emit('session.revoked', { reason, scope: 'one' }, { subject: userId, sessionId, actor });
    }
    return revoked;
  }

  /** Ends one session, whoever's it is, on the host's word. */
  async revokeAnyones(sessionId: string): Promise<boolean> {
    const found = isUuid(sessionId) ? await this.sessions.findWithUser(sessionId) : null;
    return found !== null && this.revoke(sessionId, 'revoked_by_host', found.session.userId, 'other');
  }

  /** Ends all other sessions of a user, keeping one. */
  async revokeOthers(userId: string, exceptId: string, reason: RevocationReason): Promise<void> {
    await this.sessions.revokeAll(userId, reason, this.clock.now(), exceptId);
    await this.cache.forgetUser(userId);
    await this.events.emit('session.revoked', { reason, scope: 'others' }, { subject: userId });
  }

  /** Ends every session of a user, those of logins still under way too. False when there is no such user. */
  async revokeAll(userId: string, reason: RevocationReason): Promise<boolean> {
    const ended = await this.users.endSessions!(userId, this.clock.now());
    if (ended) await this.markAllRevoked(userId, reason);
    return ended;
  }

  /** For sessions that a new epoch has already killed: says so in their rows, here and to listeners. */
  async markAllRevoked(userId: string, reason: RevocationReason, exceptId?: string): Promise<void> {
    await this.cache.forgetUser(userId);
    await this.sessions.revokeAll(userId, reason, this.clock.now(), exceptId);
    await this.cache.forgetUser(userId);
    const scope = exceptId === undefined ? 'all' : 'others';
    await this.events.emit('session.revoked', { reason, scope }, { subject: userId });
  }

  /** Drops what is cached of a user's sessions, on every node, because something else has changed the user. */
  forgetUser(userId: string): Promise<void> {
    return this.cache.forgetUser(userId);
  }

  /** The user's live sessions, most recently used first. */
  async list(userId: string): Promise<SessionRecord[]> {
    const known = (await this.users.findById(userId)) as KnownUser | null;
    return known ? this.sessions.listLive(userId, known.sessionEpoch, this.clock.now()) : [];
  }

  private admit(
    found: SessionWithUser | null,
    parsed: ParsedRefreshToken,
    via: CredentialTransport,
    companionId: string | undefined,
  ): LiveSession {
    // The MAC before anything else: a forger learns nothing and changes nothing.
    if (!found || !this.refreshTokens.isGenuine(parsed, found.session.seed))
      throw invalid('no such session or wrong MAC');
    const { session, known } = found;
    if (session.transport !== via) throw invalid(`a ${session.transport} session's token came by ${via}`);
    if (companionId !== undefined && companionId !== session.id)
      throw invalid('the access cookie is of another session');
    const death = deathOf(found, this.clock.now());
    if (death !== null) {
      const code = death === 'expired' ? 'token_expired' : 'token_revoked';
      throw new AuthKitError(code, { reason: `refresh token: session ${death}` });
    }
    return { session, known: known! };
  }

  private isWithinGrace(session: SessionRecord): boolean {
    const { rotationGrace } = this.options.session;
    const age = Math.max(0, this.clock.now() - (session.rotatedAt ?? 0));
    return rotationGrace > 0 && age <= rotationGrace + GRACE_TOLERANCE_MS;
  }

  private async endStolen(
    { session }: LiveSession,
    presented: number,
    reason: 'refresh_token_reuse' | 'generation_ahead',
    atGeneration?: number,
  ): Promise<boolean> {
    const ended = await this.revoke(session.id, reason, session.userId, 'other', atGeneration);
    // Of many replays at once the one that ends the session tells of it.
    if (ended) {
      const type = reason === 'refresh_token_reuse' ? 'session.reuse_detected' : 'session.generation_ahead';
      await this.events.emit(type, { presented, current: session.generation }, partiesOf(session));
    }
    return ended;
  }
}

const invalid = (reason: string): AuthKitError =>
  new AuthKitError('token_invalid', { reason: `refresh token: ${reason}` });
const partiesOf = (session: SessionRecord) => ({ subject: session.userId, sessionId: session.id });
const actorOf = (session: SessionRecord) => ({ kind: 'user' as const, id: session.userId });
