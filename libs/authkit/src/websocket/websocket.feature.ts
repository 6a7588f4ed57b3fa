import type { DataSource } from 'typeorm';
import type { AuthKitFeature } from '../features/feature.js';
import { AUTH_DATA_SOURCE } from '../options/tokens.js';
import { Gateways } from './gateways.js';
import { IoDoor } from './io-door.js';
import { LiveSockets } from './live-sockets.js';
import { MemoryTicketStore } from './memory-ticket.store.js';
import { PendingAddresses } from './pending-addresses.js';
import { SessionSockets } from './session-sockets.js';
import { SocketCallReader } from './socket-call.reader.js';
import { SocketContexts } from './socket-contexts.js';
import { SocketCredentials } from './socket-credentials.js';
import { SocketLife } from './socket-life.js';
import { SocketMessages } from './socket-messages.js';
import { SocketServers } from './socket-servers.js';
import { TicketStore } from './ticket.store.js';
import { TypeOrmTicketStore } from './typeorm-ticket.store.js';
import { UpgradeGate } from './upgrade-gate.js';
import { resolveWebSocketOptions, WEBSOCKET_OPTIONS, type WebSocketOptions } from './websocket-options.js';
import { WsDoor } from './ws-door.js';
import { wsTicketController } from './ws-ticket.controller.js';
import { AuthWsTicket } from './ws-ticket.entity.js';
import { wsTicketsMigration } from './ws-tickets.migration.js';
import { WsTickets } from './ws-tickets.js';

/**
 * Guards every gateway of the app, on socket.io and on ws: connections before they are made, messages by the rules of
 * their handlers, and both for as long as the session lives. Throws AuthKitConfigError for an option that is not valid.
 */
export function webSockets(options: WebSocketOptions = {}): AuthKitFeature {
  return {
    name: 'websocket',
    defaultPath: 'auth/ws-ticket',
    entities: [AuthWsTicket],
    migrations: (userEntity) => [wsTicketsMigration(userEntity)],
    providers: [
      { provide: WEBSOCKET_OPTIONS, useValue: resolveWebSocketOptions(options) },
      {
        provide: TicketStore,
        inject: [{ token: AUTH_DATA_SOURCE, optional: true }],
        useFactory: (source?: DataSource) => (source ? new TypeOrmTicketStore(source) : new MemoryTicketStore()),
      },
      ...[Gateways, SocketServers, UpgradeGate, WsDoor, IoDoor, PendingAddresses],
      ...[SocketContexts, SocketCredentials, SocketMessages, WsTickets],
      ...[LiveSockets, SocketLife, SessionSockets],
    ],
    exports: [SessionSockets],
    controllers: (path) => [wsTicketController(path)],
    callReader: SocketCallReader,
  };
}
