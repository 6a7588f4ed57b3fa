import {
  deathIn,
  keyIn,
  learnToken,
  LIMITS,
  revokeAllIn,
  revokeIn,
  type KeyName,
  type Ring,
  type Transport,
  type World,
} from './world.js';

/** A refresh token as a client holds it; session and generation are readable in it. */
export interface HeldToken {
  text: string;
  sessionId: string;
  generation: number;
}

/** An access token as a client holds it. */
export interface HeldAccess {
  text: string;
  sessionId: string;
  key: KeyName;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/** One call at one node. */
export type Operation =
  | { kind: 'login'; node: number; password: string; transport: Transport }
  | { kind: 'refresh'; node: number; token: HeldToken; via: Transport; companion?: string }
  | { kind: 'access'; node: number; access: HeldAccess; reread: boolean }
  | { kind: 'logout'; node: number; access: HeldAccess }
  | { kind: 'logoutByRefresh'; node: number; token: HeldToken }
  | { kind: 'revokeOthers'; node: number; access: HeldAccess }
  | { kind: 'revokeAll'; node: number }
  /** The node dies between the new epoch and the rest of `revokeAll`. */
  | { kind: 'revokeAllAndDie'; node: number }
  | { kind: 'setActive'; node: number; active: boolean }
  | { kind: 'setRoles'; node: number; roles: readonly string[] }
  | { kind: 'setPassword'; node: number; password: string }
  | { kind: 'changePassword'; node: number; access: HeldAccess; current: string; next: string };

/** What a call was seen to answer. */
export interface Observed {
  code: string;
  token?: HeldToken;
  /** Whole seconds the token is good for. */
  goodFor?: number;
  roles?: readonly string[];
  ended?: boolean;
}

export interface Call {
  readonly operation: Operation;
  readonly observed: Observed;
  readonly ring: Ring;
  readonly now: number;
  /** How many invalidations the calls beside it make. A read overtaken three times is answered 503. */
  readonly overtakings: number;
}

/** How often a call drops snapshots of its user. */
export const INVALIDATIONS: Record<Operation['kind'], number> = {
  ...{ login: 0, access: 0, refresh: 1, logout: 1, logoutByRefresh: 1, revokeOthers: 1, setRoles: 1 },
  ...{ revokeAll: 2, revokeAllAndDie: 1, setActive: 2, setPassword: 2, changePassword: 2 },
};

/** Values a call remembers from one step to the next. */
export type Local = Record<string, number | boolean>;

/**
 * One indivisible step of a call: changes the world; true or false ends the call as explained or contradicted;
 * undefined goes on with the next step.
 */
export type Step = (world: World, local: Local) => boolean | undefined;

/** The steps of a call. Others may come in between them, and nowhere else. */
export function stepsOf(call: Call): readonly Step[] {
  const { operation, observed, ring, now } = call;
  const answers = (code: string) => observed.code === code;
  if ('access' in operation && operation.kind !== 'logout' && answers('unavailable')) {
    return [() => call.overtakings >= 3];
  }
  const hasKey = ({ key }: HeldAccess) => ring.includes(key);
  const admits = (world: World, access: HeldAccess) => refusalOf(world, access, ring, now);
  switch (operation.kind) {
    case 'login':
      return loginSteps(call, operation);
    case 'refresh':
      return [(world) => refresh(call, operation, world)];
    case 'access':
      return [
        (world) => {
          const refusal = admits(world, operation.access);
          return refusal === null ? answers('ok') && sameRoles(world.roles, observed.roles) : answers(refusal);
        },
      ];
    case 'logout': {
      const { access } = operation;
      return [
        (world) =>
          answers('ok') && observed.ended === (hasKey(access) && revokeIn(world.sessions[access.sessionId], 'logout')),
      ];
    }
    case 'logoutByRefresh': {
      const { text, sessionId, generation } = operation.token;
      return [
        (world) => {
          const key = keyIn(world, text, sessionId, generation);
          const proves = key !== null && ring.includes(key);
          return answers('ok') && observed.ended === (proves && revokeIn(world.sessions[sessionId], 'logout'));
        },
      ];
    }
    case 'revokeOthers':
      return [
        (world) => unless(admits(world, operation.access), answers),
        (world) => (revokeAllIn(world, 'revoked_by_user', operation.access.sessionId), answers('ok')),
      ];
    case 'revokeAll':
      return [(world) => void (world.epoch += 1), (world) => (revokeAllIn(world, 'revoked_by_host'), answers('ok'))];
    case 'revokeAllAndDie':
      return [(world) => ((world.epoch += 1), answers('ok'))];
    case 'setActive':
      return [
        (world) => {
          if (world.active && !operation.active) world.epoch += 1;
          world.active = operation.active;
          return operation.active ? answers('ok') : undefined;
        },
        (world) => (revokeAllIn(world, 'user_deactivated'), answers('ok')),
      ];
    case 'setRoles':
      return [(world) => ((world.roles = operation.roles), answers('ok'))];
    case 'setPassword':
      return [
        (world) => void Object.assign(world, withPassword(world, operation.password)),
        (world) => (revokeAllIn(world, 'password_changed'), answers('ok')),
      ];
    case 'changePassword':
      return [
        (world) => unless(admits(world, operation.access), answers),
        (world, local) => {
          Object.assign(local, { hash: world.hash, epoch: world.epoch });
          return operation.current === world.password ? undefined : answers('invalid_credentials');
        },
        (world, local) => {
          if (world.hash !== local['hash']) return answers('password_changed_meanwhile');
          Object.assign(world, withPassword(world, operation.next));
          return undefined;
        },
        (world, local) => {
          const own = world.sessions[operation.access.sessionId];
          if (own.revoked === null && own.epoch === local['epoch']) own.epoch += 1;
          return undefined;
        },
        (world) => (revokeAllIn(world, 'password_changed', operation.access.sessionId), answers('ok')),
      ];
  }
}

function loginSteps(
  { observed, ring, now }: Call,
  { password, transport }: { password: string; transport: Transport },
) {
  const steps: Step[] = [
    (world, local) => {
      Object.assign(local, { epoch: world.epoch });
      return password === world.password && world.active ? undefined : observed.code === 'invalid_credentials';
    },
    (world, local) => {
      if (observed.code !== 'ok' || observed.token?.generation !== 1) return false;
      const { sessionId, text } = observed.token;
      if (world.sessions[sessionId]) return false;
      world.sessions[sessionId] = {
        epoch: Number(local['epoch']),
        generation: 1,
        key: ring[0],
        transport,
        rotatedAt: null,
        idleExpiresAt: now + LIMITS.idle,
        absoluteExpiresAt: now + LIMITS.absolute,
        revoked: null,
      };
      return learnToken(world, sessionId, 1, ring[0], text) && observed.goodFor === LIMITS.idle / 1000;
    },
  ];
  return steps;
}

function refresh(
  { observed, ring, now }: Call,
  { token, via, companion }: { token: HeldToken; via: Transport; companion?: string },
  world: World,
): boolean {
  const answers = (code: string) => observed.code === code;
  const session = world.sessions[token.sessionId];
  const key = keyIn(world, token.text, token.sessionId, token.generation);
  if (key === null || !ring.includes(key) || session.transport !== via) return answers('token_invalid');
  if (companion !== undefined && companion !== token.sessionId) return answers('token_invalid');
  const death = deathIn(world, session, now);
  if (death !== null) return answers(death);

  const behind = session.generation - token.generation;
  if (behind === 0) {
    session.generation += 1;
    session.rotatedAt = now;
    session.idleExpiresAt = Math.min(now + LIMITS.idle, session.absoluteExpiresAt);
    session.key = ring[0];
  } else if (behind !== 1 || now - (session.rotatedAt ?? 0) > LIMITS.grace + LIMITS.graceTolerance) {
    revokeIn(session, behind < 0 ? 'generation_ahead' : 'refresh_token_reuse');
    return answers('token_revoked');
  }
  const successor = observed.token;
  // A node that lacks the key of the row makes the generation under its own first one; both are good.
  const madeWith = ring.includes(session.key) ? session.key : ring[0];
  return (
    answers('ok') &&
    successor?.sessionId === token.sessionId &&
    successor.generation === session.generation &&
    learnToken(world, token.sessionId, session.generation, madeWith, successor.text) &&
    observed.goodFor === Math.round((Math.min(session.idleExpiresAt, session.absoluteExpiresAt) - now) / 1000)
  );
}

/** The code that a guarded call is refused with, or null. */
function refusalOf(world: World, access: HeldAccess, ring: Ring, now: number): string | null {
  if (!ring.includes(access.key)) return 'token_invalid';
  if (now >= access.expiresAt + LIMITS.skew) return 'token_expired';
  return deathIn(world, world.sessions[access.sessionId], now) === null ? null : 'token_revoked';
}

const unless = (refusal: string | null, answers: (code: string) => boolean): boolean | undefined =>
  refusal === null ? undefined : answers(refusal);

const withPassword = (world: World, password: string): Partial<World> => ({
  password,
  hash: world.hash + 1,
  epoch: world.epoch + 1,
});

const sameRoles = (expected: readonly string[], seen: readonly string[] = []): boolean =>
  [...expected].sort().join() === [...seen].sort().join();
