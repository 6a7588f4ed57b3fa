import { Injectable } from '@nestjs/common';

/** The least that a client of socket.io or of ws is. */
export interface ChatClient {
  emit(event: string, data: unknown): unknown;
  send?(text: string): unknown;
  readyState?: number;
}

/** Who is in which room, on either platform; those of this process. */
@Injectable()
export class Rooms {
  private readonly everybody = new Set<ChatClient>();
  private readonly rooms = new Map<string, Set<ChatClient>>();

  enter(client: ChatClient): void {
    this.everybody.add(client);
  }

  join(room: string, client: ChatClient): void {
    this.rooms.set(room, (this.rooms.get(room) ?? new Set()).add(client));
  }

  has(room: string, client: ChatClient): boolean {
    return this.rooms.get(room)?.has(client) ?? false;
  }

  leave(client: ChatClient): void {
    this.everybody.delete(client);
    for (const [room, clients] of this.rooms) {
      clients.delete(client);
      if (clients.size === 0) this.rooms.delete(room);
    }
  }

  /** To everybody in the room; without a room to all. */
  send(event: string, data: unknown, room?: string): void {
    const clients = room === undefined ? this.everybody : (this.rooms.get(room) ?? []);
    for (const client of clients) deliver(client, event, data);
  }
}

function deliver(client: ChatClient, event: string, data: unknown): void {
  // Of the two only a native WebSocket has a state by number; its emit() would stay in this process.
  if (client.readyState === undefined) client.emit(event, data);
  else client.send?.(JSON.stringify({ event, data }));
}
