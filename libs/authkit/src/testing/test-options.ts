import type { AuthKitStaticOptions } from '../options/authkit-options.js';
import { bcrypt } from '../passwords/bcrypt.hasher.js';
import type { PasswordHasher } from '../passwords/password-hasher.js';
import { MemoryDeviceStore } from '../storage/memory/memory-device.store.js';
import { MemoryDeletionStore } from '../storage/memory/memory-deletion.store.js';
import { MemoryOneTimeTokenStore } from '../storage/memory/memory-one-time-token.store.js';
import { MemoryOutboxStore } from '../storage/memory/memory-outbox.store.js';
import { MemoryAttemptStore } from '../storage/memory/memory-attempt.store.js';
import { MemorySessionStore } from '../storage/memory/memory-session.store.js';
import { MemoryUserStore } from '../storage/memory/memory-user.store.js';

/** The option `storage` of an app without a database. */
export function memoryStorage() {
  return {
    users: MemoryUserStore,
    sessions: MemorySessionStore,
    oneTimeTokens: MemoryOneTimeTokenStore,
    outbox: MemoryOutboxStore,
    devices: MemoryDeviceStore,
    attempts: MemoryAttemptStore,
    deletions: MemoryDeletionStore,
  } satisfies AuthKitStaticOptions['storage'];
}

/** The option `passwords` of a test: a hash in about a millisecond, without threads. Production refuses to start with it. */
export function fastPasswords(): { hasher: PasswordHasher; workers: number } {
  return { hasher: bcrypt({ cost: 4 }), workers: 0 };
}
