import { createRequire } from 'node:module';
import type { HashJob } from '../../libs/authkit/src/passwords/password-hasher.js';

/** Does each job at once, in this thread, and keeps them; an answer of bytes as a worker's comes, as a plain Uint8Array. */
export function hashJobs(): { jobs: HashJob[]; run: (job: HashJob) => Promise<unknown> } {
  const jobs: HashJob[] = [];
  const run = (job: HashJob) => {
    jobs.push(job);
    const library = createRequire(job.from)(job.module) as Record<string, (...args: unknown[]) => unknown>;
    const result = library[job.method](...job.args);
    return Promise.resolve(result instanceof Uint8Array ? new Uint8Array(result) : result);
  };
  return { jobs, run };
}
