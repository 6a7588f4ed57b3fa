import { rmSync } from 'node:fs';

export default async function teardown() {
  if (!globalThis.embeddedPostgres) return;
  const { postgres, directory } = globalThis.embeddedPostgres;
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}
