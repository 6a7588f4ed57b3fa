export { SessionSockets, type SocketInfo, type SocketOwner } from './session-sockets.js';
export type { SocketLimits, WebSocketOptions } from './websocket-options.js';
export { webSockets } from './websocket.feature.js';
