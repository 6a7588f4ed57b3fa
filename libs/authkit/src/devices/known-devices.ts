import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock.js';
import { AuthEvents } from '../kernel/events.js';
import { isUuid, newId } from '../kernel/random.js';
import { RequestContext } from '../kernel/request-context.js';
import type { KnownDevice } from '../login/known-device.js';
import { AuthCookies } from '../sessions/cookies.js';
import type { DeviceOfSession } from '../sessions/session.service.js';
import { DeviceStore, type DeviceRecord, type DeviceSighting } from '../storage/device.store.js';
import { SessionStore, type SessionRecord } from '../storage/session.store.js';
import { UserStore, type KnownUser } from '../storage/user.store.js';
import { DeviceTokens, type DeviceIdentity } from './device-tokens.js';
import { NewDeviceNotice } from './new-device-notice.js';

/** A device that was presented, is genuine and not revoked. */
export interface PresentedDevice extends KnownDevice {
  /** The last login, where that is known; epoch milliseconds. */
  readonly lastSeenAt?: number;
}

const HEADER = 'x-authkit-device';
const MAX_DEVICES = 50;
const DAY_MS = 86_400_000;
/** A statement for every login would tell nobody more. */
const SEEN_AGAIN_MS = 60_000;

/** Remembers on which devices users have signed in. */
@Injectable()
export class KnownDevices {
  constructor(
    private readonly devices: DeviceStore,
    private readonly sessions: SessionStore,
    @Inject(UserStore) private readonly users: UserStore,
    private readonly tokens: DeviceTokens,
    private readonly cookies: AuthCookies,
    private readonly notice: NewDeviceNotice,
    private readonly events: AuthEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * The device a request presents, in `X-Authkit-Device` or, without that, in its cookie; null when it is not genuine,
   * revoked, or of no user. At most one statement, and none for what is forged.
   */
  async presentedBy({ headers }: Pick<IncomingMessage, 'headers'>, inCookie = true): Promise<PresentedDevice | null> {
    const [identity] = this.identitiesIn(headers, inCookie);
    if (!identity) return null;
    const device = await this.devices.findLive(identity.id, identity.userId);
    return device && { id: device.id, userId: device.userId, lastSeenAt: device.lastSeenAt };
  }

  /** The device a request presents, if it is one of this user's. */
  async of(request: Pick<IncomingMessage, 'headers'>, userId: string): Promise<PresentedDevice | null> {
    const device = await this.presentedBy(request);
    return device?.userId === userId ? device : null;
  }

  /** The id that a request presents for this user, genuine but maybe revoked. Without a statement. */
  idIn({ headers }: Pick<IncomingMessage, 'headers'>, userId: string): string | null {
    return this.identitiesIn(headers, true).find((one) => one.userId === userId)?.id ?? null;
  }

  /** What a login on a presented device, or on none that is known, is to be called. */
  async recognise({ user }: KnownUser, presented: PresentedDevice | null): Promise<DeviceOfSession> {
    const sighting = this.sighting();
    if (presented?.userId === user.id) {
      const { id, lastSeenAt = -Infinity } = presented;
      const isRecent = sighting.at - lastSeenAt < SEEN_AGAIN_MS;
      if (isRecent || (await this.devices.see(id, user.id, sighting))) return this.named(id, user.id, false);
    }
    return this.named(newId(sighting.at), user.id, true);
  }

  /**
   * Makes the device of a new session known, and writes the notice to a user who has signed in before. To be called
   * before the session's tokens are handed out: nobody gets them without the mail being written.
   */
  async admit(known: KnownUser, session: SessionRecord, { id, isNew }: DeviceOfSession): Promise<void> {
    if (!isNew) return;
    const { user } = known;
    const { at, userAgent, ip } = this.sighting();
    const device = { id, userId: user.id, sessionId: session.id, userAgent, ip };
    const count = await this.devices.count(user.id, at - DAY_MS);
    const record: DeviceRecord = { ...device, createdAt: at, lastSeenAt: at, revokedAt: null };
    if (await this.isFirstLogin(known, count.all)) await this.devices.insert(record);
    else await this.notice.write(user, record, count.recent);
    if (count.all >= MAX_DEVICES) await this.devices.trim(user.id, MAX_DEVICES);
    // Whoever ended all sessions and forgot all devices meanwhile could not have seen this one.
    const now = (await this.users.findById(user.id)) as KnownUser | null;
    if (now?.sessionEpoch !== known.sessionEpoch) await this.devices.revoke(id, user.id, at);
  }

  /** The user's devices, most recently seen first. */
  async list(userId: string): Promise<DeviceRecord[]> {
    return this.devices.listLive(userId);
  }

  /** Forgets one device of a user, at that user's wish; false when the user has no such device. */
  async forget(id: string, userId: string): Promise<boolean> {
    const forgotten = isUuid(id) && (await this.devices.revoke(id, userId, this.clock.now()));
    if (forgotten) await this.events.emit('device.revoked', { device: id }, { subject: userId });
    return forgotten;
  }

  /**
   * Forgets all devices of a user: they are new ones again. After the change that calls for it has been committed, or
   * in its unit of work; tells no listener.
   */
  async forgetAll(userId: string): Promise<void> {
    await this.devices.revokeAll(userId, this.clock.now());
  }

  private async isFirstLogin({ user, sessionEpoch }: KnownUser, devices: number): Promise<boolean> {
    if (devices > 0) return false;
    // Sessions of before there were devices, or of the host's making.
    return (await this.sessions.listLive(user.id, sessionEpoch, this.clock.now())).length <= 1;
  }

  private identitiesIn(headers: IncomingMessage['headers'], inCookie: boolean): DeviceIdentity[] {
    const header = headers[HEADER];
    const values = header !== undefined ? [header].flat() : inCookie ? this.cookies.deviceTokens(headers.cookie) : [];
    return values.map((value) => this.tokens.identityOf(value)).filter((identity) => identity !== null);
  }

  private named(id: string, userId: string, isNew: boolean): DeviceOfSession {
    return { id, isNew, token: this.tokens.issue({ id, userId }) };
  }

  private sighting(): DeviceSighting {
    const context = RequestContext.current();
    return { at: this.clock.now(), userAgent: context?.userAgent ?? null, ip: context?.ip ?? null };
  }
}
