// The hash function alone: as many workers as the kit would have on these cores, and no HTTP around them.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { serve } from './lib/child.mjs';

const WORKER = `
const { parentPort, workerData: { cost } } = require('node:worker_threads');
const bcrypt = require('bcrypt');
try { require('node:os').setPriority(0, 19); } catch {}
const hash = bcrypt.hashSync('violet harbour lantern 42', cost);
parentPort.on('message', (count) => {
  for (let i = 0; i < count; i += 1) bcrypt.compareSync('violet harbour lantern 42', hash);
  parentPort.postMessage('done');
});`;

const { cost } = JSON.parse(process.argv[2]);
const workers = Array.from(
  { length: availableParallelism() },
  () => new Worker(WORKER, { eval: true, workerData: { cost } }),
);
const each = (count) =>
  Promise.all(workers.map((worker) => new Promise((done) => worker.once('message', done).postMessage(count))));
await each(1);

serve(
  {},
  {
    /** At least `count` hashes: their rate, and the CPU of one in microseconds. */
    hash: async (count) => {
      const share = Math.ceil(count / workers.length);
      const before = process.cpuUsage();
      const startedAt = performance.now();
      await each(share);
      const { user, system } = process.cpuUsage(before);
      const hashes = share * workers.length;
      return { perSecond: (hashes * 1000) / (performance.now() - startedAt), cpu: (user + system) / hashes };
    },
  },
);
