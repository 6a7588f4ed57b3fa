import fc, { type AsyncCommand, type Scheduler } from 'fast-check';
import type { Planned, Run } from './run.js';
import type { Transport } from './world.js';

/** What a run is made of, besides its user. */
export interface Stage {
  readonly scheduler: Scheduler;
}

/** A call before it is known who holds what; null when the client has nothing to make it with. */
interface Draft {
  readonly name: string;
  plan(run: Run): Planned | null;
}

const client = fc.constantFrom<0 | 1>(0, 0, 1);
const node = fc.nat({ max: 1 });
const transport = fc.constantFrom<Transport>('bearer', 'bearer', 'cookie');
/** How many generations ago: mostly none. */
const back = fc.constantFrom(0, 0, 0, 0, 0, 1, 1, 2, 3);

const draft = (name: string, plan: Draft['plan']): Draft => ({ name, plan });
const newest = <T>(list: readonly T[], ago = 0): T | undefined => list[list.length - 1 - ago];
const other = (one: Transport): Transport => (one === 'bearer' ? 'cookie' : 'bearer');

const login = fc.record({ client, node, transport, ago: fc.constantFrom(0, 0, 0, 0, 1) }).map((c) =>
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
      const token = newest(holder.tokens, c.back);
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

const cachedAccess = withAccess('access reread=false', (at) => ({ kind: 'access', ...at, reread: false }));
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
const setRoles = fc
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

const anyDraft = fc.oneof(
  { weight: 12, arbitrary: refresh },
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

type Command = AsyncCommand<Run, Stage>;

const command = (name: string, act: (run: Run, stage: Stage) => Promise<void> | void): Command => ({
  check: () => true,
  run: async (run, stage) => act(run, stage),
  toString: () => name,
});

const single = anyDraft.map(({ name, plan }) =>
  command(name, async (run) => {
    const planned = plan(run);
    if (planned) await run.call([planned]);
  }),
);

/** The edges of every limit, small steps back, and now and then a long sleep. */
const steps = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1_000, 29_999, 30_001, 34_999, 35_000, 35_001, 60_000) },
  { weight: 1, arbitrary: fc.constantFrom(-4_000, -1_000) },
  { weight: 2, arbitrary: fc.constantFrom(900_000, 905_000, 3_000_000, 3_599_999, 3_600_000) },
);
const clock = steps.map((ms) => command(`clock ${ms}`, (run) => run.advance(ms)));
const rollOut = fc.constant(command('roll out', (run) => run.rollOut()));
const copy = client.map((to) =>
  command(`client ${to} copies the other`, (run) => {
    const from = run.holders[1 - to];
    if (from.tokens.length > 0) run.holders[to].copy(from);
  }),
);
const restore = client.map((whose) =>
  command(`restore a backup under client ${whose}`, async (run) => {
    const token = newest(run.holders[whose].tokens);
    if (token) await run.restore(token.sessionId);
  }),
);
const first = login.map(({ plan }) => command('first login', async (run) => run.call([plan(run)!])));

/** What ends sessions, and what may slip through while it does. */
const ending = fc.oneof(
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

/** A session that is certainly cached while something ends it or changes the user. */
const watched = fc.tuple(cachedAccess, fc.oneof(ending, setRoles), cachedAccess).map((drafts) =>
  command(`watched [${drafts.map(({ name }) => name).join('; ')}]`, async (run) => {
    for (const { plan } of drafts) {
      const planned = plan(run);
      if (planned) await run.call([planned]);
    }
  }),
);

/** Two to four calls at the same time. */
const group = fc.oneof(
  fc.array(anyDraft, { minLength: 2, maxLength: 4 }),
  fc.tuple(ending, slipping),
  fc.tuple(slipping, ending, slipping),
  fc.tuple(refresh, refresh, slipping),
  fc.tuple(changePassword, fc.oneof(changePassword, setPassword)),
);
const race = group.map((drafts) =>
  command(`at once [${drafts.map(({ name }) => name).join('; ')}]`, async (run, { scheduler }) => {
    const planned = drafts.map(({ plan }) => plan(run)).filter((one) => one !== null);
    // Nodes share a thread here: on SQLite one would wait for the other's transaction, and that for the thread.
    const { node: one } = planned[0]?.operation ?? { node: 0 };
    if (run.cluster.database === 'sqlite') for (const { operation } of planned) operation.node = one;
    if (planned.length > 0) await run.call(planned, scheduler);
    await run.compareRows();
  }),
);

const quiet = [
  { weight: 12, arbitrary: single },
  { weight: 3, arbitrary: clock },
  { weight: 3, arbitrary: first },
  { weight: 3, arbitrary: watched },
  ...[copy, restore, rollOut].map((arbitrary) => ({ weight: 1, arbitrary })),
];

const list = (choices: typeof quiet, replayPath: string | undefined, maxCommands: number) =>
  fc.commands<Run, Stage, false>([fc.oneof(...choices)], {
    maxCommands,
    size: 'max',
    ...(replayPath && { replayPath }),
  });

export const oneAfterTheOther = (replayPath?: string) => list(quiet, replayPath, 36);
export const atOnce = (replayPath?: string) => list([...quiet, { weight: 12, arbitrary: race }], replayPath, 16);
