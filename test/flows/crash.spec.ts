import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASES, prepareDatabase, type Database, type TestDatabase } from '../support/databases.js';
import { DemoProcess } from '../support/demo-process.js';
import { ADAPTERS, PASSWORD, SECRET } from '../support/test-app.js';

const CLIENTS = 6;
const REFRESHES_BEFORE_THE_KILL = 150;

/** A client that refreshes as fast as it can and remembers only what was acknowledged. */
class RefreshingClient {
  refreshToken = '';
  acknowledged = 0;

  constructor(
    readonly email: string,
    private demo: DemoProcess,
  ) {}

  async signIn(): Promise<void> {
    const registered = await this.demo.client.post('/auth/register', { email: this.email, password: PASSWORD });
    expect(registered.body).toHaveProperty('user.email', this.email);
    const reply = await this.demo.client.post('/auth/login', { identifier: this.email, password: PASSWORD });
    expect(reply.status).toBe(200);
    this.refreshToken = reply.body.refresh_token as string;
  }

  /** Until the connection breaks. */
  async storm(onRefresh: () => void): Promise<void> {
    for (;;) {
      const reply = await this.refresh().catch(() => null);
      if (!reply) return;
      if (reply.status !== 200) throw new Error(`a refresh was answered ${reply.status}: ${reply.text}`);
      this.refreshToken = reply.body.refresh_token as string;
      this.acknowledged += 1;
      onRefresh();
    }
  }

  refresh(demo = this.demo) {
    return demo.client.post('/auth/refresh', { refreshToken: this.refreshToken });
  }
}

async function environmentFor(
  database: Database,
): Promise<{ env: Record<string, string>; prepared: TestDatabase | null }> {
  const common = { AUTHKIT_SECRET: SECRET };
  if (database === 'sqlite') {
    const directory = mkdtempSync(join(tmpdir(), 'authkit-crash-'));
    return { env: { ...common, SQLITE_FILE: join(directory, 'demo.sqlite') }, prepared: null };
  }
  const prepared = await prepareDatabase('postgres', []);
  const { url, schema } = prepared.options as { url: string; schema: string };
  return { env: { ...common, DATABASE_URL: url, DATABASE_SCHEMA: schema }, prepared };
}

describe.each(DATABASES)('the demo on %s', (database) => {
  let env: Record<string, string>;
  let prepared: TestDatabase | null;
  beforeAll(async () => {
    ({ env, prepared } = await environmentFor(database));
  });
  afterEach(() => DemoProcess.stopAll());
  afterAll(() => prepared?.drop());

  it('killed in a storm of refreshes loses no acknowledged login or rotation, and a retry logs nobody out', async () => {
    const demo = await DemoProcess.start(env);
    const clients = Array.from({ length: CLIENTS }, (_, n) => new RefreshingClient(`storm${n}@example.com`, demo));
    await Promise.all(clients.map((client) => client.signIn()));
    let refreshes = 0;
    let killed: Promise<unknown> | undefined;
    const storms = clients.map((client) =>
      client.storm(() => {
        refreshes += 1;
        if (refreshes >= REFRESHES_BEFORE_THE_KILL) killed ??= demo.stop('SIGKILL');
      }),
    );
    await Promise.all(storms);
    await killed;
    expect(clients.every(({ acknowledged }) => acknowledged > 0)).toBe(true);

    const revived = await DemoProcess.start(env);
    for (const client of clients) {
      const retried = await client.refresh(revived);
      expect(retried.status).toBe(200);
      const me = await revived.client.get('/auth/me', { token: retried.body.access_token as string });
      expect(me.body.user.email).toBe(client.email);
    }
  });

  it.each(ADAPTERS)('on %s answers what is under way at SIGTERM and exits with 0', async (adapter) => {
    const demo = await DemoProcess.start({ ...env, ADAPTER: adapter });
    const login = demo.client.post('/auth/login', { identifier: 'nobody@example.com', password: PASSWORD });
    // The login hashes for a while; this reply shows that it has arrived.
    await demo.client.get('/');
    const exit = demo.stop('SIGTERM');
    expect((await login).status).toBe(401);
    expect(await exit).toBe(0);
  });
});
