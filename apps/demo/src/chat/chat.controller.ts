import { Controller } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { ApiTags } from '@nestjs/swagger';
import type { DemoConfig } from '../demo-config.js';
import { CHAT_SCRIPT, chatPage } from '../site/chat-page.js';
import { PublicFile, PublicPage } from '../site/page.js';

@ApiTags('home')
@Controller()
export class ChatController {
  constructor(private readonly config: ConfigService<DemoConfig, true>) {}

  @PublicPage('chat', 'A page to try the chat; the chat itself is for those who are signed in')
  page(): string {
    return chatPage(this.config.get('sockets', { infer: true }));
  }

  @PublicFile('chat.js', 'text/javascript; charset=utf-8')
  script(): string {
    return CHAT_SCRIPT;
  }
}
