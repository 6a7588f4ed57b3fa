import { Inject, Injectable } from '@nestjs/common';
import type { AnyAuthEvent, AuthEventListener } from '../kernel/events.js';
import { Outbox } from '../mail/outbox.js';
import { UserStore } from '../storage/user.store.js';
import { PasswordResets } from './password-resets.js';

/** Mails to users about what happened to their account without them (ASVS 6.3.5). */
@Injectable()
export class SecurityNotices implements AuthEventListener {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly outbox: Outbox,
    private readonly resets: PasswordResets,
  ) {}

  async onAuthEvent({ type, subject }: AnyAuthEvent): Promise<void> {
    if (subject === null) return;
    // Not for a token ahead of its session: that is a restored backup, not a thief.
    if (type === 'session.reuse_detected') await this.tellOfTheft(subject);
    if (type === 'login.disabled') await this.resets.sendDisabledNotice(subject);
  }

  private async tellOfTheft(userId: string): Promise<void> {
    const found = await this.users.findById(userId);
    if (found?.user.active) await this.outbox.enqueue(found.user, 'session_stolen', {});
  }
}
