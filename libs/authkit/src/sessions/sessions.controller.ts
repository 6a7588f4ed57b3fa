import { Controller, Delete, Get, HttpCode, Param, Query, Res, UseFilters, type Type } from '@nestjs/common';
import {
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, LiveSession } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { deviceNameOf } from './device-name.js';
import { SessionService } from './session.service.js';
import { TokenTransport } from './token-transport.js';

class SessionDto {
  @ApiProperty({ type: String, format: 'uuid' })
  id!: string;

  @ApiProperty({ type: Boolean, description: 'Whether this request came in it.' })
  current!: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'Safari on iPhone' })
  device!: string | null;

  @ApiProperty({ type: String, nullable: true })
  ip!: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  createdAt!: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'The last login or refresh.' })
  lastUsedAt!: Date;

  @ApiProperty({ type: String, format: 'date-time', description: 'When it ends if it is not refreshed.' })
  expiresAt!: Date;
}

class SessionListDto {
  @ApiProperty({ type: [SessionDto] })
  items!: SessionDto[];
}

/** GET and DELETE sessions, DELETE sessions/:id, below the given path: a user's own devices. */
export function sessionsController(path: string): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  @UseFilters(ProblemFilter)
  @Authenticated()
  @LiveSession()
  class SessionsController {
    constructor(
      private readonly sessions: SessionService,
      private readonly transport: TokenTransport,
    ) {}

    @Get('sessions')
    @ApiOperation({ summary: "The user's live sessions" })
    @ApiOkResponse({ type: SessionListDto })
    async list(@CurrentPrincipal() principal: Principal): Promise<SessionListDto> {
      const sessions = await this.sessions.list(principal.id);
      return {
        items: sessions.map((session) => ({
          id: session.id,
          current: session.id === principal.sessionId,
          device: deviceNameOf(session.userAgent),
          ip: session.ip,
          createdAt: new Date(session.createdAt),
          lastUsedAt: new Date(session.lastUsedAt),
          expiresAt: new Date(Math.min(session.idleExpiresAt, session.absoluteExpiresAt)),
        })),
      };
    }

    @Delete('sessions/:id')
    @HttpCode(204)
    @ApiOperation({ summary: "End one of the user's sessions" })
    @ApiParam({ name: 'id', type: String, format: 'uuid' })
    @ApiNoContentResponse()
    @ApiProblem(404, 'The user has no such live session.')
    async revoke(
      @CurrentPrincipal() principal: Principal,
      @Param('id') id: string,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<void> {
      if (!(await this.sessions.revoke(id, 'revoked_by_user', principal.id)))
        throw new AuthKitError('session_not_found');
      if (id === principal.sessionId) this.transport.clearCookies(response);
    }

    @Delete('sessions')
    @HttpCode(204)
    @ApiOperation({ summary: "End the user's other sessions, with current=true all of them" })
    @ApiQuery({ name: 'current', required: false, enum: ['true', 'false'] })
    @ApiNoContentResponse()
    @ApiProblem(422, 'current is neither true nor false.')
    async revokeMany(
      @CurrentPrincipal() principal: Principal,
      @Query() query: Readonly<Record<string, unknown>>,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<void> {
      const { current, ...unknown } = query;
      if (Object.keys(unknown).length > 0) throw invalidQuery(Object.keys(unknown)[0]);
      switch (current) {
        case undefined:
        case 'false':
          return this.sessions.revokeOthers(principal.id, principal.sessionId!, 'revoked_by_user');
        case 'true':
          await this.sessions.revokeAll(principal.id, 'revoked_by_user');
          return this.transport.clearCookies(response);
        default:
          throw invalidQuery('current');
      }
    }
  }
  return SessionsController;
}

function invalidQuery(field: string): AuthKitError {
  const detail = 'Only current=true or current=false is known here, once.';
  return new AuthKitError('validation_failed', { errors: [{ field, code: 'invalid_query', detail }] });
}
