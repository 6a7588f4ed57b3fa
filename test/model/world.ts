/** Names of the two secrets of a key rollout. */
export type KeyName = 'old' | 'new';
export type Transport = 'bearer' | 'cookie';

/** A node's secrets, in order: the first signs, all verify. */
export type Ring = readonly KeyName[];

/** What the model believes of one session row. Instants are epoch milliseconds. */
export interface ModelSession {
  epoch: number;
  generation: number;
  key: KeyName;
  transport: Transport;
  rotatedAt: number | null;
  idleExpiresAt: number;
  absoluteExpiresAt: number;
  revoked: string | null;
}

/** One state that the system may be in: a user, their sessions, and the refresh tokens seen so far. */
export interface World {
  password: string;
  /** Counts the hashes stored: a change made against an older one is refused. */
  hash: number;
  epoch: number;
  active: boolean;
  roles: readonly string[];
  sessions: Record<string, ModelSession>;
  /** Text of each refresh token by `session/generation/key`. */
  tokens: Record<string, string>;
}

const HOUR = 3_600_000;
/** The cluster's options, in milliseconds; what it leaves to defaults is said again on purpose. */
export const LIMITS = {
  accessTtl: 15 * 60_000,
  skew: 5_000,
  idle: HOUR,
  absolute: HOUR + 20 * 60_000,
  grace: 30_000,
  graceTolerance: 5_000,
} as const;

export const newWorld = (password: string): World => ({
  password,
  hash: 1,
  epoch: 0,
  active: true,
  roles: ['user'],
  sessions: {},
  tokens: {},
});

/** A copy that shares nothing a step may change. */
export function copyOf(world: World): World {
  const sessions = Object.fromEntries(Object.entries(world.sessions).map(([id, session]) => [id, { ...session }]));
  return { ...world, sessions, tokens: { ...world.tokens } };
}

export type Death = 'token_revoked' | 'token_expired' | null;

/** How a session of this world is refused, or null while it lives. */
export function deathIn(world: World, session: ModelSession, now: number): Death {
  if (session.revoked !== null || session.epoch !== world.epoch || !world.active) return 'token_revoked';
  return now >= session.idleExpiresAt || now >= session.absoluteExpiresAt ? 'token_expired' : null;
}

/** Ends a session that is not ended; whether it did. */
export function revokeIn(session: ModelSession | undefined, reason: string): boolean {
  if (!session || session.revoked !== null) return false;
  session.revoked = reason;
  return true;
}

export function revokeAllIn(world: World, reason: string, exceptId?: string): void {
  for (const [id, session] of Object.entries(world.sessions)) if (id !== exceptId) revokeIn(session, reason);
}

/** The key a refresh token is made with; null when this world knows no such token. */
export function keyIn(world: World, text: string, sessionId: string, generation: number): KeyName | null {
  return (['old', 'new'] as const).find((key) => world.tokens[`${sessionId}/${generation}/${key}`] === text) ?? null;
}

/** Whether a token handed out now agrees with all before: one generation under one key is one string, and no other's. */
export function learnToken(world: World, id: string, generation: number, key: KeyName, text: string): boolean {
  const name = `${id}/${generation}/${key}`;
  const known = world.tokens[name];
  if (known !== undefined) return known === text;
  if (Object.values(world.tokens).includes(text)) return false;
  world.tokens[name] = text;
  return true;
}
