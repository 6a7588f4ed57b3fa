import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { AuthKitGuard } from '../access/authkit.guard.js';
import { Clock } from '../kernel/clock.js';
import { AuthKitConfigError, AuthKitError } from '../kernel/errors.js';
import type { Door } from './gateways.js';
import { FAREWELL_MS, LiveSocket, type Proof, type SocketLine } from './live-socket.js';
import { LiveSockets } from './live-sockets.js';
import { PendingAddresses } from './pending-addresses.js';
import { SocketCredentials, type Visitor } from './socket-credentials.js';
import { keepGuard } from './socket-guards.js';
import { SocketLife } from './socket-life.js';
import { SocketMessages } from './socket-messages.js';
import type {
  EngineConnection,
  EngineRequest,
  EngineServer,
  IoNamespace,
  IoServer,
  IoSocket,
} from './socket-platforms.js';
import { answerRequest, answerUpgrade, UpgradeGate } from './upgrade-gate.js';
import { WEBSOCKET_OPTIONS, type ResolvedWebSocketOptions } from './websocket-options.js';

/** To enter namespaces, by one connection. */
const MAX_ATTEMPTS = 100;

/** Of a handshake that was refused, and accepted only to say so. */
interface Refused {
  readonly refusal: AuthKitError;
}

/**
 * Stands before both ways into socket.io, polling and upgrade, and again before each namespace, where `auth.token` is
 * first seen. A connection that exists may go on whatever its requests carry: it lives with its session.
 */
@Injectable()
export class IoDoor {
  private readonly visitors = new WeakMap<IncomingMessage, Visitor | Refused>();
  private readonly guarded = new WeakSet<IoNamespace>();
  private readonly entered = new WeakSet<IoSocket>();

  constructor(
    private readonly gate: UpgradeGate,
    private readonly credentials: SocketCredentials,
    private readonly pending: PendingAddresses,
    private readonly sockets: LiveSockets,
    private readonly life: SocketLife,
    private readonly messages: SocketMessages,
    private readonly guard: AuthKitGuard,
    private readonly clock: Clock,
    @Inject(WEBSOCKET_OPTIONS) private readonly options: ResolvedWebSocketOptions,
  ) {}

  /** `made`: what Nest gets, the server or one of its namespaces. */
  attach(server: IoServer, door: Door): void {
    const { engine } = server;
    const door1 = { isOpen: () => this.options.socketIo.authToken || door.isOpen() };
    this.guardUpgrades(engine, door1);
    this.guardRequests(engine, door1);
    engine.on('connection', (connection) => {
      limitAttempts(connection);
      const visitor = this.visitors.get(connection.request);
      if (visitor && !('refusal' in visitor) && !visitor.proof) this.pending.hold(connection);
    });
    if (server.opts?.connectionStateRecovery) {
      throw new AuthKitConfigError(
        'connectionStateRecovery',
        'a client that comes back would get its rooms and what it has missed before anybody asks who it is now',
        'Leave it out, and let clients ask for what they have missed.',
      );
    }
    this.guardNamespace(server.sockets, door);
    server.on('new_namespace', (namespace) => this.guardNamespace(namespace, door));
  }

  guardNamespace(namespace: IoNamespace, door: Door): void {
    if (this.guarded.has(namespace)) return;
    this.guarded.add(namespace);
    namespace.use((client, next) => {
      // A namespace that a RegExp has made runs its parent's middleware as well as its own.
      if (this.entered.has(client)) return next();
      this.enter(client, door.isOpen(client.nsp.name)).then(
        () => {
          this.entered.add(client);
          next();
        },
        (error: unknown) => {
          const { problem } = this.gate.refusalOf(error, client.request);
          next(Object.assign(new Error(problem.title), { data: problem }));
        },
      );
    });
  }

  private guardUpgrades(engine: EngineServer, door: Pick<Door, 'isOpen'>): void {
    const upgrade = engine.handleUpgrade.bind(engine);
    engine.handleUpgrade = (request, connection, head) => {
      if (isOfConnection(engine, request)) return upgrade(request, connection, head);
      this.gate.pass(request, connection, door, {
        enter: (visitor) => {
          this.admit(request, visitor);
          upgrade(request, connection, head);
        },
        refuse: (refusal) => {
          if (this.options.failure === 'refuse') return answerUpgrade(connection, refusal);
          this.visitors.set(request, { refusal });
          upgrade(request, connection, head);
        },
      });
    };
  }

  private guardRequests(engine: EngineServer, door: Pick<Door, 'isOpen'>): void {
    engine.use((request, response, next) => {
      if (this.visitors.has(request) || isOfConnection(engine, request)) return next();
      this.gate
        .judge(request, door)
        .then((visitor) => this.admit(request, visitor))
        .catch((error: unknown) => {
          const refusal = this.gate.refusalOf(error, request);
          if (this.options.failure === 'refuse') throw refusal;
          this.visitors.set(request, { refusal });
        })
        .then(
          () => {
            // Parsed before the ticket was taken out.
            delete request._query?.['ticket'];
            next();
          },
          (refusal: AuthKitError) => answerRequest(response, refusal),
        );
    });
  }

  private admit(request: IncomingMessage, visitor: Visitor): void {
    if (!visitor.proof) this.pending.assertRoom(request);
    this.visitors.set(request, visitor);
  }

  private async enter(client: IoSocket, isOpen: boolean): Promise<void> {
    const { conn } = client.client;
    const visitor = this.visitors.get(client.request) ?? { proof: null, isFinal: false };
    if ('refusal' in visitor) throw visitor.refusal;
    const proof = await this.proofOf(client, visitor);
    if (!proof && !isOpen)
      throw new AuthKitError('authentication_required', { reason: 'no credential, nor auth.token' });
    if (proof) await this.credentials.assertHolds(proof);
    if (conn.readyState !== 'open') throw new AuthKitError('unavailable', { reason: 'the client has gone' });
    const socket = new LiveSocket(client.request, proof, this.clock.now());
    this.sockets.add(socket);
    conn.once('close', () => this.sockets.remove(socket));
    client.once('disconnect', () => this.sockets.remove(socket));
    this.pending.release(conn);
    socket.bind(client, new IoLine(client));
    keepGuard(client, this.guard);
    client.use((packet, next) => {
      if (this.messages.admitsEvent(socket, packet)) next();
    });
    this.life.begin(socket);
  }

  private async proofOf(client: IoSocket, { proof, isFinal }: Visitor): Promise<Proof | null> {
    const { auth } = client.handshake;
    const { token } = auth;
    // The app, and what logs handshakes, need not see it.
    delete auth['token'];
    if (isFinal || token === undefined) return proof;
    if (typeof token !== 'string') throw new AuthKitError('token_invalid', { reason: 'auth.token is no text' });
    return this.credentials.ofToken(client.request, token);
  }
}

class IoLine implements SocketLine {
  constructor(private readonly client: IoSocket) {}

  get buffered(): number {
    const { writeBuffer, transport } = this.client.client.conn;
    // Characters of a text: to count its bytes would be to read all of it, each time.
    const queued = writeBuffer.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
    return queued + (transport.socket?.bufferedAmount ?? 0);
  }

  send(event: string, data: unknown): void {
    this.client.emit(event, data);
  }

  close(): void {
    const { conn, sockets } = this.client.client;
    // One that is still entering cannot be disconnected, and would be connected after all.
    const wasConnected = this.client.connected;
    this.client.disconnect();
    if (wasConnected && sockets.size > 0) return;
    const { socket } = conn.transport;
    conn.close();
    // What is below waits for the client to read what was sent, long after engine.io is done with it.
    const timer = setTimeout(() => (socket ? socket.terminate() : conn.close(true)), FAREWELL_MS);
    timer.unref();
    (socket ?? conn).once('close', () => clearTimeout(timer));
  }
}

/** Each attempt may make a namespace, before any middleware is asked. */
function limitAttempts(connection: EngineConnection): void {
  let attempts = 0;
  connection.on('packet', ({ type, data }) => {
    // What socket.io reads as CONNECT.
    if (type === 'message' && typeof data === 'string' && data.startsWith('0')) attempts += 1;
    if (attempts > MAX_ATTEMPTS) connection.close(true);
  });
}

/** Whether the request is one of a connection that was let in; its id is a secret of the client's. */
function isOfConnection(engine: EngineServer, { url = '' }: EngineRequest): boolean {
  const ids = new URLSearchParams(url.split('?', 2)[1] ?? '').getAll('sid');
  return ids.length === 1 && Object.hasOwn(engine.clients, ids[0]);
}
