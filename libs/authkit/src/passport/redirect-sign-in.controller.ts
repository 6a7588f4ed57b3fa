import type { IncomingMessage } from 'node:http';
import { Controller, Get, Logger, Req, Res, UseFilters, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../access/decorators.js';
import { ApiProblem } from '../access/openapi.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { AuthKitError, type ProblemCode } from '../kernel/errors.js';
import { nodeRequest, type RequestLike } from '../kernel/request-context.js';
import { TokenTransport } from '../sessions/token-transport.js';
import type { RedirectSignIn } from './passport-options.js';
import { PassportSignIn } from './passport-sign-in.service.js';
import { SignInStates, type SignInExchange } from './sign-in-states.js';

/** GET, at the path and at callback below it: a browser goes to a provider and comes back signed in. */
export function redirectSignInController(
  path: string,
  name: string,
  { successUrl, failureUrl }: RedirectSignIn,
): Type<object> {
  @ApiTags('auth')
  @Controller(path)
  @UseFilters(ProblemFilter)
  class RedirectSignInController {
    private readonly logger = new Logger('AuthKit');

    constructor(
      private readonly signIns: PassportSignIn,
      private readonly states: SignInStates,
      private readonly transport: TokenTransport,
      private readonly adapterHost: HttpAdapterHost,
    ) {}

    @Get()
    @Public()
    @ApiOperation({ summary: `Sign in by ${name}: to the provider`, security: [] })
    @ApiResponse({ status: 303, description: 'To the provider, with a state bound to this browser.' })
    @ApiProblem(503, 'The strategy is not available.')
    begin(@Req() incoming: unknown, @Res() response: unknown): Promise<void> {
      const request = nodeRequest(incoming as RequestLike);
      const exchange = this.states.exchange(name, request.headers.cookie);
      return this.redirect(request, response, exchange, () => this.signIns.begin(name, request, exchange));
    }

    @Get('callback')
    @Public()
    @ApiOperation({ summary: `Sign in by ${name}: back from the provider`, security: [] })
    @ApiResponse({ status: 303, description: `To ${successUrl}, with the session's cookies.` })
    @ApiProblem(401, 'The provider, the state or the account says no.')
    @ApiProblem(403, 'The address is not verified yet.')
    @ApiProblem(503, 'The provider is not available.')
    callback(@Req() incoming: unknown, @Res() response: unknown): Promise<void> {
      const request = nodeRequest(incoming as RequestLike);
      const exchange = this.states.exchange(name, request.headers.cookie);
      return this.redirect(request, response, exchange, async () => {
        this.transport.deliver(response, await this.signIns.finish(name, request, exchange));
        return successUrl;
      });
    }

    /** 303 whatever the method was (RFC 9110, 15.4.4); the address we leave, which may hold a code, is told nobody. */
    private async redirect(
      { method }: IncomingMessage,
      response: unknown,
      exchange: SignInExchange,
      to: () => Promise<string>,
    ): Promise<void> {
      // Adapters serve HEAD by the GET handler; who only looks does not sign in.
      if (method !== 'GET') throw new AuthKitError('method_not_allowed', { headers: { Allow: 'GET' } });
      const adapter = this.adapterHost.httpAdapter;
      adapter.setHeader(response, 'Referrer-Policy', 'no-referrer');
      let location: string;
      try {
        location = await to();
      } catch (error) {
        if (failureUrl === undefined) throw error;
        location = withCode(failureUrl, this.codeOf(error));
        if (error instanceof AuthKitError && error.clearCookies) this.transport.clearCookies(response);
      } finally {
        for (const cookie of exchange.cookies) adapter.appendHeader(response, 'Set-Cookie', cookie);
      }
      adapter.redirect(response, 303, location);
    }

    private codeOf(error: unknown): ProblemCode {
      if (error instanceof AuthKitError) return error.code;
      this.logger.error('a dependency failed', error instanceof Error ? error.stack : String(error));
      return 'unavailable';
    }
  }
  return RedirectSignInController;
}

/** The page for failures, told a problem code and nothing else. */
function withCode(page: string, code: ProblemCode): string {
  const url = new URL(page, 'http://localhost');
  url.searchParams.set('error', code);
  return url.pathname + url.search + url.hash;
}
