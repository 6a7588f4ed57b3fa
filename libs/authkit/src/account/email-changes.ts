import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthKitError } from '../kernel/errors.js';
import { AuthEvents } from '../kernel/events.js';
import { AttemptLimiter } from '../login/attempt-limiter.js';
import { Outbox } from '../mail/outbox.js';
import { SessionService } from '../sessions/session.service.js';
import type { LinkPurpose } from '../storage/one-time-token.store.js';
import { UnitOfWork } from '../storage/unit-of-work.js';
import { UserStore, type KnownUser } from '../storage/user.store.js';
import { assertProven } from './account-wipers.js';
import { canonicalEmail } from './email-address.js';
import { EmailPolicyGate } from './email-policy.js';
import { Links } from './links.js';
import { linkInvalid, OneTimeTokens } from './one-time-tokens.js';
import { orConflict, refuseField } from './refusals.js';

/** What was sent to the address that is given up, or is about it. */
const OF_OLD_ADDRESS: readonly LinkPurpose[] = [
  'verify_email',
  'disown_registration',
  'reset_password',
  'set_password',
  'change_email',
  'cancel_email_change',
];

/** Another e-mail address: asked for in a fresh session, confirmed at the new one, stopped from the old one (ASVS 6.3.7). */
@Injectable()
export class EmailChanges {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly tokens: OneTimeTokens,
    private readonly links: Links,
    private readonly outbox: Outbox,
    private readonly unit: UnitOfWork,
    private readonly sessions: SessionService,
    private readonly limiter: AttemptLimiter,
    private readonly policy: EmailPolicyGate,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * Sends a link to the new address and a notice to the present one. A taken address gets nothing, and nobody is told.
   * Throws `email_not_verified` (403) while the present address is not proven, `rate_limited` (429), and 422.
   */
  async request(userId: string, rawEmail: string): Promise<void> {
    const email = canonicalEmail(rawEmail) ?? refuseField('newEmail', 'invalid_email', 'Give one e-mail address.');
    const known = await this.known(userId);
    if (!known) throw new AuthKitError('user_not_found');
    const { user } = known;
    assertProven(user);
    if (email === user.email) refuseField('newEmail', 'same_email', 'This is the present address.');
    if (!this.users.supports('changeEmail')) throw new AuthKitError('not_supported');
    await this.policy.assertAcceptable(email, 'change_email', 'newEmail');
    // By the present address too, or one user could make the app write to any number of strangers.
    await this.limiter.consumeMail('change_email', user.email, email);
    const isTaken = (await this.users.findByIdentifier({ email })) !== null;
    await this.unit.run(async () => {
      // Also for a taken address: whoever asked can read the present mailbox and could tell by what is missing there.
      const token = await this.tokens.issue(user, 'change_email', { email, fingerprint: fingerprintOf(known) });
      const cancelLink = this.links.to('cancelEmailChange', await this.tokens.issue(user, 'cancel_email_change'));
      await this.outbox.enqueue(user, 'email_change_requested', { newEmail: email, cancelLink });
      const mail = { link: this.links.to('confirmEmail', token), lifetime: this.tokens.lifetimeOf('change_email') };
      if (!isTaken) await this.outbox.enqueue(user, 'change_email', mail, email);
    });
    await this.events.emit('email.change_requested', {}, { subject: userId });
  }

  /**
   * Makes the address that the link names the user's. Throws `link_invalid` (410), also when address or password have
   * changed since it was asked for, and `email_taken` (409), which leaves the link good.
   */
  async confirm(token: string): Promise<void> {
    const record = await this.tokens.getLive(token, 'change_email');
    const { userId, email } = record;
    const known = await this.known(userId);
    if (!known?.user.active || record.fingerprint !== fingerprintOf(known)) throw changed();
    const { user, passwordHash } = known;
    await orConflict(() =>
      this.unit.run(async () => {
        await this.tokens.consume(record);
        await this.tokens.discard(userId, ...OF_OLD_ADDRESS);
        await this.outbox.enqueue(user, 'email_changed', { newEmail: email });
        // Last, because a store of the host's does not take part in the transaction.
        const change = { from: user.email, passwordHash, to: email, at: this.clock.now() };
        if (!(await this.users.changeEmail(userId, change))) throw changed();
      }),
    );
    await this.sessions.forgetUser(userId);
    await this.events.emit('email.changed', { email }, byLink(userId));
  }

  /** Ends a change that is not confirmed yet. Throws `link_invalid` (410). */
  async cancel(token: string): Promise<void> {
    const record = await this.tokens.getLive(token, 'cancel_email_change');
    await this.unit.run(async () => {
      await this.tokens.consume(record);
      await this.tokens.discard(record.userId, 'change_email');
    });
    await this.events.emit('email.change_cancelled', {}, byLink(record.userId));
  }

  private async known(userId: string): Promise<KnownUser | null> {
    return (await this.users.findById(userId)) as KnownUser | null;
  }
}

/** Of the address it was asked from and the password at that time. */
function fingerprintOf({ user, passwordHash }: KnownUser): string {
  return createHash('sha256')
    .update(JSON.stringify(['email change', user.email, passwordHash]))
    .digest('base64url');
}

const changed = () => linkInvalid('address, password or activity changed since the change was asked for');
const byLink = (userId: string) => ({ subject: userId, actor: { kind: 'user' as const, id: userId } });
