import type { Principal } from '../kernel/principal.js';
import type { SessionWithUser } from '../storage/session.store.js';
import type { RolePolicy } from '../access/role-policy.js';
import { SessionPrincipal } from './session.principal.js';

/** What a request needs to know of its session; immutable, made by one read of the primary. */
export interface SessionSnapshot {
  readonly sessionId: string;
  readonly userId: string;
  readonly principal: Principal;
  /** Epoch milliseconds; the earlier of idle and absolute timeout. */
  readonly expiresAt: number;
  /** Epoch milliseconds, from before the read. */
  readonly loadedAt: number;
}

/** Why a session is dead, or null when it lives; the one place that decides it. */
export function deathOf(found: SessionWithUser | null, now: number): 'missing' | 'revoked' | 'expired' | null {
  if (!found) return 'missing';
  const { session, known } = found;
  if (session.revokedAt !== null || !known || !known.user.active || known.sessionEpoch !== session.epoch)
    return 'revoked';
  return now >= session.idleExpiresAt || now >= session.absoluteExpiresAt ? 'expired' : null;
}

export function snapshotOf(found: SessionWithUser, roles: RolePolicy, loadedAt: number): SessionSnapshot {
  const { session, known } = found;
  const { user } = known!;
  return Object.freeze({
    sessionId: session.id,
    userId: session.userId,
    principal: new SessionPrincipal(
      session.userId,
      session.id,
      roles.grantsOf(user.roles),
      session,
      user.emailVerified,
    ),
    expiresAt: Math.min(session.idleExpiresAt, session.absoluteExpiresAt),
    loadedAt,
  });
}
