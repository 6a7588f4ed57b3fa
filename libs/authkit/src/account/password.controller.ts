import { Controller, HttpCode, Post, Req, UseFilters, type Type } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, CurrentPrincipal, LiveSession, Public } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { KnownDevices } from '../devices/known-devices.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { AfterReply } from '../kernel/after-reply.js';
import type { Principal } from '../kernel/principal.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { AttemptLimiter } from '../login/attempt-limiter.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { requireEmail } from './account-input.js';
import { ChangePasswordDto, EmailDto, ResetPasswordDto } from './account.dto.js';
import { AccountService } from './account.service.js';
import { PasswordResets } from './password-resets.js';

interface ChangePasswordBody extends ChangePasswordDto {}
interface EmailBody extends EmailDto {}
interface ResetPasswordBody extends ResetPasswordDto {}

/** POST password/forgot, password/reset and password/change, below the given path. */
export function passwordController(path: string): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  @UseFilters(ProblemFilter)
  @LiveSession()
  class PasswordController {
    constructor(
      private readonly accounts: AccountService,
      private readonly resets: PasswordResets,
      private readonly devices: KnownDevices,
      private readonly limiter: AttemptLimiter,
      private readonly afterReply: AfterReply,
      private readonly transport: TokenTransport,
    ) {}

    @Post('password/forgot')
    @HttpCode(202)
    @Public()
    @ApiOperation({ summary: 'Ask for a link to choose a new password', security: [] })
    @ApiBody({ type: EmailDto })
    @ApiAcceptedResponse({ description: 'Always this, at once; a mail goes out if the address has an active account.' })
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(422, 'It is not one e-mail address.')
    @ApiProblem(429, 'Too many mails to this address, account or not, or from this client; Retry-After says when.')
    async forgot(@AuthBody(EmailDto) body: EmailBody, @Req() incoming: unknown): Promise<object> {
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      const email = requireEmail(body.email);
      await this.limiter.consumeMail('forgot', email);
      this.afterReply.run('password/forgot', () => this.resets.forgot(email));
      return {};
    }

    @Post('password/reset')
    @HttpCode(204)
    @Public()
    @ApiOperation({
      summary: 'Choose a password by the link of a mail; ends every session, signs nobody in',
      security: [],
    })
    @ApiBody({ type: ResetPasswordDto })
    @ApiNoContentResponse()
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(410, 'The link was used, has expired, was replaced, or the password has changed since.')
    @ApiProblem(422, 'The new password is not acceptable; the link stays good.')
    @ApiProblem(503, 'Too many passwords to hash at once; Retry-After says when.')
    async reset(@AuthBody(ResetPasswordDto) body: ResetPasswordBody, @Req() incoming: unknown): Promise<void> {
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      await this.resets.reset(body.token, body.newPassword);
    }

    @Post('password/change')
    @HttpCode(204)
    @Authenticated()
    @ApiOperation({ summary: "Change the password; ends the user's other sessions" })
    @ApiBody({ type: ChangePasswordDto })
    @ApiNoContentResponse()
    @ApiProblem(409, 'The password was changed by another request meanwhile.')
    @ApiProblem(422, 'The new password is not acceptable.')
    @ApiProblem(429, 'Too many wrong passwords; Retry-After says when.')
    @ApiProblem(503, 'Too many passwords to hash at once; Retry-After says when.')
    async changePassword(
      @CurrentPrincipal() principal: Principal,
      @AuthBody(ChangePasswordDto) body: ChangePasswordBody,
      @Req() incoming: unknown,
    ): Promise<void> {
      const { currentPassword, newPassword } = body;
      const device = await this.devices.of(nodeRequest(incoming as RequestLike), principal.id);
      await this.accounts.changePassword(principal.id, principal.sessionId!, currentPassword, newPassword, device);
    }
  }
  return PasswordController;
}
