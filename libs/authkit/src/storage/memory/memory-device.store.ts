import { DeviceStore, type DeviceRecord, type DeviceSighting } from '../device.store.js';

/** Known devices in memory, for tests. */
export class MemoryDeviceStore extends DeviceStore {
  private readonly rows = new Map<string, DeviceRecord>();

  override insert(device: DeviceRecord): void {
    this.rows.set(device.id, { ...device });
  }

  override findLive(id: string, userId: string): DeviceRecord | null {
    const row = this.live(id, userId);
    return row ? { ...row } : null;
  }

  override see(id: string, userId: string, { at, userAgent, ip }: DeviceSighting): boolean {
    const row = this.live(id, userId);
    if (row) Object.assign(row, { lastSeenAt: at, userAgent, ip });
    return row !== undefined;
  }

  override listLive(userId: string): DeviceRecord[] {
    return this.of(userId).filter((row) => row.revokedAt === null);
  }

  override listAll(userId: string): DeviceRecord[] {
    return this.of(userId).map((row) => ({ ...row }));
  }

  override count(userId: string, since: number): { all: number; recent: number } {
    const rows = this.of(userId);
    return { all: rows.length, recent: rows.filter((row) => row.createdAt >= since).length };
  }

  override revoke(id: string, userId: string, at: number): boolean {
    const row = this.live(id, userId);
    if (row) row.revokedAt = at;
    return row !== undefined;
  }

  override revokeAll(userId: string, at: number): number {
    return this.of(userId).filter((row) => this.revoke(row.id, userId, at)).length;
  }

  override trim(userId: string, max: number): number {
    return this.of(userId)
      .slice(max)
      .filter((row) => this.rows.delete(row.id)).length;
  }

  private live(id: string, userId: string): DeviceRecord | undefined {
    const row = this.rows.get(id);
    return row?.userId === userId && row.revokedAt === null ? row : undefined;
  }

  /** The user's, in the order in which they are worth keeping. */
  private of(userId: string): DeviceRecord[] {
    const isRevoked = (row: DeviceRecord) => Number(row.revokedAt !== null);
    return [...this.rows.values()]
      .filter((row) => row.userId === userId)
      .sort((a, b) => isRevoked(a) - isRevoked(b) || b.lastSeenAt - a.lastSeenAt || (a.id < b.id ? 1 : -1));
  }
}
