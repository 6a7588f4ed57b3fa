import { Injectable } from '@nestjs/common';
import { AccountWiper } from '../account/account-wipers.js';
import type { AuthUser } from '../storage/user.store.js';
import { KnownDevices } from './known-devices.js';

/** After a password reset, and to a user who was not there before, every device is a new one. */
@Injectable()
export class DeviceWiper extends AccountWiper {
  constructor(private readonly devices: KnownDevices) {
    super();
  }

  override wipe({ id }: AuthUser): Promise<void> {
    return this.devices.forgetAll(id);
  }
}
