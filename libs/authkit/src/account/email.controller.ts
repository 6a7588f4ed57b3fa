import { Controller, HttpCode, Post, Req, UseFilters, type Type } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBody, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { AfterReply } from '../kernel/after-reply.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { AttemptLimiter } from '../login/attempt-limiter.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { requireEmail } from './account-input.js';
import { EmailDto, LinkTokenDto } from './account.dto.js';
import { EmailVerification } from './email-verification.js';

interface EmailBody extends EmailDto {}
interface LinkTokenBody extends LinkTokenDto {}

/** POST email/verify and email/verify/resend, below the given path. */
export function emailController(path: string): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  @UseFilters(ProblemFilter)
  class EmailController {
    constructor(
      private readonly verification: EmailVerification,
      private readonly limiter: AttemptLimiter,
      private readonly afterReply: AfterReply,
      private readonly transport: TokenTransport,
    ) {}

    @Post('email/verify')
    @HttpCode(204)
    @Public()
    @ApiOperation({ summary: 'Prove the address by the link of a mail', security: [] })
    @ApiBody({ type: LinkTokenDto })
    @ApiNoContentResponse({ description: 'Also for a link that has worked before; it changes nothing more.' })
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(410, 'The link has expired, was replaced, or the password has changed since.')
    async verify(@AuthBody(LinkTokenDto) { token }: LinkTokenBody, @Req() incoming: unknown): Promise<void> {
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      await this.verification.verify(token);
    }

    @Post('email/verify/resend')
    @HttpCode(202)
    @Public()
    @ApiOperation({ summary: 'Ask for another link that proves the address', security: [] })
    @ApiBody({ type: EmailDto })
    @ApiAcceptedResponse({
      description: 'Always this, at once; a mail goes out if the address has an active account and is not proven.',
    })
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(422, 'It is not one e-mail address.')
    @ApiProblem(429, 'Too many mails to this address, account or not, or from this client; Retry-After says when.')
    async resend(@AuthBody(EmailDto) body: EmailBody, @Req() incoming: unknown): Promise<object> {
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      const email = requireEmail(body.email);
      await this.limiter.consumeMail('resend', email);
      this.afterReply.run('email/verify/resend', () => this.verification.resend(email));
      return {};
    }
  }
  return EmailController;
}
