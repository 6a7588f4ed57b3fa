import { RevocationBus, type BusLine } from '../bus/revocation-bus.js';

/** The part of a Redis client that is used; those of the packages `ioredis` and `redis` (or `@redis/client`) have it. */
export interface RedisBusClient {
  /** Makes another client with the same options but for these. */
  duplicate(overrides?: object): unknown;
  publish(channel: string, message: string): unknown;
}

export interface RedisBusOptions {
  /** A client of `ioredis`, or of `redis` (node-redis 4 or later). The kit never closes it; it listens on one of its own. */
  client: RedisBusClient;
}

type Subscriber = IoredisSubscriber | NodeRedisSubscriber;
interface Connected {
  connect(): Promise<unknown>;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
}
interface IoredisSubscriber extends Connected {
  subscribe(channel: string): Promise<unknown>;
  disconnect(): void;
}
interface NodeRedisSubscriber extends Connected {
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  destroy(): void;
  readonly isOpen: boolean;
}

class RedisBus extends RevocationBus {
  private channel = '';
  private subscriber?: Subscriber;

  constructor(private readonly client: RedisBusClient) {
    super();
  }

  override async open({ channel, receive, lost }: BusLine): Promise<void> {
    this.channel = channel;
    const subscriber = (this.subscriber = this.anotherClient());
    subscriber.on('error', lost);
    // ioredis calls it close, node-redis end.
    for (const event of ['close', 'end']) subscriber.on(event, () => lost('the connection has ended'));
    if (isIoredis(subscriber)) subscriber.on('message', (_channel, message) => receive(String(message)));
    await subscriber.connect();
    await subscriber.subscribe(channel, receive);
  }

  override async publish(message: string): Promise<void> {
    await this.client.publish(this.channel, message);
  }

  override close(): void {
    const { subscriber } = this;
    this.subscriber = undefined;
    if (!subscriber) return;
    if (isIoredis(subscriber)) subscriber.disconnect();
    else if (subscriber.isOpen) subscriber.destroy();
  }

  /** One that gives up at once: only then is it known that messages were missed. */
  private anotherClient(): Subscriber {
    const { client } = this;
    if ('defineCommand' in client) {
      return client.duplicate({ lazyConnect: true, retryStrategy: () => null }) as IoredisSubscriber;
    }
    const { options } = client as { options?: { socket?: object } };
    return client.duplicate({ socket: { ...options?.socket, reconnectStrategy: false } }) as NodeRedisSubscriber;
  }
}

const isIoredis = (client: object): client is IoredisSubscriber => 'defineCommand' in client;

/** The option `bus` of an app whose nodes tell each other by Redis' publish and subscribe. Nothing is stored in Redis. */
export function redisBus({ client }: RedisBusOptions): RevocationBus {
  return new RedisBus(client);
}
