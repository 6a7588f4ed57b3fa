import { Module, type DynamicModule } from '@nestjs/common';
import type { Sockets } from '../demo-config.js';
import { ChatController } from './chat.controller.js';
import { chatGateway } from './chat.gateway.js';
import { Rooms } from './rooms.js';

@Module({})
export class ChatModule {
  static with(sockets: Sockets): DynamicModule {
    return { module: ChatModule, controllers: [ChatController], providers: [Rooms, chatGateway(sockets)] };
  }
}
