import { UseFilters, type Type } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import { CurrentPrincipal, Roles, type Principal } from 'nest-authkit';
import type { Sockets } from '../demo-config.js';
import { BadMessageFilter } from './bad-message.filter.js';
import { BroadcastDto, JoinDto, MessageDto } from './chat.dto.js';
import { Rooms, type ChatClient } from './rooms.js';

/** A chat: namespace `/chat` of socket.io, or path `/chat` with ws. For users who are signed in, as nothing else is said. */
export function chatGateway(sockets: Sockets): Type<object> {
  @WebSocketGateway(sockets === 'ws' ? { path: '/chat' } : { namespace: '/chat' })
  @UseFilters(BadMessageFilter)
  class ChatGateway implements OnGatewayConnection<ChatClient>, OnGatewayDisconnect<ChatClient> {
    constructor(private readonly rooms: Rooms) {}

    handleConnection(client: ChatClient): void {
      this.rooms.enter(client);
    }

    handleDisconnect(client: ChatClient): void {
      this.rooms.leave(client);
    }

    @SubscribeMessage('whoami')
    whoami(@CurrentPrincipal() { id, roles }: Principal) {
      return { event: 'whoami', data: { id, roles } };
    }

    @SubscribeMessage('join')
    join(@ConnectedSocket() client: ChatClient, @MessageBody() { room }: JoinDto) {
      this.rooms.join(room, client);
      return { event: 'joined', data: { room } };
    }

    @SubscribeMessage('message')
    message(
      @ConnectedSocket() client: ChatClient,
      @CurrentPrincipal() { id }: Principal,
      @MessageBody() { room, text }: MessageDto,
    ): void {
      if (!this.rooms.has(room, client)) throw new WsException({ status: 403, message: 'Join the room first.' });
      this.rooms.send('message', { room, text, from: id }, room);
    }

    @SubscribeMessage('broadcast')
    @Roles('admin')
    broadcast(@CurrentPrincipal() { id }: Principal, @MessageBody() { text }: BroadcastDto): void {
      this.rooms.send('broadcast', { text, from: id });
    }
  }
  return ChatGateway;
}
