import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import type { MailTemplate } from '../mail/mail-messages.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { DeletionStore } from '../storage/deletion.store.js';
import { DeviceStore, type DeviceRecord } from '../storage/device.store.js';
import { OneTimeTokenStore, type OneTimePurpose, type OneTimeTokenRecord } from '../storage/one-time-token.store.js';
import { OutboxStore } from '../storage/outbox.store.js';
import { SessionStore, type SessionRecord } from '../storage/session.store.js';
import { UserStore, type AuthUser } from '../storage/user.store.js';

/** Goes to an address that may be somebody else's: whether it is under way would tell if that has an account. */
const TO_OTHERS: MailTemplate = 'change_email';

const NO_LINKS: readonly OneTimePurpose[] = ['notice', 'registration'];

/** All that is held about a user, but secrets (GDPR, articles 15 and 20). */
@Injectable()
export class DataExport {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly sessions: SessionStore,
    private readonly devices: DeviceStore,
    private readonly tokens: OneTimeTokenStore,
    private readonly outbox: OutboxStore,
    private readonly deletions: DeletionStore,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Throws `user_not_found` (404), and `unavailable` (503) when the host's data cannot be had. */
  async of(userId: string): Promise<object> {
    const user = (await this.users.findById(userId))?.user;
    if (!user) throw new AuthKitError('user_not_found');
    const deletion = await this.deletions.find(userId);
    const tokens = await this.tokens.list(userId);
    const mails = await this.outbox.listOf(userId);
    const held = {
      exportedAt: new Date(this.clock.now()),
      profile: user,
      sessions: (await this.sessions.listAll(userId)).map(sessionOf),
      devices: (await this.devices.listAll(userId)).map(deviceOf),
      links: tokens.filter(({ purpose }) => !NO_LINKS.includes(purpose)).map(linkOf),
      // No links: they keep such a mail from going out too often.
      notices: tokens.filter(({ purpose }) => purpose === 'notice').map(noticeOf),
      mails: mails
        .filter(({ template }) => template !== TO_OTHERS)
        .map(({ template, createdAt }) => ({ template, createdAt: new Date(createdAt) })),
      deletion: deletion && {
        requestedAt: new Date(deletion.requestedAt),
        deletionAt: new Date(deletion.dueAt),
      },
      data: await this.hostData(user),
    };
    await this.events.emit('user.exported', {}, { subject: userId });
    return held;
  }

  private async hostData(user: AuthUser): Promise<object> {
    try {
      return (await this.options.account.exportData?.(user)) ?? {};
    } catch (cause) {
      // Half of it would pass for all of it.
      throw new AuthKitError('unavailable', { reason: 'account.exportData failed', cause });
    }
  }
}

function sessionOf(session: SessionRecord): object {
  const { id, transport, amr, ip, userAgent, revokedReason } = session;
  return {
    id,
    transport,
    amr,
    ip,
    userAgent,
    authenticatedAt: new Date(session.authenticatedAt),
    createdAt: new Date(session.createdAt),
    lastUsedAt: new Date(session.lastUsedAt),
    expiresAt: new Date(Math.min(session.idleExpiresAt, session.absoluteExpiresAt)),
    endedAt: session.revokedAt === null ? null : new Date(session.revokedAt),
    endReason: revokedReason,
  };
}

function deviceOf({ id, userAgent, ip, createdAt, lastSeenAt, revokedAt }: DeviceRecord): object {
  return {
    id,
    userAgent,
    ip,
    createdAt: new Date(createdAt),
    lastSeenAt: new Date(lastSeenAt),
    forgottenAt: revokedAt === null ? null : new Date(revokedAt),
  };
}

function linkOf({ purpose, email, createdAt, expiresAt, consumedAt }: OneTimeTokenRecord): object {
  return {
    purpose,
    email,
    createdAt: new Date(createdAt),
    expiresAt: new Date(expiresAt),
    usedAt: consumedAt === null ? null : new Date(consumedAt),
  };
}

function noticeOf({ slot, createdAt }: OneTimeTokenRecord): object {
  return { template: slot, sentAt: new Date(createdAt) };
}
