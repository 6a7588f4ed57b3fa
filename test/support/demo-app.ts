import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import './fastify-static.js';
import type { Environment } from '../../apps/demo/src/demo-config.js';
import { prepareDatabase, type Database } from './databases.js';
import { SECRET, type Adapter } from './test-app.js';

/** An empty database, and the environment that makes the demo use it. */
export async function prepareDemo(
  adapter: Adapter,
  database: Database,
): Promise<{ env: Environment; drop(): Promise<void> }> {
  const env = { ADAPTER: adapter, PORT: '0', HOST: '127.0.0.1', AUTHKIT_SECRET: SECRET };
  if (database === 'sqlite') {
    const directory = await mkdtemp(join(tmpdir(), 'authkit-demo-'));
    return {
      env: { ...env, SQLITE_FILE: join(directory, 'demo.sqlite') },
      drop: () => rm(directory, { recursive: true }),
    };
  }
  const { options, drop } = await prepareDatabase(database, []);
  const { url, schema } = options as { url: string; schema?: string };
  // TypeORM tells the two servers apart by the type only.
  return { env: { ...env, DATABASE_URL: url.replace(/^mysql:/, 'mariadb:'), DATABASE_SCHEMA: schema }, drop };
}
