import { Body, Controller, Get, Post } from '@nestjs/common';
import {
  Authenticated,
  CurrentPrincipal,
  CurrentUser,
  Permissions,
  Public,
  RequestContext,
  Roles,
  type Principal,
} from 'nest-authkit';
import type { User } from './test-user.entity.js';

/** A host's own controller: one handler for each kind of rule. */
@Controller('probe')
export class ProbeController {
  @Get('undecorated')
  undecorated() {
    return { ok: true };
  }

  @Get('public')
  @Public()
  open(@CurrentPrincipal() principal: Principal | null) {
    return { principal };
  }

  @Get('optional')
  @Authenticated({ optional: true })
  optional(@CurrentPrincipal() principal: Principal | null, @CurrentUser() user: User | null) {
    return { id: principal?.id ?? null, email: user?.email ?? null };
  }

  @Get('principal')
  @Authenticated()
  principal(@CurrentPrincipal() principal: Principal) {
    const { kind, id, sessionId, roles, permissions, amr, authenticatedAt } = principal;
    return { kind, id, sessionId, roles, permissions, amr, authenticatedAt };
  }

  @Get('user')
  @Authenticated()
  user(@CurrentUser() user: User) {
    return { ...user };
  }

  @Get('admin')
  @Roles('admin')
  admin() {
    return { ok: true };
  }

  @Get('editor')
  @Roles('editor', 'moderator')
  editor() {
    return { ok: true };
  }

  @Get('write')
  @Permissions('posts:write')
  write() {
    return { ok: true };
  }

  /** A host's own route: its bodies are none of the kit's business. */
  @Post('echo')
  @Authenticated()
  echo(@Body() body: unknown) {
    return { body, requestId: RequestContext.current()?.requestId ?? null };
  }

  @Post('open-echo')
  @Public()
  openEcho(@Body() body: unknown) {
    return { body, requestId: RequestContext.current()?.requestId ?? null };
  }
}

/** Public as a class, with handlers that ask for more. */
@Controller('open')
@Public()
export class OpenController {
  @Get('door')
  door() {
    return { ok: true };
  }

  @Get('staff')
  @Roles('admin')
  staff() {
    return { ok: true };
  }
}
