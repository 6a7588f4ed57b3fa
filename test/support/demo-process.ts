import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Client } from './client.js';

/** The built demo as a process of its own. */
export class DemoProcess {
  private static readonly running = new Set<DemoProcess>();

  private constructor(
    private readonly child: ChildProcess,
    readonly client: Client,
    /** What it has said until it listened. */
    readonly output: string,
  ) {}

  /** Resolves once it listens. */
  static async start(env: Record<string, string>): Promise<DemoProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, ['dist/apps/demo/main.js'], {
      env: { PATH: process.env['PATH'], PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('/docs')) resolve();
      });
      child.once('exit', () => reject(new Error(`the demo did not start (is it built?):\n${output}`)));
    });
    const demo = new DemoProcess(child, new Client(port), output);
    DemoProcess.running.add(demo);
    return demo;
  }

  /** Ends whatever a failed test has left behind. */
  static async stopAll(): Promise<void> {
    for (const demo of DemoProcess.running) await demo.stop('SIGKILL');
  }

  /** Sends a signal; the exit code, null when the signal itself ended it. */
  async stop(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    DemoProcess.running.delete(this);
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    this.child.kill(signal);
    const [code] = (await once(this.child, 'exit')) as [number | null];
    return code;
  }
}

/** A port that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
