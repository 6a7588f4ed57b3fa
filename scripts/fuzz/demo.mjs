import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The built demo as a process, with a secret and a database of its own. */
export class Demo {
  static async start(adapter, databaseUrl) {
    const port = await freePort();
    const secret = randomBytes(36).toString('base64url');
    const schema = `fuzz_${randomBytes(4).toString('hex')}`;
    const folder = mkdtempSync(join(tmpdir(), 'authkit-fuzz-'));
    if (databaseUrl) await onPostgres(databaseUrl, `CREATE SCHEMA ${schema}`);
    const database = databaseUrl
      ? { DATABASE_URL: databaseUrl, DATABASE_SCHEMA: schema }
      : { SQLITE_FILE: join(folder, 'demo.sqlite') };
    // A small heap: what leaks would soon be seen, and what is only not yet collected is collected.
    const child = spawn(process.execPath, ['--max-old-space-size=96', 'dist/apps/demo/main.js'], {
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        ADAPTER: adapter,
        AUTHKIT_SECRET: secret,
        AUTHKIT_DANGEROUSLY_DISABLE_RATE_LIMITS: '1',
        ...database,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const demo = new Demo(child, port, secret, databaseUrl && { url: databaseUrl, schema });
    await demo.listening();
    return demo;
  }

  constructor(child, port, secret, postgres) {
    Object.assign(this, { child, port, secret, postgres, output: '', errors: '' });
    child.stdout.on('data', (chunk) => (this.output += chunk));
    // The last of it is enough, and a flood of it must not fill our memory.
    child.stderr.on('data', (chunk) => (this.errors = (this.errors + chunk).slice(-1_000_000)));
  }

  get isAlive() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resident memory in MiB. */
  memory() {
    const status = `/proc/${this.child.pid}/status`;
    const kib = existsSync(status)
      ? /VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(this.child.pid)], { encoding: 'utf8' });
    return Number(kib ?? 0) / 1024;
  }

  async listening() {
    while (!this.output.includes('/docs')) {
      const ended = once(this.child, 'exit').then(() => 'exit');
      const event = await Promise.race([once(this.child.stdout, 'data'), ended]);
      if (event === 'exit') throw new Error(`the demo did not start (is it built?):\n${this.errors}`);
    }
  }

  async stop() {
    if (this.isAlive) {
      this.child.kill('SIGTERM');
      const killer = setTimeout(() => this.child.kill('SIGKILL'), 10_000);
      await once(this.child, 'exit');
      clearTimeout(killer);
    }
    if (this.postgres) await onPostgres(this.postgres.url, `DROP SCHEMA ${this.postgres.schema} CASCADE`);
  }
}

async function onPostgres(url, sql) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
