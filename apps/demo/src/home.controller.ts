import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentUser, Public } from 'nest-authkit';
import type { User } from './users/user.entity.js';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Notes</title>
<h1>Notes</h1>
<p>A small product on nest-authkit: notes that belong to users.</p>
<ul>
<li><a href="/docs">Try it in Swagger</a>: press Authorize and sign in with e-mail and password.
<li><a href="/docs-json">The OpenAPI document</a>
<li><a href="/greeting">A greeting</a>, by name for those who are signed in
</ul>
</html>
`;

class GreetingDto {
  @ApiProperty({ type: String, example: 'Hello, Ada' })
  message!: string;
}

@ApiTags('home')
@Controller()
export class HomeController {
  @Get()
  @Public()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  @ApiOperation({ summary: 'The landing page', security: [] })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string' } })
  page(): string {
    return PAGE;
  }

  @Get('greeting')
  @Authenticated({ optional: true })
  @ApiOperation({ summary: 'Greets whoever asks, by name if there is one' })
  @ApiOkResponse({ type: GreetingDto })
  greeting(@CurrentUser() user: User | null): GreetingDto {
    return { message: `Hello, ${user ? (user.fullName ?? user.email) : 'stranger'}` };
  }
}
