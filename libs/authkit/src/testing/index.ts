export { FixedClock } from './fixed-clock.js';
export { MemorySessionStore } from '../storage/memory/memory-session.store.js';
export { MemoryUserStore } from '../storage/memory/memory-user.store.js';
export { MemoryUserStateStore } from '../storage/memory/memory-user-state.store.js';
