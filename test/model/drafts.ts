import fc from 'fast-check';
import type { HeldToken } from './operations.js';
import type { Planned, Run } from './run.js';
import type { Transport } from './world.js';

/** A call before it is known who holds what; null when the client has nothing to make it with. */
export interface Draft {
  readonly name: string;
  plan(run: Run): Planned | null;
}

export const client = fc.constantFrom<0 | 1>(0, 0, 1);
const node = fc.nat({ max: 1 });
const transport = fc.constantFrom<Transport>('bearer', 'bearer', 'cookie');
/** How many generations ago: mostly none. */
const back = fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 1, 2, 3);

const draft = (name: string, plan: Draft['plan']): Draft => ({ name, plan });
export const newest = <T>(list: readonly T[], ago = 0): T | undefined => list[list.length - 1 - ago];
/** A token of the client's newest session; the oldest there is when it is not that old. */
function generationAgo(tokens: readonly HeldToken[], ago: number): HeldToken | undefined {
  const generations = tokens.filter(({ sessionId }) => sessionId === newest(tokens)!.sessionId);
  return newest(generations, ago) ?? generations[0];
}
const other = (one: Transport): Transport => (one === 'bearer' ? 'cookie' : 'bearer');

export const login = fc.record({ client, node, transport, ago: fc.constantFrom(0, 0, 0, 0, 1) }).map((c) =>
  draft(`login ${JSON.stringify(c)}`, (run) => ({
    operation: {
      kind: 'login',
      node: run.node(c.node),
      password: newest(run.passwords, c.ago) ?? 'never was a password',
      transport: c.transport,
    },
    receiver: run.holders[c.client],
  })),
);

const refresh = fc
  .record({
    client,
    node,
    back,
    lost: fc.constantFrom(false, false, true),
    astray: fc.constantFrom(false, false, false, false, false, true),
    companion: fc.constantFrom('none', 'none', 'own', 'last'),
  })
  .map((c) =>
    draft(`refresh ${JSON.stringify(c)}`, (run) => {
      const holder = run.holders[c.client];
      const token = generationAgo(holder.tokens, c.back);
      if (!token) return null;
      const right = run.worlds[0].sessions[token.sessionId].transport;
      const last = newest(run.holders[1 - c.client].accesses)?.sessionId;
      return {
        operation: {
          kind: 'refresh',
          node: run.node(c.node),
          token,
          via: c.astray ? other(right) : right,
          companion: c.companion === 'own' ? token.sessionId : c.companion === 'last' ? last : undefined,
        },
        receiver: c.lost ? null : holder,
      };
    }),
  );

const withAccess = (
  name: string,
  plan: (at: { node: number; access: Run['holders'][0]['accesses'][0] }, run: Run) => Planned['operation'],
) =>
  fc.record({ client, node, back }).map((c) =>
    draft(`${name} ${JSON.stringify(c)}`, (run) => {
      const access = newest(run.holders[c.client].accesses, c.back);
      return access ? { operation: plan({ node: run.node(c.node), access }, run), receiver: null } : null;
    }),
  );

/** A host's route, by the newest access token of a client. */
export const cached = (whose: number, at: number): Draft =>
  draft(`cached access client=${whose} node=${at}`, (run) => {
    const held = newest(run.holders[whose].accesses);
    return held ? { operation: { kind: 'access', node: at, access: held, reread: false }, receiver: null } : null;
  });
const access = fc
  .boolean()
  .chain((reread) => withAccess(`access reread=${reread}`, (at) => ({ kind: 'access', ...at, reread })));
const logout = withAccess('logout', (at) => ({ kind: 'logout', ...at }));
const revokeOthers = withAccess('revokeOthers', (at) => ({ kind: 'revokeOthers', ...at }));
const changePassword = fc.constantFrom(0, 0, 0, 1).chain((ago) =>
  withAccess(`changePassword ago=${ago}`, (at, run) => {
    const current = newest(run.passwords, ago) ?? 'never was a password';
    return { kind: 'changePassword', ...at, current, next: run.newPassword() };
  }),
);
const logoutByRefresh = fc.record({ client, node, back }).map((c) =>
  draft(`logoutByRefresh ${JSON.stringify(c)}`, (run) => {
    const token = newest(run.holders[c.client].tokens, c.back);
    return token ? { operation: { kind: 'logoutByRefresh', node: run.node(c.node), token }, receiver: null } : null;
  }),
);

const atUser = (name: string, plan: (at: { node: number }, run: Run) => Planned['operation']) =>
  node.map((pick) =>
    draft(`${name} node=${pick}`, (run) => ({ operation: plan({ node: run.node(pick) }, run), receiver: null })),
  );
const setActive = fc
  .boolean()
  .chain((active) => atUser(`setActive ${active}`, (at) => ({ kind: 'setActive', ...at, active })));
export const setRoles = fc
  .subarray(['user', 'auditor', 'editor'])
  .chain((roles) => atUser(`setRoles ${roles.join()}`, (at) => ({ kind: 'setRoles', ...at, roles })));
const setPassword = atUser('setPassword', (at, run) => ({ kind: 'setPassword', ...at, password: run.newPassword() }));
const revokeAll = atUser('revokeAll', (at) => ({ kind: 'revokeAll', ...at }));

const revokeAllAndDie = atUser('revokeAllAndDie', (at) => ({ kind: 'revokeAllAndDie', ...at }));

/** A token whose generation somebody has rewritten; no world knows it. */
const forgery = fc.record({ client, node, by: fc.constantFrom(-1, 1, 2) }).map((c) =>
  draft(`forgery ${JSON.stringify(c)}`, (run) => {
    const token = newest(run.holders[c.client].tokens);
    if (!token) return null;
    const bytes = Buffer.from(token.text.slice('nar_'.length), 'base64url');
    const generation = Math.max(0, token.generation + c.by);
    bytes.writeUInt32BE(generation, 17);
    const forged = { ...token, generation, text: `nar_${bytes.toString('base64url')}` };
    const via = run.worlds[0].sessions[token.sessionId].transport;
    return { operation: { kind: 'refresh', node: run.node(c.node), token: forged, via }, receiver: null };
  }),
);

export const anyDraft = fc.oneof(
  { weight: 22, arbitrary: refresh },
  { weight: 4, arbitrary: access },
  { weight: 2, arbitrary: login },
  ...[
    logout,
    logoutByRefresh,
    revokeOthers,
    changePassword,
    setActive,
    setRoles,
    setPassword,
    revokeAll,
    revokeAllAndDie,
    forgery,
  ].map((arbitrary) => ({ weight: 1, arbitrary })),
);

/** What ends sessions, and what may slip through while it does. */
export const ending = fc.oneof(
  logout,
  logoutByRefresh,
  revokeOthers,
  changePassword,
  setActive,
  setPassword,
  revokeAll,
  revokeAllAndDie,
);
const slipping = fc.oneof(refresh, refresh, login, access);

/** Two to four calls at the same time. */
export const group = fc.oneof(
  fc.array(anyDraft, { minLength: 2, maxLength: 4 }),
  fc.tuple(ending, slipping),
  fc.tuple(slipping, ending, slipping),
  fc.tuple(access, ending),
  fc.tuple(changePassword, revokeAllAndDie),
  fc.tuple(refresh, refresh, slipping),
  fc.tuple(changePassword, fc.oneof(changePassword, ending)),
  fc.tuple(setActive, setActive, login),
);
