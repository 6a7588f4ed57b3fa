import { UserStateStore } from '../user-state.store.js';

/** Epochs of a host's users in memory, for tests. */
export class MemoryUserStateStore extends UserStateStore {
  private readonly epochs = new Map<string, number>();

  override epochOf(userId: string): number {
    return this.epochs.get(userId) ?? 0;
  }

  override bump(userId: string): void {
    this.epochs.set(userId, this.epochOf(userId) + 1);
  }
}
