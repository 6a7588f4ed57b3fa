import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentUser, RESOLVED_OPTIONS, type ResolvedOptions } from 'nest-authkit';
import { homePage } from './site/home-page.js';
import { keepsMails } from './site/mailbox-page.js';
import { PublicFile, PublicPage } from './site/page.js';
import { STYLESHEET } from './site/stylesheet.js';
import type { User } from './users/user.entity.js';

class GreetingDto {
  @ApiProperty({ type: String, example: 'Hello, Ada' })
  message!: string;
}

@ApiTags('home')
@Controller()
export class HomeController {
  constructor(@Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions) {}

  @PublicPage('', 'The landing page')
  page(): string {
    return homePage(keepsMails(this.options));
  }

  @PublicFile('demo.css', 'text/css; charset=utf-8')
  stylesheet(): string {
    return STYLESHEET;
  }

  @Get('greeting')
  @Authenticated({ optional: true })
  @ApiOperation({ summary: 'Greets whoever asks, by name if there is one' })
  @ApiOkResponse({ type: GreetingDto })
  greeting(@CurrentUser() user: User | null): GreetingDto {
    return { message: `Hello, ${user ? (user.fullName ?? user.email) : 'stranger'}` };
  }
}
