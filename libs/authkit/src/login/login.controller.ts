import { Controller, HttpCode, Post, Req, Res, UseFilters, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { Public } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { KnownDevices } from '../devices/known-devices.js';
import { AuthBody } from '../http/auth-body.decorator.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { AuthKitError } from '../kernel/errors.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { SessionService } from '../sessions/session.service.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { BearerReplyDto, CookieReplyDto, LoginDto, RefreshDto } from './login.dto.js';
import { LoginService } from './login.service.js';

// Interfaces, so that no pipe of the host touches the bodies.
interface LoginBody extends LoginDto {}
interface RefreshBody extends RefreshDto {}

/** POST login, refresh and logout, below the given path. */
export function loginController(path: string, userDto: Type<object>): Type<object> {
  const signedIn = (description: string): MethodDecorator =>
    ApiOkResponse({
      description,
      schema: {
        oneOf: [BearerReplyDto, CookieReplyDto].map((reply) => ({
          allOf: [
            { $ref: getSchemaPath(reply) },
            { type: 'object', properties: { user: { $ref: getSchemaPath(userDto) } }, required: ['user'] },
          ],
        })),
      },
    });

  @ApiTags('auth')
  @ApiExtraModels(BearerReplyDto, CookieReplyDto, userDto)
  @Controller(path)
  @UseFilters(ProblemFilter)
  class LoginController {
    constructor(
      private readonly logins: LoginService,
      private readonly devices: KnownDevices,
      private readonly sessions: SessionService,
      private readonly transport: TokenTransport,
    ) {}

    @Post('login')
    @HttpCode(200)
    @Public()
    @ApiOperation({ summary: 'Sign in with e-mail or username and password', security: [] })
    @ApiBody({ type: LoginDto })
    @signedIn('Tokens in the body (bearer) or in HttpOnly cookies (cookie).')
    @ApiProblem(401, 'invalid_credentials: one answer for every failure.')
    @ApiProblem(403, 'The request may come from another site, a captcha is asked for, or the address is not verified.')
    @ApiProblem(422, 'A field is missing or not valid.')
    @ApiProblem(429, 'Too many failures; Retry-After says when.')
    @ApiProblem(503, 'Too many logins at once; Retry-After says when.')
    async login(
      @AuthBody(LoginDto) body: LoginBody,
      @Req() incoming: unknown,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<object> {
      const request = nodeRequest(incoming as RequestLike);
      const transport = this.transport.choose(body.transport);
      this.transport.assertSameSite(request, transport === 'cookie');
      const former = await this.transport.sessionsProvenByCookies(request);
      const { captchaToken } = body;
      const device = await this.devices.presentedBy(request);
      const name = (body.identifier ?? body.username)!;
      const live = await this.logins.withPassword(name, body.password, transport, { device, captchaToken });
      for (const { id, userId } of former) await this.sessions.revoke(id, 'replaced_by_login', userId);
      return this.transport.deliver(response, live);
    }

    @Post('refresh')
    @HttpCode(200)
    @Public()
    @ApiOperation({ summary: 'Exchange the refresh token for new tokens', security: [] })
    @ApiBody({ type: RefreshDto, required: false })
    @signedIn('As at login. Two requests with one token within the grace get the same new refresh token.')
    @ApiProblem(400, 'A refresh token in the body and in the cookie.')
    @ApiProblem(401, 'The session has ended, or the token is not valid.')
    @ApiProblem(403, 'The request may come from another site.')
    @ApiProblem(503, 'The session kept changing, or its store is not available.')
    async refresh(
      @AuthBody(RefreshDto) body: RefreshBody,
      @Req() incoming: unknown,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<object> {
      const request = nodeRequest(incoming as RequestLike);
      this.transport.assertSameSite(request, false);
      const { token, via, companionId } = this.transport.refreshToken(request, body.refreshToken);
      try {
        return this.transport.deliver(response, await this.sessions.refresh(token, via, companionId));
      } catch (error) {
        // Only what can never work again: a login in another tab may have set new cookies while this one was under way.
        const hopeless =
          error instanceof AuthKitError && (error.code === 'token_invalid' || error.reason === 'refresh_token_reuse');
        if (via === 'cookie' && hopeless) this.transport.clearCookies(response);
        throw error;
      }
    }

    @Post('logout')
    @HttpCode(204)
    @Public()
    @ApiOperation({ summary: 'End the session; works with an expired access token too', security: [] })
    @ApiBody({ type: RefreshDto, required: false })
    @ApiNoContentResponse({ description: 'Whatever session the request proved is over; cookies are cleared.' })
    @ApiProblem(403, 'The request may come from another site.')
    async logout(
      @AuthBody(RefreshDto) body: RefreshBody,
      @Req() incoming: unknown,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<void> {
      const request = nodeRequest(incoming as RequestLike);
      this.transport.assertSameSite(request, false);
      for (const { id, userId } of await this.transport.sessionsProven(request, body.refreshToken)) {
        await this.sessions.revoke(id, 'logout', userId);
      }
      this.transport.clearCookies(response);
    }
  }
  return LoginController;
}
