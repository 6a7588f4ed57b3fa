import { request, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { INestApplication } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { WebSocket, type ClientOptions } from 'ws';

export type Platform = 'ws' | 'socket.io';
export const PLATFORMS: readonly Platform[] = ['ws', 'socket.io'];

/** Makes an app serve its gateways by this platform. */
export function servesBy(platform: Platform): (app: INestApplication) => void {
  return (app) => void app.useWebSocketAdapter(platform === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
}

/** How a socket ended: the problem it was told, and the close code (ws) or reason (socket.io). */
export interface End {
  problem: any;
  by: number | string;
}

/** A client of either platform that keeps what it hears until it is asked for. */
export class Peer {
  private readonly heard: { event: string; data: any }[] = [];
  private readonly waiting: { event: string; resolve: (data: any) => void }[] = [];
  readonly ended: Promise<End>;
  private problem: unknown;
  private end!: (end: End) => void;

  constructor(
    readonly emit: (event: string, data?: unknown) => void,
    readonly close: () => void,
    /** The platform's own client. */
    readonly raw: WebSocket | Socket,
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  hear(event: string, data: unknown): void {
    if (event === 'disconnected') this.problem = data;
    const at = this.waiting.findIndex((one) => one.event === event);
    if (at >= 0) this.waiting.splice(at, 1)[0].resolve(data);
    else this.heard.push({ event, data });
  }

  over(by: number | string): void {
    this.end({ problem: this.problem, by });
  }

  /** The next event of this name, or one that came before. */
  next(event: string): Promise<any> {
    const at = this.heard.findIndex((one) => one.event === event);
    if (at >= 0) return Promise.resolve(this.heard.splice(at, 1)[0].data);
    return new Promise((resolve) => this.waiting.push({ event, resolve }));
  }

  ask(event: string, data?: unknown, reply = event): Promise<any> {
    this.emit(event, data);
    return this.next(reply);
  }

  /** The problem a message is answered with. */
  refusalOf(event: string, data?: unknown): Promise<any> {
    return this.ask(event, data, 'exception');
  }
}

/** The WebSocket that a client of either platform reads from. */
export function webSocketOf({ raw }: Peer): WebSocket {
  return raw instanceof WebSocket ? raw : (raw.io.engine.transport as unknown as { ws: WebSocket }).ws;
}

export interface PeerOptions {
  token?: string;
  headers?: Record<string, string>;
  /** With `ws`. */
  protocols?: string[];
  query?: string;
  /** With `socket.io`. */
  auth?: Record<string, unknown>;
  transports?: ('polling' | 'websocket')[];
}

/** Connects and waits until it is in; rejects with what the platform's client says. */
export async function connectPeer(
  platform: Platform,
  port: number,
  room: string,
  options: PeerOptions = {},
): Promise<Peer> {
  const headers = { ...(options.token && { authorization: `Bearer ${options.token}` }), ...options.headers };
  return platform === 'ws' ? connectWs(port, room, headers, options) : connectIo(port, room, headers, options);
}

async function connectWs(port: number, room: string, headers: ClientOptions['headers'], options: PeerOptions) {
  const url = `ws://127.0.0.1:${port}/${room}${options.query ?? ''}`;
  const socket = new WebSocket(url, options.protocols ?? [], { headers });
  const emit = (event: string, data?: unknown) => socket.send(JSON.stringify({ event, data }));
  const peer = new Peer(emit, () => socket.close(), socket);
  socket.on('message', (raw: Buffer) => {
    const { event, data } = JSON.parse(raw.toString()) as { event: string; data: unknown };
    peer.hear(event, data);
  });
  socket.on('close', (code) => peer.over(code));
  await once(socket, 'open');
  socket.on('error', () => undefined);
  return peer;
}

async function connectIo(port: number, room: string, extraHeaders: Record<string, string>, options: PeerOptions) {
  const settings: Partial<ManagerOptions & SocketOptions> = {
    transports: options.transports ?? ['websocket'],
    extraHeaders,
    auth: options.auth,
    query: Object.fromEntries(new URLSearchParams(options.query)),
    reconnection: false,
    forceNew: true,
  };
  const socket = io(`http://127.0.0.1:${port}/${room}`, settings);
  const peer = new Peer(
    (event, data) => void socket.emit(event, data),
    () => void socket.disconnect(),
    socket,
  );
  socket.onAny((event: string, data: unknown) => peer.hear(event, data));
  socket.on('disconnect', (reason) => peer.over(reason));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error) => {
      socket.disconnect();
      reject(error);
    });
  });
  return peer;
}

export interface Handshake {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  body: any;
}

/** One raw handshake: the status and what comes with it, 101 or not; nothing is kept open. */
export function handshake(
  port: number,
  path: string,
  headers: Record<string, string | string[]> = {},
): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    });
    outgoing.on('upgrade', ({ statusCode = 0, headers: given }, socket) => {
      socket.destroy();
      resolve({ status: statusCode, headers: given, text: '', body: null });
    });
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const body = text.startsWith('{') ? (JSON.parse(text) as unknown) : null;
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** Where a platform's handshake goes. */
export function handshakePath(platform: Platform, room: string, query = ''): string {
  return platform === 'ws'
    ? `/${room}${query && `?${query}`}`
    : `/socket.io/?EIO=4&transport=websocket${query && `&${query}`}`;
}
