import { Inject, Injectable } from '@nestjs/common';
import { linkInvalid, OneTimeTokens } from '../account/one-time-tokens.js';
import { PasswordResets } from '../account/password-resets.js';
import { Registrations } from '../account/registrations.js';
import { Clock } from '../kernel/clock.js';
import { AuthEvents } from '../kernel/events.js';
import { SessionService } from '../sessions/session.service.js';
import { DeviceStore } from '../storage/device.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type KnownUser } from '../storage/user.store.js';

/** Logins and registrations of which the owner of the address says: this was not me. */
@Injectable()
export class DisownedLogins {
  constructor(
    private readonly sessions: SessionService,
    private readonly devices: DeviceStore,
    @Inject(UserStore) private readonly users: UserStore,
    private readonly unit: UnitOfWork,
    private readonly tokens: OneTimeTokens,
    private readonly resets: PasswordResets,
    private readonly registrations: Registrations,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * By the link of a registration, ends that. By a notice's, ends every session, forgets all devices and mails a link to
   * choose another password, because somebody else knows the present one. Once: of many at once all others throw
   * `link_invalid` (410).
   */
  async disown(token: string): Promise<void> {
    const record = await this.tokens.getLive(token, 'not_me', 'disown_registration');
    if (record.purpose === 'disown_registration') return this.registrations.disown(record);
    const { userId, slot: sessionId, email } = record;
    const known = (await this.users.findById(userId)) as KnownUser | null;
    if (!known) throw linkInvalid('the user is gone');
    const at = this.clock.now();
    await this.unit.run(async () => {
      await this.tokens.consume(record);
      // All of them: whoever knows the password may have signed in again on the same device, or on others.
      await this.users.endSessions!(userId, at);
      await this.devices.revokeAll(userId, at);
      // Not to an address that the account has been moved to since.
      if (known.user.active && known.user.email === email)
        await this.resets.write(known.user, known.passwordHash, 'reset_password');
    });
    await this.sessions.markAllRevoked(userId, 'disowned');
    await this.events.emit('login.disowned', {}, { subject: userId, sessionId });
  }
}
