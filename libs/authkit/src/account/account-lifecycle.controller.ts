import { Controller, Delete, Get, Header, HttpCode, Post, Req, Res, UseFilters, type Type } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, LiveSession, Public, RequireFresh } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import type { Principal } from '../kernel/principal.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { DataExport } from './data-export.js';
import { Deletions } from './deletions.js';
import { LinkTokenDto } from './account.dto.js';
import { ChangeUsernameDto, DeletionDto } from './lifecycle.dto.js';
import { UserView } from './user-view.js';
import { UsernameChanges } from './username-changes.js';

interface ChangeUsernameBody extends ChangeUsernameDto {}
interface LinkTokenBody extends LinkTokenDto {}

/** POST username/change, DELETE me, POST me/deletion/cancel and GET me/export, below the given path. */
export function accountLifecycleController(path: string, userDto: Type<object>): Type<object> {
  const userReply = {
    schema: { type: 'object', properties: { user: { $ref: getSchemaPath(userDto) } }, required: ['user'] },
  };

  @ApiTags('auth')
  @ApiExtraModels(userDto)
  @Controller(path)
  @UseFilters(ProblemFilter)
  class AccountLifecycleController {
    constructor(
      private readonly usernames: UsernameChanges,
      private readonly deletions: Deletions,
      private readonly exports: DataExport,
      private readonly view: UserView,
      private readonly transport: TokenTransport,
    ) {}

    @Post('username/change')
    @HttpCode(200)
    @Authenticated()
    @RequireFresh('15m')
    @LiveSession()
    @ApiOperation({ summary: 'Take another username' })
    @ApiBody({ type: ChangeUsernameDto })
    @ApiOkResponse(userReply)
    @ApiProblem(403, 'The last authentication is too long ago.')
    @ApiProblem(409, 'The username is taken.')
    @ApiProblem(422, 'It is no username, or a reserved one.')
    async changeUsername(
      @CurrentPrincipal() principal: Principal,
      @AuthBody(ChangeUsernameDto) { username }: ChangeUsernameBody,
    ): Promise<object> {
      return { user: this.view.of(await this.usernames.change(principal.id, username)) };
    }

    @Delete('me')
    @HttpCode(202)
    @Authenticated()
    @RequireFresh('15m')
    @LiveSession()
    @ApiOperation({ summary: 'Delete the account, after the grace period; ends every session' })
    @ApiAcceptedResponse({ type: DeletionDto })
    @ApiProblem(403, 'Users cannot delete their accounts here, or the last authentication is too long ago.')
    @ApiProblem(409, 'It is the last active administrator.')
    async deleteMe(
      @CurrentPrincipal() principal: Principal,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<DeletionDto> {
      const deletionAt = new Date(await this.deletions.request(principal.id));
      this.transport.clearCookies(response);
      return { deletionAt };
    }

    @Post('me/deletion/cancel')
    @HttpCode(204)
    @Public()
    @ApiOperation({
      summary: 'Keep the account after all, by the link sent when its deletion was asked for',
      security: [],
    })
    @ApiBody({ type: LinkTokenDto })
    @ApiNoContentResponse()
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(410, 'The link was used or replaced, or is not genuine; or the account is gone.')
    async cancelDeletion(@AuthBody(LinkTokenDto) { token }: LinkTokenBody, @Req() incoming: unknown): Promise<void> {
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      await this.deletions.cancel(token);
    }

    @Get('me/export')
    @Header('Content-Disposition', 'attachment; filename="account.json"')
    @Authenticated()
    @RequireFresh('15m')
    @LiveSession()
    @ApiOperation({ summary: 'All that is held about the user, as a file' })
    @ApiOkResponse({ schema: { type: 'object', additionalProperties: true } })
    @ApiProblem(403, 'The last authentication is too long ago.')
    @ApiProblem(503, "The app's own data cannot be had now.")
    async exportMe(@CurrentPrincipal() principal: Principal): Promise<object> {
      return this.exports.of(principal.id);
    }
  }
  return AccountLifecycleController;
}
