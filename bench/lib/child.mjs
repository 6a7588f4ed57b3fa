import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const SERVER_CORE = '0';
const LOAD_CORE = '1';

/** Whether servers and load can be kept on cores of their own. */
export const pinned = availableParallelism() > 1 && hasTaskset();

/** Moves this process, the source of load, off the servers' core. */
export function pinLoad() {
  if (pinned) execFileSync('taskset', ['-acp', LOAD_CORE, String(process.pid)]);
}

/** A process of the bench; `ask(command, ...args)` runs one of its commands. */
export class Child {
  #process;
  #pending = new Map();
  #lastId = 0;

  /** Starts `file` on the servers' core; resolves with what it reports first. */
  static async start(file, options, execArgv = []) {
    const child = new Child(file, options, execArgv);
    const [ready] = await Promise.race([once(child.#process, 'message'), child.#failure(file, options)]);
    child.ready = ready;
    child.#process.on('message', ({ id, result, error }) => {
      const { resolve, reject } = child.#pending.get(id);
      child.#pending.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error));
    });
    child.#process.once('exit', (code) => {
      for (const { reject } of child.#pending.values()) reject(new Error(`${file} ended with ${code}`));
    });
    return child;
  }

  constructor(file, options, execArgv) {
    const script = fileURLToPath(new URL(`../${file}`, import.meta.url));
    const args = [JSON.stringify(options)];
    this.#process = pinned
      ? fork(script, args, { execPath: 'taskset', execArgv: ['-c', SERVER_CORE, process.execPath, ...execArgv] })
      : fork(script, args, { execArgv });
  }

  ask(command, ...args) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#process.send({ id, command, args });
    });
  }

  async stop() {
    const gone = once(this.#process, 'exit');
    this.#process.disconnect();
    await gone;
  }

  async #failure(file, options) {
    const [code] = await once(this.#process, 'exit');
    throw new Error(`${file} ${JSON.stringify(options)} ended with ${code}`);
  }
}

/** The other side: reports `ready`, then answers commands until the bench lets go. */
export function serve(ready, commands) {
  process.on('message', async ({ id, command, args }) => {
    try {
      process.send({ id, result: (await commands[command](...args)) ?? null });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
  process.on('disconnect', () => process.exit(0));
  process.send(ready);
}

function hasTaskset() {
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
