import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { Outbox } from '../mail/outbox.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { SessionService } from '../sessions/session.service.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type AuthUser } from '../storage/user.store.js';
import { newUsername } from './new-username.js';
import { orConflict } from './refusals.js';

/** Another username, by the rules of registration. */
@Injectable()
export class UsernameChanges {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly outbox: Outbox,
    private readonly unit: UnitOfWork,
    private readonly sessions: SessionService,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** Changes the username and says so by mail. Throws `username_taken` (409), `user_not_found` (404) or 422. */
  async change(userId: string, rawUsername: string): Promise<AuthUser> {
    const username = newUsername(rawUsername, this.options.registration.reservedUsernames);
    const user = await this.user(userId);
    if (user.username === username) return user;
    await orConflict(() =>
      this.unit.run(async () => {
        await this.outbox.enqueue(user, 'username_changed', { username });
        if (!(await this.users.changeUsername(userId, username, this.clock.now())))
          throw new AuthKitError('user_not_found');
      }),
    );
    await this.sessions.forgetUser(userId);
    await this.events.emit('username.changed', { username }, { subject: userId });
    return this.user(userId);
  }

  private async user(id: string): Promise<AuthUser> {
    const found = await this.users.findById(id);
    if (!found) throw new AuthKitError('user_not_found');
    return found.user;
  }
}
