import { Controller, HttpCode, Post, Req, UseFilters, type Type } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, LiveSession } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { KnownDevices } from '../devices/known-devices.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import type { Principal } from '../kernel/principal.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { ReauthenticateDto } from './login.dto.js';
import { LoginService } from './login.service.js';

// An interface, so that no pipe of the host touches the body.
interface ReauthenticateBody extends ReauthenticateDto {}

/** POST reauthenticate, below the given path: what `@RequireFresh()` sends clients to. */
export function stepUpController(path: string): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  @UseFilters(ProblemFilter)
  class StepUpController {
    constructor(
      private readonly logins: LoginService,
      private readonly devices: KnownDevices,
    ) {}

    @Post('reauthenticate')
    @HttpCode(204)
    @Authenticated()
    @LiveSession()
    @ApiOperation({ summary: 'Prove by password that it is still the user; the session is fresh again' })
    @ApiBody({ type: ReauthenticateDto })
    @ApiNoContentResponse()
    @ApiProblem(401, 'invalid_credentials: the password is wrong, or there is none. Else the session has ended.')
    @ApiProblem(422, 'The password is missing or no text.')
    @ApiProblem(429, 'Too many wrong passwords; Retry-After says when.')
    @ApiProblem(503, 'Too many passwords to hash at once; Retry-After says when.')
    async reauthenticate(
      @CurrentPrincipal() { id: userId, sessionId }: Principal,
      @AuthBody(ReauthenticateDto) { password }: ReauthenticateBody,
      @Req() incoming: unknown,
    ): Promise<void> {
      const device = await this.devices.of(nodeRequest(incoming as RequestLike), userId);
      await this.logins.reauthenticate({ id: sessionId!, userId }, password, device);
    }
  }
  return StepUpController;
}
