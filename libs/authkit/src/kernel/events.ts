import { Injectable, Logger } from '@nestjs/common';
import { Clock } from './clock.js';
import type { MaybePromise } from './maybe-promise.js';
import type { PrincipalKind } from './principal.js';
import { RequestContext } from './request-context.js';

/** Why a session ended. */
export type RevocationReason =
  | 'logout'
  | 'replaced_by_login'
  | 'revoked_by_user'
  | 'revoked_by_host'
  | 'session_limit'
  | 'refresh_token_reuse'
  | 'generation_ahead'
  | 'password_changed'
  | 'email_unverified'
  | 'user_deactivated';

/** What each event says besides who and where. */
export interface AuthEventDetails {
  'user.registered': { email: string };
  'user.imported': { email: string };
  'users.imported': { imported: number; skipped: number; refused: number };
  'user.activated': Record<never, never>;
  'user.deactivated': Record<never, never>;
  'login.succeeded': { amr: readonly string[] };
  'login.failed': { reason: string };
  'session.issued': { transport: string; amr: readonly string[] };
  'session.rotated': { generation: number };
  'session.reuse_detected': { presented: number; current: number };
  'session.generation_ahead': { presented: number; current: number };
  'session.revoked': { reason: RevocationReason; scope: 'one' | 'others' | 'all' | 'oldest' };
  'password.changed': { by: 'user' | 'host' };
  'roles.changed': { before: readonly string[]; after: readonly string[] };
  'authorization.denied': { code: string; reason: string; method: string; path: string };
}

export type AuthEventType = keyof AuthEventDetails;

/** Something happened: what, who, to whom, from where. */
export interface AuthEvent<T extends AuthEventType = AuthEventType> {
  readonly type: T;
  readonly at: Date;
  /** Who did it; null when nobody is known. */
  readonly actor: { kind: PrincipalKind; id: string } | null;
  /** The id of the user it happened to. */
  readonly subject: string | null;
  readonly sessionId: string | null;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly details: AuthEventDetails[T];
}

/** Any event, discriminated by `type`. */
export type AnyAuthEvent = { [T in AuthEventType]: AuthEvent<T> }[AuthEventType];

/** Hears every event; a feature's `listener`. What it returns is awaited before the reply; what it throws is logged. */
export interface AuthEventListener {
  onAuthEvent(event: AnyAuthEvent): MaybePromise<void>;
}

/** Who and to whom, as the emitter knows it; the rest comes from the request context. */
export interface EventParties {
  subject?: string | null;
  sessionId?: string | null;
  actor?: AuthEvent['actor'];
}

/** Tells every listener what happened. */
@Injectable()
export class AuthEvents {
  private readonly logger = new Logger('AuthKit');
  private readonly listeners: AuthEventListener[] = [];

  constructor(private readonly clock: Clock) {}

  subscribe(listener: AuthEventListener): void {
    this.listeners.push(listener);
  }

  /** Resolves when every listener is done; a failing listener is logged and never fails the caller. */
  async emit<T extends AuthEventType>(
    type: T,
    details: AuthEventDetails[T],
    parties: EventParties = {},
  ): Promise<void> {
    if (this.listeners.length === 0) return;
    const context = RequestContext.current();
    const principal = context?.principal;
    const event = Object.freeze({
      type,
      at: new Date(this.clock.now()),
      actor: parties.actor ?? (principal ? { kind: principal.kind, id: principal.id } : null),
      subject: parties.subject ?? null,
      sessionId: parties.sessionId ?? principal?.sessionId ?? null,
      ip: context?.ip ?? null,
      userAgent: context?.userAgent ?? null,
      requestId: context?.requestId ?? null,
      details,
    }) as AnyAuthEvent;
    await Promise.all(this.listeners.map((listener) => this.tell(listener, event)));
  }

  private async tell(listener: AuthEventListener, event: AnyAuthEvent): Promise<void> {
    try {
      await listener.onAuthEvent(event);
    } catch (error) {
      this.logger.error(`a listener of ${event.type} failed: ${String(error)}`);
    }
  }
}
