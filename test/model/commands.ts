import fc, { type AsyncCommand, type Scheduler } from 'fast-check';
import { anyDraft, cached, client, ending, group, login, newest, setRoles } from './drafts.js';
import type { Run } from './run.js';

/** What a run is made of, besides its user. */
export interface Stage {
  readonly scheduler: Scheduler;
}

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
  { weight: 3, arbitrary: fc.constant(1_000) },
  { weight: 4, arbitrary: fc.constantFrom(29_999, 30_001, 34_999, 35_000, 35_001, 60_000) },
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

const looks = (run: Run, pick: number) => [0, 1].map((whose) => cached(whose, run.node(pick)).plan(run));
/** Both clients' sessions are certainly cached while something ends them or changes the user. */
const watched = fc.tuple(fc.nat({ max: 1 }), fc.oneof(ending, setRoles)).map(([node, { name, plan }]) =>
  command(`watched at ${node} [${name}]`, async (run) => {
    for (const parts of [() => looks(run, node), () => [plan(run)], () => looks(run, node)]) {
      for (const planned of parts()) if (planned) await run.call([planned]);
    }
  }),
);

/** Two to four calls at the same time. */
const race = group.map((drafts) =>
  command(`at once [${drafts.map(({ name }) => name).join('; ')}]`, async (run, { scheduler }) => {
    const planned = drafts.map(({ plan }) => plan(run)).filter((one) => one !== null);
    // Nodes share a thread here: on SQLite one would wait for the other's transaction, and that for the thread.
    const { node: one } = planned[0]?.operation ?? { node: 0 };
    if (run.cluster.database === 'sqlite') for (const { operation } of planned) operation.node = one;
    if (planned.length === 0) return;
    await run.call(planned, scheduler);
    await run.compareRows();
    // What a race has left in the cache shows at the next request.
    for (const look of [0, 1].map((whose) => cached(whose, one).plan(run))) if (look) await run.call([look]);
  }),
);

const quiet = [
  { weight: 12, arbitrary: single },
  { weight: 3, arbitrary: clock },
  { weight: 2, arbitrary: first },
  { weight: 2, arbitrary: watched },
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
