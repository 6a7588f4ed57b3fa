import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A stretch of network between a node and a server, for a test to cut. */
export class TcpGate {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private mode: 'open' | 'cut' | 'silent' = 'open';

  private constructor(
    private readonly server: Server,
    private readonly original: URL,
  ) {}

  static async before(url: string, defaultPort: number): Promise<TcpGate> {
    const original = new URL(url);
    const server = createServer();
    const gate = new TcpGate(server, original);
    server.on('connection', (near) => gate.join(near, Number(original.port || defaultPort)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  /** The server's URL by way of this gate. */
  get url(): string {
    const url = new URL(this.original);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Ends every connection and lets none through, as if the server were down. */
  cut(): void {
    this.mode = 'cut';
    for (const pair of this.pairs) pair.forEach((socket) => socket.destroy());
  }

  /** Carries nothing any more and tells nobody, as a network that is split. */
  silence(): void {
    this.mode = 'silent';
    for (const pair of this.pairs) this.mute(pair);
  }

  /** Lets new connections through; those that were cut or silenced stay so. */
  heal(): void {
    this.mode = 'open';
  }

  close(): void {
    this.cut();
    this.server.close();
  }

  private join(near: Socket, port: number): void {
    near.on('error', () => undefined);
    if (this.mode === 'cut') return void near.destroy();
    const far = connect(port, this.original.hostname).on('error', () => near.destroy());
    const pair = [near, far] as const;
    this.pairs.add(pair);
    for (const socket of pair) socket.on('close', () => this.part(pair));
    near.pipe(far);
    far.pipe(near);
    if (this.mode === 'silent') this.mute(pair);
  }

  private mute(pair: readonly [Socket, Socket]): void {
    for (const socket of pair) socket.unpipe().resume();
  }

  private part(pair: readonly [Socket, Socket]): void {
    this.pairs.delete(pair);
    pair.forEach((socket) => socket.destroy());
  }
}
