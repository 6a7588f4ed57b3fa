import type { CallOptions, Client, Reply } from './client.js';
import { prepareDatabase, type TestDatabase } from './databases.js';
import { DemoProcess } from './demo-process.js';
import { PASSWORD, SECRET } from './test-app.js';

export interface Tokens {
  access: string;
  refresh: string;
}

/** Several processes of the built demo on one PostgreSQL, and a balancer that sends each call to the next one. */
export class Cluster {
  private next = 0;

  private constructor(
    readonly nodes: readonly DemoProcess[],
    private readonly prepared: TestDatabase,
  ) {}

  /** @param env for each node, on top of what all have; `DATABASE_URL` for one behind a gate */
  static async start(envs: readonly Record<string, string>[]): Promise<Cluster> {
    const prepared = await prepareDatabase('postgres', []);
    const { url, schema } = prepared.options as { url: string; schema: string };
    const common = {
      AUTHKIT_SECRET: SECRET,
      AUTHKIT_BASE_URL: 'http://localhost:3000',
      DATABASE_URL: url,
      DATABASE_SCHEMA: schema,
    };
    // The first makes the tables.
    const first = await DemoProcess.start({ ...common, ...envs[0] });
    const others = await Promise.all(envs.slice(1).map((env) => DemoProcess.start({ ...common, ...env })));
    return new Cluster([first, ...others], prepared);
  }

  get clients(): Client[] {
    return this.nodes.map(({ client }) => client);
  }

  post(path: string, body?: unknown, options?: CallOptions): Promise<Reply> {
    return this.balanced().post(path, body, options);
  }

  get(path: string, options?: CallOptions): Promise<Reply> {
    return this.balanced().get(path, options);
  }

  /** Registers on one node, signs in on the next. */
  async signUp(email: string): Promise<Tokens> {
    const reply = await this.post('/auth/register', { email, password: PASSWORD, fullName: 'Ada' });
    if (reply.status !== 201) throw new Error(`registering was answered ${reply.status}: ${reply.text}`);
    return this.signIn(email);
  }

  async signIn(email: string, password = PASSWORD): Promise<Tokens> {
    return tokensOf(await this.post('/auth/login', { identifier: email, password }));
  }

  /** The admin whom the first node has made. */
  signInAdmin(): Promise<Tokens> {
    const [, email, password] = /e-mail +(\S+)\n +password +(\S+)/.exec(this.nodes[0].output)!;
    return this.signIn(email, password);
  }

  async refresh(refreshToken: string): Promise<Tokens> {
    return tokensOf(await this.post('/auth/refresh', { refreshToken }));
  }

  /** Ends all nodes as an operator would, and removes their tables; the exit codes. */
  async stop(): Promise<(number | null)[]> {
    const codes = await Promise.all(this.nodes.map((node) => node.stop('SIGTERM')));
    await this.prepared.drop();
    return codes;
  }

  private balanced(): Client {
    return this.nodes[this.next++ % this.nodes.length].client;
  }
}

/** What a client keeps of a login or a refresh. */
export function tokensOf({ status, body, text }: Reply): Tokens {
  if (status !== 200) throw new Error(`it was answered ${status}: ${text}`);
  return { access: body.access_token as string, refresh: body.refresh_token as string };
}
