import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface SocketOptions {
  /** Of `connection_init`. */
  params?: Record<string, unknown>;
  /** Of the handshake. */
  headers?: Record<string, string>;
}

/** One operation, and the data it was answered with. */
interface Operation {
  readonly values: unknown[];
  /** The next value, error codes or the end of the operation. */
  next(): Promise<unknown>;
}

/** A GraphQL client on a real WebSocket. */
export class GraphqlSocket {
  /** Resolves to code and reason, once the server has closed it. */
  readonly closed: Promise<string>;
  /** Resolves to `connected`, or to why not. */
  readonly opened: Promise<string>;
  private readonly client: Client;

  constructor(port: number, { params, headers }: SocketOptions = {}) {
    class WithHeaders extends WebSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols, { headers });
      }
    }
    this.client = createClient({
      ...{ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: WithHeaders, connectionParams: params },
      ...{ lazy: false, retryAttempts: 0, onNonLazyError: () => undefined },
    });
    this.closed = new Promise((resolve) => {
      this.client.on('closed', (event) => {
        const { code, reason } = event as { code: number; reason: string };
        resolve(`${code} ${reason}`);
      });
    });
    const connected = new Promise<string>((resolve) => this.client.on('connected', () => resolve('connected')));
    this.opened = Promise.race([connected, this.closed]);
  }

  run(query: string): Operation {
    const values: unknown[] = [];
    const heard: unknown[] = [];
    const waiting: ((what: unknown) => void)[] = [];
    const tell = (what: unknown) => {
      const waiter = waiting.shift();
      if (waiter) waiter(what);
      else heard.push(what);
    };
    const failed = (errors: readonly { extensions?: Record<string, unknown> }[]) => {
      tell(errors.map(({ extensions }) => extensions?.['code']));
    };
    this.client.subscribe(
      { query },
      {
        next: ({ data, errors }) => {
          if (errors) return failed(errors);
          values.push(data);
          tell(data);
        },
        error: (error) =>
          Array.isArray(error) ? failed(error as { extensions?: Record<string, unknown> }[]) : tell('lost'),
        complete: () => tell('complete'),
      },
    );
    const next = () =>
      heard.length > 0 ? Promise.resolve(heard.shift()) : new Promise((resolve) => waiting.push(resolve));
    return { values, next };
  }

  close(): void {
    void this.client.dispose();
  }
}

/** Messages of the graphql-ws protocol as they are, for what a client would not send. */
export class RawSocket {
  readonly opened: Promise<void>;
  readonly closed: Promise<string>;
  private readonly socket: WebSocket;
  private readonly heard: unknown[] = [];
  private readonly waiting: ((message: unknown) => void)[] = [];

  constructor(port: number) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    this.opened = new Promise((resolve) => this.socket.once('open', resolve));
    this.closed = new Promise((resolve) =>
      this.socket.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`)),
    );
    this.socket.on('message', (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString());
      const waiter = this.waiting.shift();
      if (waiter) waiter(message);
      else this.heard.push(message);
    });
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  next(): Promise<unknown> {
    if (this.heard.length > 0) return Promise.resolve(this.heard.shift());
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
