import { Controller, HttpCode, Post, Req, Res, UseFilters, type Type } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { Public } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { BearerReplyDto, CookieReplyDto } from '../login/login.dto.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { PassportSignIn } from './passport-sign-in.service.js';
import type { SignInDto } from './sign-in.dto.js';

// An interface, so that no pipe of the host touches the body.
interface SignInBody extends SignInDto {}

/** POST, at the path: a passport strategy reads credentials out of the body. */
export function credentialSignInController(path: string, name: string, dto: Type<SignInDto>): Type<object> {
  @ApiTags('auth')
  @ApiExtraModels(BearerReplyDto, CookieReplyDto)
  @Controller(path)
  @UseFilters(ProblemFilter)
  class CredentialSignInController {
    constructor(
      private readonly signIns: PassportSignIn,
      private readonly transport: TokenTransport,
    ) {}

    @Post()
    @HttpCode(200)
    @Public()
    @ApiOperation({ summary: `Sign in by ${name}`, security: [] })
    @ApiBody({ type: dto })
    @ApiOkResponse({
      description: 'As a login: tokens and the user in the body (bearer), or tokens in HttpOnly cookies (cookie).',
      schema: { oneOf: [BearerReplyDto, CookieReplyDto].map((reply) => ({ $ref: getSchemaPath(reply) })) },
    })
    @ApiProblem(401, 'invalid_credentials: one answer for every failure.')
    @ApiProblem(403, 'The request may come from another site, or the address is not verified yet.')
    @ApiProblem(422, 'A field is missing or not valid.')
    @ApiProblem(503, 'What decides is not available.')
    async signIn(
      @AuthBody(dto) body: SignInBody,
      @Req() incoming: unknown,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<object> {
      const request = nodeRequest(incoming as RequestLike);
      const { transport: asked, ...fields } = body;
      const transport = this.transport.choose(asked);
      this.transport.assertSameSite(request, transport === 'cookie');
      return this.transport.deliver(response, await this.signIns.withCredentials(name, request, fields, transport));
    }
  }
  return CredentialSignInController;
}
