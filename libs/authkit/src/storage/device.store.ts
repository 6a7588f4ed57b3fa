import type { MaybePromise } from '../kernel/maybe-promise.js';

/** A device on which a user has signed in. Instants are epoch milliseconds. */
export interface DeviceRecord {
  id: string;
  userId: string;
  /** The session in which it became known. */
  sessionId: string;
  userAgent: string | null;
  /** Of the last login. */
  ip: string | null;
  createdAt: number;
  /** The last login. */
  lastSeenAt: number;
  revokedAt: number | null;
}

/** What a login tells of a device. */
export type DeviceSighting = Pick<DeviceRecord, 'userAgent' | 'ip'> & { at: number };

/** Where known devices live. Every change is ONE conditional statement. */
export abstract class DeviceStore {
  abstract insert(device: DeviceRecord): MaybePromise<void>;

  /** The user's device that is not revoked; null for any other. */
  abstract findLive(id: string, userId: string): MaybePromise<DeviceRecord | null>;

  /** Notes a login on the user's device; false when it is revoked or there is none. */
  abstract see(id: string, userId: string, sighting: DeviceSighting): MaybePromise<boolean>;

  /** The user's devices that are not revoked, most recently seen first. */
  abstract listLive(userId: string): MaybePromise<DeviceRecord[]>;

  /** The user's devices, revoked ones too. */
  abstract listAll(userId: string): MaybePromise<DeviceRecord[]>;

  /** How many devices the user has, revoked ones too, and how many of them have become known since an instant. */
  abstract count(userId: string, since: number): MaybePromise<{ all: number; recent: number }>;

  /** Revokes the user's device; false when it is revoked already or there is none. */
  abstract revoke(id: string, userId: string, at: number): MaybePromise<boolean>;

  /** Revokes all of the user's devices; the number revoked. */
  abstract revokeAll(userId: string, at: number): MaybePromise<number>;

  /** Removes the user's devices beyond `max`, revoked ones first, then those seen longest ago; the number removed. */
  abstract trim(userId: string, max: number): MaybePromise<number>;
}
