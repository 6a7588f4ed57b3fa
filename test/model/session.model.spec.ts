import fc, { type Scheduler } from 'fast-check';
import { DATABASES } from '../support/databases.js';
import { PASSWORD } from '../support/test-app.js';
import { Cluster } from './cluster.js';
import { atOnce, oneAfterTheOther } from './commands.js';
import { Run } from './run.js';

// `npm run test:model -- --runs 20000`, or `-- --seed S --path P --replay R` as a failure prints them.
const env = (name: string) => process.env[`AUTHKIT_MODEL_${name}`];
const numRuns = Number(env('RUNS') ?? 250);
// The same stories at every run of the suite; the long mode tells others.
const seed = Number(env('SEED') ?? 20_261_124);
const replay = env('REPLAY');

const parameters = {
  numRuns,
  unbiased: true,
  seed,
  ...(env('PATH') && { path: env('PATH') }),
};
const kinds = { 'one after the other': oneAfterTheOther(replay), 'at once': atOnce(replay) };

describe.each(DATABASES)('the model of a session, on %s', (database) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start(database);
  });
  afterAll(() => cluster.stop());

  it.each(Object.entries(kinds))(
    'explains every answer to calls made %s, whatever the generation, node, clock and secrets',
    async (_kind, commands) => {
      const property = fc.asyncProperty(
        fc.nat({ max: 6 }),
        fc.scheduler(),
        commands,
        async (rollout: number, scheduler: Scheduler, list) => {
          const run = await Run.begin(cluster, rollout);
          const login = { kind: 'login', node: run.node(0), password: PASSWORD, transport: 'bearer' } as const;
          await run.call([{ operation: login, receiver: run.holders[0] }]);
          await fc.asyncModelRun(() => ({ model: run, real: { scheduler } }), list);
          await run.compareRows();
          run.end();
        },
      );
      const { runDetails } = await check(property);
      expect(runDetails.numRuns).toBeGreaterThan(0);
    },
    numRuns * 2_000 + 60_000,
  );
});

async function check(property: fc.IAsyncProperty<unknown>) {
  const runDetails = await fc.check(property as fc.IAsyncProperty<[number, Scheduler, never]>, parameters);
  if (runDetails.failed) throw new Error(fc.defaultReportMessage(runDetails));
  return { runDetails };
}
