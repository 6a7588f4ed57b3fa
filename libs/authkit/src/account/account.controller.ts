import { Controller, Get, Inject, Patch, Post, Req, Res, UseFilters, type Type } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { HttpAdapterHost } from '@nestjs/core';
import { Authenticated, CurrentPrincipal, LiveSession, Public } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { AuthKitError } from '../kernel/errors.js';
import type { Principal } from '../kernel/principal.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { AttemptLimiter } from '../login/attempt-limiter.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { AccountService } from './account.service.js';
import { Registrations, type Registration } from './registrations.js';
import { UserView } from './user-view.js';

type Fields = Readonly<Record<string, unknown>>;

export interface AccountDtos {
  register: Type<object>;
  profile: Type<object>;
  user: Type<object>;
}

/** POST register, GET and PATCH me, below the given path; bodies as the host's DTOs say. */
export function accountController(path: string, dtos: AccountDtos): Type<object> {
  const userReply = {
    schema: { type: 'object', properties: { user: { $ref: getSchemaPath(dtos.user) } }, required: ['user'] },
  };

  @ApiTags('auth')
  @ApiExtraModels(dtos.user)
  @Controller(path)
  @UseFilters(ProblemFilter)
  @LiveSession()
  class AccountController {
    constructor(
      private readonly accounts: AccountService,
      private readonly registrations: Registrations,
      private readonly view: UserView,
      private readonly transport: TokenTransport,
      private readonly limiter: AttemptLimiter,
      private readonly adapterHost: HttpAdapterHost,
      @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    ) {}

    @Post('register')
    @Public()
    @ApiOperation({ summary: 'Make an account', security: [] })
    @ApiBody({ type: dtos.register })
    @ApiCreatedResponse(userReply)
    @ApiAcceptedResponse({ description: 'With requireVerifiedEmail always this, whether the address is taken or not.' })
    @ApiProblem(403, 'Registration is closed, a captcha is asked for, or the request may come from another site.')
    @ApiProblem(409, 'The e-mail address or the username is taken.')
    @ApiProblem(422, 'A field is missing or not valid.')
    @ApiProblem(429, 'Too many registrations from this address; Retry-After says when.')
    @ApiProblem(503, 'Too many registrations at once; Retry-After says when.')
    async register(
      @AuthBody(dtos.register) { captchaToken, ...body }: Registration & { captchaToken?: string },
      @Req() incoming: unknown,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<object> {
      if (!this.options.registration.enabled) throw new AuthKitError('registration_disabled');
      this.transport.assertSameSite(nodeRequest(incoming as RequestLike), false);
      await this.limiter.consumeRegistration(captchaToken);
      const user = await this.registrations.register(body);
      if (user) return { user: this.view.of(user) };
      this.adapterHost.httpAdapter.status(response, 202);
      return {};
    }

    @Get('me')
    @Authenticated()
    @ApiOperation({ summary: 'The signed-in user' })
    @ApiOkResponse(userReply)
    async me(@CurrentPrincipal() principal: Principal): Promise<object> {
      return { user: this.view.of(await this.accounts.get(principal.id)) };
    }

    @Patch('me')
    @Authenticated()
    @ApiOperation({ summary: "Change the user's own profile" })
    @ApiBody({ type: dtos.profile })
    @ApiOkResponse(userReply)
    @ApiProblem(409, 'A value is already in use.')
    @ApiProblem(422, 'A field is unknown or not valid.')
    async updateMe(@CurrentPrincipal() principal: Principal, @AuthBody(dtos.profile) body: Fields): Promise<object> {
      return { user: this.view.of(await this.accounts.updateProfile(principal.id, body)) };
    }
  }
  return AccountController;
}
