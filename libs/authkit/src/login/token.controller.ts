import { Controller, Post, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../access/decorators.js';
import { KnownDevices } from '../devices/known-devices.js';
import { bodyOf } from '../http/auth-body.decorator.js';
import { FormBody } from '../http/own-routes.js';
import { AuthKitError, type ProblemCode } from '../kernel/errors.js';
import { nodeRequest, RequestContext, type RequestLike } from '../kernel/request-context.js';
import { SessionService, type LiveSession } from '../sessions/session.service.js';
import { TokenTransport } from '../sessions/token-transport.js';
import { BearerReplyDto } from './login.dto.js';
import { LoginService } from './login.service.js';

type Form = Readonly<Record<string, unknown>>;

/** A refusal in OAuth's own words (RFC 6749, 5.2). */
class GrantError extends Error {
  constructor(
    readonly error: 'invalid_request' | 'invalid_grant' | 'unsupported_grant_type' | 'temporarily_unavailable',
    description: string,
    readonly status: number,
    readonly code: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(description);
  }
}

/**
 * POST token: OAuth2's form (RFC 6749) for Swagger UI's Authorize button and generic clients. Takes the same path as
 * login and refresh; ignores cookies, `Authorization: Basic`, `client_id` and `client_secret`; never sets a cookie.
 */
export function tokenController(path: string): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  class TokenController {
    constructor(
      private readonly logins: LoginService,
      private readonly devices: KnownDevices,
      private readonly sessions: SessionService,
      private readonly transport: TokenTransport,
      private readonly adapterHost: HttpAdapterHost,
    ) {}

    @Post('token')
    @Public()
    @FormBody()
    @ApiOperation({ summary: 'OAuth2 password and refresh_token grants', security: [] })
    @ApiConsumes('application/x-www-form-urlencoded')
    @ApiBody({
      schema: {
        type: 'object',
        required: ['grant_type'],
        properties: {
          grant_type: { type: 'string', enum: ['password', 'refresh_token'] },
          username: { type: 'string' },
          password: { type: 'string', format: 'password' },
          refresh_token: { type: 'string' },
          captchaToken: { type: 'string' },
        },
      },
    })
    @ApiOkResponse({ type: BearerReplyDto })
    @ApiResponse({
      status: 400,
      description: 'RFC 6749 error object: invalid_request, invalid_grant, unsupported_grant_type.',
    })
    @ApiResponse({ status: 413, description: 'invalid_request: over 16 KiB' })
    @ApiResponse({ status: 415, description: 'invalid_request: not a form' })
    @ApiResponse({ status: 429, description: 'temporarily_unavailable: too many failures; Retry-After says when' })
    @ApiResponse({ status: 503, description: 'temporarily_unavailable' })
    async token(@Req() request: unknown, @Res() response: unknown): Promise<void> {
      // With @Res() and without interceptors' hands on it, the reply keeps the shape that OAuth clients expect.
      const adapter = this.adapterHost.httpAdapter;
      try {
        const live = await this.grant(bodyOf(RequestContext.of(request as RequestLike)), request as RequestLike);
        adapter.reply(response, this.transport.deliver(response, live), 200);
      } catch (error) {
        const refusal = refusalOf(error);
        for (const [name, value] of Object.entries(refusal.headers)) adapter.setHeader(response, name, value);
        const { requestId } = RequestContext.of(request as RequestLike);
        const { error: name, message: error_description, code } = refusal;
        adapter.reply(response, { error: name, error_description, code, requestId }, refusal.status);
      }
    }

    private async grant(form: Form, request: RequestLike): Promise<LiveSession> {
      this.transport.choose('bearer');
      switch (form['grant_type']) {
        case 'password':
          return this.logins.withPassword(field(form, 'username'), field(form, 'password'), 'bearer', {
            // By header alone, as cookies count for nothing here.
            device: await this.devices.presentedBy(nodeRequest(request), false),
            captchaToken: form['captchaToken'] === undefined ? undefined : field(form, 'captchaToken'),
          });
        case 'refresh_token':
          return this.sessions.refresh(field(form, 'refresh_token'), 'bearer');
        case undefined:
          throw new GrantError('invalid_request', 'grant_type is missing', 400, 'validation_failed');
        default:
          throw new GrantError('unsupported_grant_type', 'Use password or refresh_token', 400, 'validation_failed');
      }
    }
  }
  return TokenController;
}

/** What is wrong with the form itself rather than with the grant in it. */
const WRONG_REQUEST: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  'malformed_body',
  'body_too_large',
  'unsupported_media_type',
  'validation_failed',
  'password_too_long',
  'password_invalid',
]);

function field(form: Form, name: string): string {
  const value = form[name];
  if (typeof value === 'string' && value !== '' && value.isWellFormed()) return value;
  throw new GrantError('invalid_request', `${name} is missing`, 400, 'validation_failed');
}

function refusalOf(error: unknown): GrantError {
  if (error instanceof GrantError) return error;
  if (!(error instanceof AuthKitError)) {
    return new GrantError('temporarily_unavailable', 'Try again later', 503, 'unavailable');
  }
  const { code, message, headers } = error;
  const status = error.getStatus();
  // OAuth has no word for it.
  if (status >= 500 || status === 429) return new GrantError('temporarily_unavailable', message, status, code, headers);
  if (WRONG_REQUEST.has(code)) return new GrantError('invalid_request', message, status === 422 ? 400 : status, code);
  return new GrantError('invalid_grant', message, 400, code);
}
