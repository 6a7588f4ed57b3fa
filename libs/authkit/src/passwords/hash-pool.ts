import { availableParallelism } from 'node:os';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { AuthKitError } from '../kernel/errors.js';
import type { HashJob } from './password-hasher.js';

/**
 * Runs in each worker. Priority is set inside: on Linux it is a thread's own, so that hashing never delays requests.
 * Text, not a file, so that the library works unbuilt, bundled, and in both module systems.
 */
const WORKER_SOURCE = `
const { parentPort } = require('node:worker_threads');
const { createRequire } = require('node:module');
const os = require('node:os');
const libraries = new Map();
try { if (process.platform === 'linux') os.setPriority(0, 19); } catch {}
parentPort.on('message', ({ module, from, method, args }) => {
  try {
    let library = libraries.get(module);
    if (!library) libraries.set(module, (library = createRequire(from)(module)));
    parentPort.postMessage({ result: library[method](...args) });
  } catch (error) {
    parentPort.postMessage({ error: String(error && error.message) });
  }
});`;

interface Task {
  readonly job: HashJob;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Hashes in low-priority worker threads, so that a flood of logins starves no other request, with a bounded queue:
 * what does not fit is refused with 503 at once instead of piling up (CWE-770).
 */
export class HashPool {
  private readonly queue: Task[] = [];
  private readonly idle: Worker[] = [];
  private readonly workers = new Set<Worker>();
  private readonly running = new Set<Promise<unknown>>();
  private closed = false;
  private readonly size: number;

  constructor(
    workers: number | null,
    private readonly maxQueue: number,
  ) {
    this.size = workers ?? availableParallelism();
  }

  /** Whether a job would start or wait now; a courtesy job (a rehash) is skipped when not. */
  get hasRoom(): boolean {
    return this.queue.length < this.maxQueue;
  }

  /** Result of the job. Throws `overloaded` (503, Retry-After in seconds) when too many wait. */
  readonly run = (job: HashJob): Promise<unknown> => {
    const limit = Math.max(1, this.size);
    if (this.closed || (this.running.size >= limit && !this.hasRoom)) {
      return Promise.reject(new AuthKitError('overloaded', { reason: 'the hash queue is full' }));
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ job, resolve, reject });
      this.next();
    });
  };

  /** Ends the workers once their jobs are done; jobs still waiting are refused. */
  async close(): Promise<void> {
    this.closed = true;
    for (const task of this.queue.splice(0)) task.reject(new AuthKitError('overloaded', { reason: 'shutting down' }));
    // A thread ended inside a native package can abort the whole process.
    await Promise.allSettled(this.running);
    await Promise.all([...this.workers].map((worker) => worker.terminate()));
  }

  private next(): void {
    if (this.running.size >= Math.max(1, this.size)) return;
    const task = this.queue.shift();
    if (!task) return;
    const work = this.size === 0 ? inline(task.job) : this.inWorker(task.job);
    this.running.add(work);
    // Free first, then answered: whoever asks again at once finds the worker it has just had.
    const freed = work.finally(() => {
      this.running.delete(work);
      this.next();
    });
    void freed.then(task.resolve, task.reject);
  }

  /** Async, so that a thread the system refuses is a refusal of this job alone. */
  private async inWorker(job: HashJob): Promise<unknown> {
    const worker = this.idle.pop() ?? this.spawn();
    return await new Promise((resolve, reject) => {
      const settle = () => {
        worker.off('message', onMessage);
        worker.off('error', onError);
        worker.off('exit', onExit);
        worker.unref();
      };
      const onMessage = (reply: { result?: unknown; error?: string }) => {
        settle();
        this.idle.push(worker);
        if (reply.error === undefined) resolve(reply.result);
        else reject(new Error(`hashing with ${job.module} failed: ${reply.error}`));
      };
      const onError = (error: Error) => {
        settle();
        reject(error);
      };
      const onExit = () => onError(new AuthKitError('unavailable', { reason: 'a hash worker ended' }));
      worker.on('message', onMessage);
      worker.on('error', onError);
      worker.on('exit', onExit);
      worker.ref();
      worker.postMessage(job);
    });
  }

  private forget(worker: Worker): void {
    this.workers.delete(worker);
    const index = this.idle.indexOf(worker);
    if (index >= 0) this.idle.splice(index, 1);
  }

  private spawn(): Worker {
    const worker = new Worker(WORKER_SOURCE, { eval: true, execArgv: [], env: {} });
    this.workers.add(worker);
    // Also while it is idle: an error nobody listens to would end the process.
    worker.on('error', () => this.forget(worker));
    worker.on('exit', () => this.forget(worker));
    return worker;
  }
}

type AnyFunction = (...args: unknown[]) => unknown;

/** The fallback without threads: the module's asynchronous twin of the function, on libuv's pool. */
async function inline(job: HashJob): Promise<unknown> {
  const library = createRequire(job.from)(job.module) as Record<string, AnyFunction>;
  const twin = library[job.method.replace(/Sync$/, '')];
  // Node's own functions call back, the packages promise.
  return (job.module.startsWith('node:') ? (promisify(twin) as AnyFunction) : twin)(...job.args);
}
