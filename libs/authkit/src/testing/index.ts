export { createTestAuth, TestAuth, type Acting, type ActingOptions, type TestUser } from './test-auth.js';
export { FixedClock, withFixedClock } from './fixed-clock.js';
export type { OverridableModule } from './overridable-module.js';
export { overrideAuthKitGuard, type GuardOverrideOptions, type TestActor } from './stand-in.guard.js';
export { fastPasswords, memoryStorage } from './test-options.js';
export { testPrincipal, type TestPrincipal } from './test-principal.js';
export { MailboxMailer, type KeptMail } from '../mail/mailbox.mailer.js';
export { OutboxWorker } from '../mail/outbox-worker.js';

export { MemoryDeviceStore } from '../storage/memory/memory-device.store.js';
export { MemoryAttemptStore } from '../storage/memory/memory-attempt.store.js';
export { MemoryDeletionStore } from '../storage/memory/memory-deletion.store.js';
export { MemorySessionStore } from '../storage/memory/memory-session.store.js';
export { MemoryUserStore } from '../storage/memory/memory-user.store.js';
export { MemoryUserStateStore } from '../storage/memory/memory-user-state.store.js';

export { attemptStoreContract, type AttemptStores } from './contracts/attempt-store.contract.js';
export type { ContractCase } from './contracts/contract.js';
export { deviceStoreContract, type DeviceStores } from './contracts/device-store.contract.js';
export { deletionStoreContract } from './contracts/deletion-store.contract.js';
export { passwordHasherContract, type PasswordHasherContractOptions } from './contracts/password-hasher.contract.js';
export type { SessionStores } from './contracts/session-fixtures.js';
export { sessionStoreContract } from './contracts/session-store.contract.js';
export { userStateStoreContract } from './contracts/user-epochs.contract.js';
export type { UserStoreAbility, UserStoreContractOptions } from './contracts/user-fixtures.js';
export { userStoreContract } from './contracts/user-store.contract.js';
