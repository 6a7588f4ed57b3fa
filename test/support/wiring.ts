import { RolePolicy } from '../../libs/authkit/src/access/role-policy.js';
import { AuthEvents, type AnyAuthEvent } from '../../libs/authkit/src/kernel/events.js';
import { KeyRing } from '../../libs/authkit/src/kernel/key-ring.js';
import { newId } from '../../libs/authkit/src/kernel/random.js';
import type { AuthKitRuntimeOptions } from '../../libs/authkit/src/options/authkit-options.js';
import { resolveOptions } from '../../libs/authkit/src/options/resolve-options.js';
import { AttemptCounters } from '../../libs/authkit/src/login/attempt-counters.js';
import { AttemptLimiter } from '../../libs/authkit/src/login/attempt-limiter.js';
import { CaptchaGate } from '../../libs/authkit/src/login/captcha-gate.js';
import { AccessTokenKeys } from '../../libs/authkit/src/sessions/access-token-keys.js';
import { AccessTokens } from '../../libs/authkit/src/sessions/access-token.js';
import { AuthCookies } from '../../libs/authkit/src/sessions/cookies.js';
import { RefreshTokens } from '../../libs/authkit/src/sessions/refresh-token.js';
import { SessionCache } from '../../libs/authkit/src/sessions/session-cache.js';
import { SessionService } from '../../libs/authkit/src/sessions/session.service.js';
import { TokenPairs } from '../../libs/authkit/src/sessions/token-pair.js';
import { MemoryAttemptStore } from '../../libs/authkit/src/storage/memory/memory-attempt.store.js';
import { MemorySessionStore } from '../../libs/authkit/src/storage/memory/memory-session.store.js';
import { MemoryUserStore } from '../../libs/authkit/src/storage/memory/memory-user.store.js';
import type { SessionRecord } from '../../libs/authkit/src/storage/session.store.js';
import type { KnownUser, NewUser } from '../../libs/authkit/src/storage/user.store.js';
import { FixedClock } from '../../libs/authkit/src/testing/fixed-clock.js';

/** A point in time with milliseconds in it, so that rounding shows. */
const NOW = 1_800_000_000_250;
const SECRET = 'wR3xT8mK1vB6nQ9zL4cJ7hF2sD5gA0pY-Ei';

const MAIL = { transport: 'smtps://mail.example', from: 'no-reply@app.example' };

/** The session part of the kit but HTTP, by plain constructors, on stores in memory and a clock that stands still. */
export function wire(raw: AuthKitRuntimeOptions = {}) {
  const options = resolveOptions(
    { secret: SECRET, baseUrl: 'https://app.example', mail: MAIL, ...raw },
    { NODE_ENV: 'test' },
  );
  const clock = new FixedClock(NOW);
  const users = new MemoryUserStore();
  const sessions = new MemorySessionStore(users);
  const heard: AnyAuthEvent[] = [];
  const events = new AuthEvents(clock);
  events.subscribe({ onAuthEvent: (event) => void heard.push(event) });
  const keys = new KeyRing(options.secrets);
  const roles = new RolePolicy(options);
  const refreshTokens = new RefreshTokens(keys);
  const accessTokens = new AccessTokens(options, new AccessTokenKeys(options, keys, clock), clock);
  const cache = new SessionCache(sessions, roles, clock, options);
  const service = new SessionService(sessions, users, cache, accessTokens, refreshTokens, events, clock, options);
  const cookies = new AuthCookies(options);
  const attempts = new AttemptCounters(new MemoryAttemptStore(clock), keys);
  const limiter = new AttemptLimiter(attempts, new CaptchaGate(options), events, options);
  const pairs = new TokenPairs(accessTokens, refreshTokens, clock);

  let counted = 0;
  const addUser = (given: Partial<NewUser> = {}): KnownUser =>
    users.create({
      id: newId(NOW),
      email: `user${(counted += 1)}@b.example`,
      username: null,
      passwordHash: null,
      emailVerified: true,
      roles: ['user'],
      fields: {},
      at: clock.now(),
      ...given,
    });
  const addSession = (known: KnownUser, given: Partial<SessionRecord> = {}): SessionRecord => {
    const at = clock.now();
    const session: SessionRecord = {
      id: newId(at),
      userId: known.user.id,
      epoch: known.sessionEpoch,
      generation: 1,
      seed: 'A'.repeat(43),
      keyId: refreshTokens.keyId,
      transport: 'bearer',
      amr: ['pwd'],
      authenticatedAt: at,
      createdAt: at,
      rotatedAt: null,
      lastUsedAt: at,
      idleExpiresAt: at + options.session.idleTimeout,
      absoluteExpiresAt: at + options.session.absoluteTimeout,
      revokedAt: null,
      revokedReason: null,
      ip: null,
      userAgent: null,
      ...given,
    };
    sessions.insert(session);
    return session;
  };
  // prettier-ignore -- a list of names
  return {
    options,
    attempts,
    limiter,
    clock,
    users,
    sessions,
    events,
    heard,
    keys,
    roles,
    refreshTokens,
    accessTokens,
    cache,
    service,
    cookies,
    pairs,
    addUser,
    addSession,
    stored: async (id: string) => (await sessions.findWithUser(id))?.session,
    types: () => heard.map(({ type }) => type),
  };
}

export type Wiring = ReturnType<typeof wire>;
