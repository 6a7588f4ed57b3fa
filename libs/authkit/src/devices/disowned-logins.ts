import { Inject, Injectable } from '@nestjs/common';
import { linkInvalid, OneTimeTokens } from '../account/one-time-tokens.js';
import { PasswordResets } from '../account/password-resets.js';
import { Clock } from '../kernel/clock.js';
import { AuthEvents } from '../kernel/events.js';
import { SessionService } from '../sessions/session.service.js';
import { DeviceStore } from '../storage/device.store.js';
import { SessionStore } from '../storage/session.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type KnownUser } from '../storage/user.store.js';

/** Logins of which their user says: this was not me. */
@Injectable()
export class DisownedLogins {
  constructor(
    private readonly sessionStore: SessionStore,
    private readonly sessions: SessionService,
    private readonly devices: DeviceStore,
    @Inject(UserStore) private readonly users: UserStore,
    private readonly unit: UnitOfWork,
    private readonly tokens: OneTimeTokens,
    private readonly resets: PasswordResets,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * Ends the session that a notice was about, forgets its device and mails a link to choose another password, because
   * somebody else knows the present one. Once: of many at once all others throw `link_invalid` (410).
   */
  async disown(token: string): Promise<void> {
    const record = await this.tokens.getLive(token, 'not_me');
    const { userId, slot: sessionId } = record;
    const known = (await this.users.findById(userId)) as KnownUser | null;
    if (!known) throw linkInvalid('the user is gone');
    const at = this.clock.now();
    const ended = await this.unit.run(async () => {
      await this.tokens.consume(record);
      await this.devices.revokeOfSession(sessionId, userId, at);
      if (known.user.active) await this.resets.write(known.user, known.passwordHash, 'reset_password');
      return this.sessionStore.revoke(sessionId, 'disowned', at, userId);
    });
    this.sessions.forgetUser(userId);
    await this.events.emit('login.disowned', {}, { subject: userId, sessionId });
    if (ended) {
      await this.events.emit('session.revoked', { reason: 'disowned', scope: 'one' }, { subject: userId, sessionId });
    }
  }
}
