import { Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { DeletionStore } from '../storage/deletion.store.js';
import type { AuthUser } from '../storage/user.store.js';
import { AccountWiper, type WipeCause } from './account-wipers.js';

/** Takes back a deletion that somebody has asked for before the owner of the address proved it. */
@Injectable()
export class DeletionWiper extends AccountWiper {
  constructor(
    private readonly deletions: DeletionStore,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async wipe({ id }: AuthUser, cause: WipeCause): Promise<void> {
    if (cause !== 'password_reset') await this.deletions.withdraw(id, this.clock.now());
  }
}
