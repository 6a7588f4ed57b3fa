import { Inject, Injectable } from '@nestjs/common';
import { AuthKitGuard } from '../access/authkit.guard.js';
import { Clock } from '../kernel/clock.js';
import type { Door } from './gateways.js';
import { FAREWELL_MS, LiveSocket, type SocketLine } from './live-socket.js';
import { LiveSockets } from './live-sockets.js';
import { keepGuard } from './socket-guards.js';
import { SocketLife } from './socket-life.js';
import { SocketMessages } from './socket-messages.js';
import type { WsClient, WsServer } from './socket-platforms.js';
import { answerUpgrade, UpgradeGate } from './upgrade-gate.js';
import { WEBSOCKET_OPTIONS, type ResolvedWebSocketOptions } from './websocket-options.js';

const OPEN = 1;
const POLICY_VIOLATION = 1008;

/** Stands in the server's own `handleUpgrade`, which every WebSocket of the package `ws` goes through, whoever calls it. */
@Injectable()
export class WsDoor {
  constructor(
    private readonly gate: UpgradeGate,
    private readonly sockets: LiveSockets,
    private readonly life: SocketLife,
    private readonly messages: SocketMessages,
    private readonly guard: AuthKitGuard,
    private readonly clock: Clock,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {}

  attach(server: WsServer, door: Door): void {
    const upgrade = server.handleUpgrade.bind(server);
    server.handleUpgrade = (request, connection, head, done) => {
      this.gate.pass(request, connection, door, {
        enter: ({ proof }) => {
          const socket = new LiveSocket(request, proof, this.clock.now());
          // Before the upgrade, so that of many at once no more get in than may.
          this.sockets.add(socket);
          connection.once('close', () => this.sockets.remove(socket));
          upgrade(request, connection, head, (client) => {
            this.bind(client, socket);
            done(client, request);
          });
        },
        refuse: (error) => {
          if (this.options.failure === 'refuse') return answerUpgrade(connection, error);
          upgrade(request, connection, head, (client) => {
            client.on('error', () => undefined);
            new WsLine(client).send('disconnected', error.problem);
            hangUp(client, POLICY_VIOLATION, error.code);
          });
        },
      });
    };
  }

  private bind(client: WsClient, socket: LiveSocket): void {
    const line = new WsLine(client);
    socket.bind(client, line);
    keepGuard(client, this.guard);
    const emit = client.emit.bind(client);
    client.emit = (event, ...args) => {
      if (event === 'message') return this.messages.admitsText(socket, args[0]) && emit(event, ...args);
      // Before Nest 12 its filter emits errors here, where no client hears them.
      if (event === 'exception') line.send('exception', args[0]);
      return emit(event, ...args);
    };
    this.life.begin(socket);
  }
}

class WsLine implements SocketLine {
  constructor(private readonly client: WsClient) {}

  get buffered(): number {
    return this.client.bufferedAmount;
  }

  send(event: string, data: unknown): void {
    if (this.client.readyState === OPEN) this.client.send(JSON.stringify({ event, data }), () => undefined);
  }

  close(code: number, reason: string): void {
    hangUp(this.client, code, reason);
  }
}

function hangUp(client: WsClient, code: number, reason: string): void {
  client.close(code, reason);
  const timer = setTimeout(() => client.terminate(), FAREWELL_MS);
  timer.unref();
  client.once('close', () => clearTimeout(timer));
}
