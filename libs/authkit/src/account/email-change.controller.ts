import { Controller, HttpCode, Post, Req, UseFilters, type Type } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, LiveSession, Public, RequireFresh } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import type { Principal } from '../kernel/principal.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { EmailChanges } from './email-changes.js';
import { LinkTokenDto } from './account.dto.js';
import { ChangeEmailDto } from './lifecycle.dto.js';

interface ChangeEmailBody extends ChangeEmailDto {}
interface LinkTokenBody extends LinkTokenDto {}

/** POST email/change, email/change/confirm and email/change/cancel, below the given path. */
export function emailChangeController(path: string): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  @UseFilters(ProblemFilter)
  class EmailChangeController {
    constructor(
      private readonly changes: EmailChanges,
      private readonly transport: TokenTransport,
    ) {}

    @Post('email/change')
    @HttpCode(202)
    @Authenticated()
    @RequireFresh('15m')
    @LiveSession()
    @ApiOperation({ summary: 'Ask for another e-mail address; a link goes to it, and a notice to the present one' })
    @ApiBody({ type: ChangeEmailDto })
    @ApiAcceptedResponse({ description: 'Always this, whether the address is taken or not.' })
    @ApiProblem(403, 'The present address is not verified yet, or the last authentication is too long ago.')
    @ApiProblem(422, 'It is no e-mail address, the present one, or not wanted here.')
    @ApiProblem(429, 'Too many such mails to one of the addresses, or from this client; Retry-After says when.')
    async request(
      @CurrentPrincipal() principal: Principal,
      @AuthBody(ChangeEmailDto) { newEmail }: ChangeEmailBody,
    ): Promise<object> {
      await this.changes.request(principal.id, newEmail);
      return {};
    }

    @Post('email/change/confirm')
    @HttpCode(204)
    @Public()
    @ApiOperation({ summary: "Make the address that the link was sent to the user's", security: [] })
    @ApiBody({ type: LinkTokenDto })
    @ApiNoContentResponse()
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(409, 'Another account has the address by now. The link stays good.')
    @ApiProblem(410, 'The link was used, stopped or replaced, has expired, or is not genuine.')
    async confirm(@AuthBody(LinkTokenDto) { token }: LinkTokenBody, @Req() incoming: unknown): Promise<void> {
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      await this.changes.confirm(token);
    }

    @Post('email/change/cancel')
    @HttpCode(204)
    @Public()
    @ApiOperation({ summary: 'Stop a change of the e-mail address by the link sent to the present one', security: [] })
    @ApiBody({ type: LinkTokenDto })
    @ApiNoContentResponse()
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(410, 'The link was used or replaced, has expired, or is not genuine; or the change is done.')
    async cancel(@AuthBody(LinkTokenDto) { token }: LinkTokenBody, @Req() incoming: unknown): Promise<void> {
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      await this.changes.cancel(token);
    }
  }
  return EmailChangeController;
}
