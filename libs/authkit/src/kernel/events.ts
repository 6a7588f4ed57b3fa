import { Injectable, Logger } from '@nestjs/common';
import { Clock } from './clock.js';
import type { MaybePromise } from './maybe-promise.js';
import type { PrincipalKind } from './principal.js';
import { RequestContext } from './request-context.js';

/** The device of a login over HTTP, and whether the user has not signed in on it before. */
export interface EventDevice {
  readonly id: string;
  readonly isNew: boolean;
}

/** Why a session ended. */
export type RevocationReason =
  /** By the user; scope `one`. */
  | 'logout'
  /** A cookie login in the same browser; `one`. */
  | 'replaced_by_login'
  /** DELETE /auth/sessions; `one`, `others` or `all`. */
  | 'revoked_by_user'
  /** `AuthService.revoke`, `revokeAll`; `one` or `all`. */
  | 'revoked_by_host'
  /** The user said that the login was somebody else's; `one`. */
  | 'disowned'
  /** More than `session.maxPerUser`; `oldest`. */
  | 'session_limit'
  /** An old refresh token came back; `one`. */
  | 'refresh_token_reuse'
  /** A refresh token newer than the row: a restored backup; `one`. */
  | 'generation_ahead'
  /** `others`; `all` when the host set it. */
  | 'password_changed'
  /** A new password was chosen by a link; `all`. */
  | 'password_reset'
  /** The owner of the address said that the registration was somebody else's; `all`. */
  | 'registration_disowned'
  /** `AuthService.setEmailVerified(id, true)` was the first proof of the address; `all`. */
  | 'email_proven'
  /** The address was taken back, with `requireVerifiedEmail`; `all`. */
  | 'email_unverified'
  /** `all`. */
  | 'user_deactivated'
  /** The user asked for the deletion of the account; `all`. */
  | 'deletion_requested'
  /** The account is erased; `all`. */
  | 'user_erased';

/** Why a mail will not be sent. */
export type MailFailure =
  /** The mail server or the mailer refused it for good. */
  | 'rejected'
  /** About a day of attempts failed. */
  | 'gave_up'
  /** Its link expired before it could be sent. */
  | 'link_expired'
  /** It was sealed under a secret that is not configured any more. */
  | 'unreadable';

/** What each event says besides who and where. */
export interface AuthEventDetails {
  /** An account was made. */
  'user.registered': { email: string };
  /** With `requireVerifiedEmail`, somebody registered an address that has an account; `replaced`: it was never proven, and has their password now. */
  'registration.repeated': { replaced: boolean };
  /** The owner of an address not proven said that the registration was somebody else's: its password is gone. */
  'registration.disowned': { email: string };
  /** The address was proven to be the user's: by the link of the registration, by one to choose a password, or on the host's word. */
  'email.verified': { email: string; by: 'link' | 'reset' | 'host' };
  /** `AuthService.importUser()` made an account. */
  'user.imported': { email: string };
  /** `UserImporter.run()` is over, or broke off; not after a dry run. */
  'users.imported': { imported: number; skipped: number; refused: number };
  /** `AuthService.setActive(id, true)` changed it. */
  'user.activated': Record<never, never>;
  /** `AuthService.setActive(id, false)` changed it; every session is over. */
  'user.deactivated': Record<never, never>;
  /** A user asked for another address; nothing has changed yet. */
  'email.change_requested': Record<never, never>;
  /** The change was stopped by the link in the mail to the present address. */
  'email.change_cancelled': Record<never, never>;
  /** The new address was confirmed and is the user's. */
  'email.changed': { email: string };
  /** A user changed the username. */
  'username.changed': { username: string };
  /** A user asked for the deletion of the account; it is erased at `deletionAt` (epoch milliseconds). */
  'user.deletion_requested': { deletionAt: number };
  /** The deletion was stopped by the link in its mail. */
  'user.deletion_cancelled': Record<never, never>;
  /** The account is erased; the id in `subject` is all that is left of it, here and in every later event. */
  'user.erased': { by: 'user' | 'host' };
  /** A user got all that is held about them. */
  'user.exported': Record<never, never>;
  /** After `session.issued`. */
  'login.succeeded': { amr: readonly string[]; device: EventDevice | null };
  /** A password was refused, at login, reauthentication or a change; `reason` is the true one and never reaches the client. */
  'login.failed': { reason: string };
  /** A user said by the link in a mail that a login was somebody else's; its session is over. */
  'login.disowned': Record<never, never>;
  /** A user forgot one of their devices. */
  'device.revoked': { device: string };
  /** A limit of failed passwords is reached, said once each time; `by` says which, `subject` whose account if there is one. */
  'login.throttled': { by: 'account' | 'device' | 'ip' };
  /** So many failures in a row that the password does not sign in any more, until it is reset or `AuthService.unlock()`. */
  'login.disabled': { failures: number };
  /** A known device has failed so often that it counts as unknown. */
  'device.disabled': { deviceId: string; failures: number };
  /** The password of a disabled account signs in again: it was set anew, or the host unlocked it. */
  'account.unlocked': Record<never, never>;
  /** A limit of registrations or mails is reached, said once each time. */
  'request.throttled': { kind: 'register' | 'forgot' | 'resend' | 'change_email' };
  /** A login made a session. */
  'session.issued': { transport: string; amr: readonly string[]; device: EventDevice | null };
  /** A refresh. Not for a repeat within the grace. */
  'session.rotated': { generation: number };
  /** The user of a session proved who they are again; `amr` says how. */
  'session.reauthenticated': { amr: readonly string[] };
  /** An old refresh token came back; the session has been ended. */
  'session.reuse_detected': { presented: number; current: number };
  /** A refresh token from the future, after a restored backup; the session has been ended. */
  'session.generation_ahead': { presented: number; current: number };
  /** Sessions ended; `sessionId` says which if it is one. */
  'session.revoked': { reason: RevocationReason; scope: 'one' | 'others' | 'all' | 'oldest' };
  /** A link to choose a password is on its way to the user. */
  'password.reset_requested': { template: 'reset_password' | 'set_password' | 'login_disabled' };
  /** The password was changed by its owner, chosen by a link, or set by the host. */
  'password.changed': { by: 'user' | 'reset' | 'host' };
  /** `passwords.breachCheck` gave no answer, and a new password passed without it; `reason` is for you. */
  'password.breach_check_failed': { reason: string };
  /** A hash names a pepper that `passwords.pepper` lacks; its owner got 503. Configure it again. */
  'password.pepper_unknown': { keyId: string };
  /** The assigned roles, before and after. */
  'roles.changed': { before: readonly string[]; after: readonly string[] };
  /** A mail server, or whoever `mail.transport` is, has taken a mail. */
  'mail.sent': { template: string };
  /** A mail is not tried any more; it stays in `auth_outbox` for two weeks. */
  'mail.failed': { template: string; reason: MailFailure };
  /** The guard refused a call, or a route of the kit answered 401 or 403; `reason` never reaches the client. */
  'authorization.denied': { code: string; reason: string; method: string; path: string };
}

export type AuthEventType = keyof AuthEventDetails;

/** Something happened: what, who, to whom, from where. */
export interface AuthEvent<T extends AuthEventType = AuthEventType> {
  /** What happened. */
  readonly type: T;
  /** When, by the database's time. */
  readonly at: Date;
  /** Who did it; null when nobody is known. */
  readonly actor: { kind: PrincipalKind; id: string } | null;
  /** The id of the user it happened to. */
  readonly subject: string | null;
  /** The session it happened in or to; null when there is none, or several. */
  readonly sessionId: string | null;
  /** The client's address; behind a proxy that `trustedProxies` does not name, the proxy's. Null outside of a request. */
  readonly ip: string | null;
  /** What the client calls itself, cut short. */
  readonly userAgent: string | null;
  /** The one in the problem that the client got. */
  readonly requestId: string | null;
  /** What only this type says. */
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
