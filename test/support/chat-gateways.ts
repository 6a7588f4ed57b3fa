import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  Authenticated,
  AuthKitError,
  CurrentPrincipal,
  CurrentUser,
  Permissions,
  Public,
  RequestContext,
  RequireFresh,
  Roles,
  type Principal,
} from 'nest-authkit';
import type { Platform } from './socket-peers.js';
import type { User } from './test-user.entity.js';

/** Gateways of a host, with a rule of each kind: a guarded room `chat`, and a public one, `lobby`. */
export function chatGateways(platform: Platform, port = 0, options: object = {}) {
  const at = (room: string) => ({
    ...(platform === 'ws' ? { path: `/${room}` } : { namespace: `/${room}` }),
    ...options,
  });

  @WebSocketGateway(port, at('chat'))
  class ChatGateway {
    static readonly connected: unknown[] = [];

    handleConnection(client: unknown): void {
      ChatGateway.connected.push(client);
    }

    @SubscribeMessage('whoami')
    whoami(@CurrentPrincipal() { id, roles, sessionId }: Principal) {
      return { event: 'whoami', data: { id, roles, sessionId, requestId: RequestContext.current()?.requestId } };
    }

    @SubscribeMessage('me')
    me(@CurrentUser() user: User) {
      return { event: 'me', data: { email: user.email } };
    }

    @SubscribeMessage('admin')
    @Roles('admin')
    admin(@MessageBody() data: unknown) {
      return { event: 'admin', data };
    }

    @SubscribeMessage('write')
    @Permissions('posts:write')
    write() {
      return { event: 'write', data: true };
    }

    @SubscribeMessage('fresh')
    @RequireFresh('10m')
    fresh() {
      return { event: 'fresh', data: true };
    }

    @SubscribeMessage('fail')
    fail() {
      throw new AuthKitError('conflict', { detail: 'The room is full.' });
    }
  }

  @WebSocketGateway(port, at('lobby'))
  @Public()
  class LobbyGateway {
    static heard = 0;

    @SubscribeMessage('hello')
    hello(@ConnectedSocket() client: unknown) {
      LobbyGateway.heard += 1;
      return { event: 'hello', data: client !== undefined };
    }

    @SubscribeMessage('staff')
    @Roles('admin')
    staff() {
      return { event: 'staff', data: true };
    }

    @SubscribeMessage('maybe')
    @Authenticated({ optional: true })
    maybe(@CurrentPrincipal() principal: Principal | null) {
      return { event: 'maybe', data: principal?.id ?? null };
    }
  }
  return { ChatGateway, LobbyGateway, providers: [ChatGateway, LobbyGateway] };
}
