import type { DataSource } from 'typeorm';
import { RevocationBus, type BusLine } from '../../bus/revocation-bus.js';
import { AuthKitConfigError } from '../../kernel/errors.js';
import { TypeOrmUnitOfWork } from './typeorm-unit-of-work.js';

export interface PostgresBusOptions {
  /** Where to listen, when the DataSource goes through a pooler that cannot (PgBouncer). @default the DataSource's server */
  url?: string;
}

/** The part of the package `pg` that is used; TypeORM's driver has loaded it. */
interface PgClient {
  connect(): Promise<unknown>;
  query(sql: string): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'notification', listener: (message: { payload?: string }) => void): unknown;
  on(event: 'error' | 'end', listener: (cause?: unknown) => void): unknown;
}
interface PgDriver {
  postgres: { Client: new (config: object) => PgClient };
  master: { options: object };
}

class PostgresBus extends RevocationBus {
  private client?: PgClient;
  private source?: DataSource;
  private channel = '';

  constructor(private readonly url: string | undefined) {
    super();
  }

  override async open({ channel, source, receive, lost }: BusLine): Promise<void> {
    this.source = assertPostgres(source);
    this.channel = channel;
    const { postgres, master } = this.source.driver as unknown as PgDriver;
    const client = new postgres.Client(this.url === undefined ? master.options : { connectionString: this.url });
    this.client = client;
    client.on('error', lost);
    client.on('end', () => lost('the connection has ended'));
    client.on('notification', ({ payload }) => receive(payload ?? ''));
    await client.connect();
    await client.query(`LISTEN "${channel}"`);
  }

  /** In the transaction under way, if there is one: it goes out when that is committed, and not at all else. */
  override async publish(message: string): Promise<void> {
    const unit = new TypeOrmUnitOfWork(this.source!);
    await unit.statement((on) => on.query('SELECT pg_notify($1, $2)', [this.channel, message]));
  }

  override async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end();
  }
}

/**
 * The option `bus` of an app on PostgreSQL: LISTEN on a connection of its own (one more than the pool has), NOTIFY on the
 * one of the change. No further server is needed.
 */
export function postgresBus(options: PostgresBusOptions = {}): RevocationBus {
  return new PostgresBus(options.url);
}

function assertPostgres(source: object | null): DataSource {
  const one = source as DataSource | null;
  if (one?.options.type === 'postgres') return one;
  throw new AuthKitConfigError(
    'bus',
    'postgresBus() needs a DataSource on PostgreSQL, and there is none',
    'Use redisBus() of nest-authkit/redis, or leave it out: the change feed carries revocations.',
  );
}
