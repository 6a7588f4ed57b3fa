import { Injectable } from '@nestjs/common';
import { Links } from '../account/links.js';
import { OneTimeTokens } from '../account/one-time-tokens.js';
import { Outbox } from '../mail/outbox.js';
import { DeviceStore, type DeviceRecord } from '../storage/device.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import type { AuthUser } from '../storage/user.store.js';

/** Mails a day to one user: a script that keeps no device must not bury the mailbox, and five are warning enough. */
const MAX_PER_DAY = 5;

/** The mail about a login on a new device (ASVS 6.3.5), with a link for a user who did not sign in there. */
@Injectable()
export class NewDeviceNotice {
  constructor(
    private readonly devices: DeviceStore,
    private readonly unit: UnitOfWork,
    private readonly tokens: OneTimeTokens,
    private readonly links: Links,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Makes the device known and writes the mail, both or neither.
   *
   * @param recent devices of the user's that became known within the day before
   */
  async write(user: AuthUser, device: DeviceRecord, recent: number): Promise<void> {
    if (recent >= MAX_PER_DAY) return this.devices.insert(device);
    await this.unit.run(async () => {
      await this.devices.insert(device);
      const token = await this.tokens.issue(user, 'not_me', { slot: device.sessionId });
      const notMeLink = this.links.to('notMe', token);
      await this.outbox.enqueue(user, 'new_device', { notMeLink, lifetime: this.tokens.lifetimeOf('not_me') });
    });
  }
}
