import { Controller, HttpCode, Post, UseFilters, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, LiveSession } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { ProblemFilter } from '../http/problem.filter.js';
import type { Principal } from '../kernel/principal.js';
import { TICKET_SECONDS, WsTickets } from './ws-tickets.js';

class WsTicketDto {
  @ApiProperty({ type: String, description: 'For `?ticket=` of a WebSocket URL; good once.' })
  ticket!: string;

  @ApiProperty({ type: Number, description: 'Seconds that it is good.', example: TICKET_SECONDS })
  expiresIn!: number;
}

/** POST the given path: a ticket for one socket. */
export function wsTicketController(path: string): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  @UseFilters(ProblemFilter)
  class WsTicketController {
    constructor(private readonly tickets: WsTickets) {}

    @Post()
    @HttpCode(200)
    @Authenticated()
    @LiveSession()
    @ApiOperation({ summary: 'A ticket that opens one socket, for clients that can set no header' })
    @ApiOkResponse({ type: WsTicketDto })
    @ApiProblem(401, 'The session has ended.')
    async issue(@CurrentPrincipal() { id, sessionId }: Principal): Promise<WsTicketDto> {
      return { ticket: await this.tickets.issue(sessionId!, id), expiresIn: TICKET_SECONDS };
    }
  }
  return WsTicketController;
}
