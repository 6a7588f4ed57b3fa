import type { RevocationReason } from '../kernel/events.js';
import type { MaybePromise } from '../kernel/maybe-promise.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import type { Change, KnownUser } from './user.store.js';

/** One login on one device. Instants are epoch milliseconds. */
export interface SessionRecord {
  id: string;
  userId: string;
  /** The user's session epoch at login. */
  epoch: number;
  /** Of the refresh token that is good now. */
  generation: number;
  /** Random; goes into every refresh token's MAC, so that the secret alone mints none. */
  seed: string;
  /** Names the key under which the newest refresh token is MACed; empty when that is not known. */
  keyId: string;
  transport: CredentialTransport;
  /** How the user signed in (RFC 8176). */
  amr: readonly string[];
  authenticatedAt: number;
  createdAt: number;
  rotatedAt: number | null;
  lastUsedAt: number;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  revokedAt: number | null;
  revokedReason: RevocationReason | null;
  ip: string | null;
  userAgent: string | null;
}

/** A session and its user, as one read saw them. */
export interface SessionWithUser {
  session: SessionRecord;
  /** Null when the user is gone. */
  known: KnownUser | null;
}

/** Where sessions live. Every change is ONE conditional statement whose affected count decides. */
export abstract class SessionStore {
  abstract insert(session: SessionRecord): MaybePromise<void>;

  /** One indexed read, from the primary. */
  abstract findWithUser(id: string): MaybePromise<SessionWithUser | null>;

  /** Those of several sessions that there are; a store may do so by fewer statements. */
  findManyWithUser(ids: readonly string[]): MaybePromise<SessionWithUser[]> {
    const all = Promise.all([...new Set(ids)].map(async (id) => this.findWithUser(id)));
    return all.then((found) => found.filter((one) => one !== null));
  }

  /**
   * Consumes generation `from`; false when it is not the current one or the session is revoked or expired.
   *
   * @param keyId of the key under which the next generation's token is MACed
   */
  abstract rotate(id: string, from: number, at: number, idleExpiresAt: number, keyId: string): MaybePromise<boolean>;

  /** Moves a live session from one epoch to another, after a password change made in it; false when it was not there. */
  abstract restamp(id: string, fromEpoch: number, toEpoch: number, at: number): MaybePromise<boolean>;

  /** Notes that the user of a live session of this epoch has just proven who they are; false when it was not there. */
  abstract renewAuthentication(id: string, epoch: number, at: number): MaybePromise<boolean>;

  /** Ends a session that is not ended; with `userId` only if it is that user's, with `generation` only while that is the current one. */
  abstract revoke(
    id: string,
    reason: RevocationReason,
    at: number,
    userId?: string,
    generation?: number,
  ): MaybePromise<boolean>;

  /** Ends all of a user's live sessions but one; the number ended. */
  abstract revokeAll(userId: string, reason: RevocationReason, at: number, exceptId?: string): MaybePromise<number>;

  /** Ends the least recently used sessions beyond `max`; the number ended. Runs after the insert has committed. */
  abstract trim(userId: string, max: number, at: number): MaybePromise<number>;

  /** The user's live sessions of this epoch, most recently used first. */
  abstract listLive(userId: string, epoch: number, at: number): MaybePromise<SessionRecord[]>;

  /** All that is held of a user's sessions, ended ones too, the oldest first. */
  abstract listAll(userId: string): MaybePromise<SessionRecord[]>;

  /** Removes all of a user's sessions, when the user is erased; the number removed. */
  abstract removeAll(userId: string): MaybePromise<number>;

  /** Removes at most `limit` sessions whose absolute timeout was before an instant, in one statement; the number removed. */
  abstract removeExpired(before: number, limit: number): MaybePromise<number>;

  /** How many live sessions there are by key; reads every live row, so it is for operators, not for requests. */
  abstract countLiveByKey(at: number): MaybePromise<{ keyId: string; sessions: number }[]>;

  /** Sessions and users whose rows changed, and users erased, since an instant, in one statement. */
  abstract changedSince(since: number): MaybePromise<Change[]>;
}
