import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { UserView } from '../account/user-view.js';
import { assertSameSite } from '../access/csrf.js';
import { AuthKitError } from '../kernel/errors.js';
import type { CredentialTransport } from '../kernel/credential-transport.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { AuthCookies } from './cookies.js';
import { SessionService, type LiveSession, type ProvenSession } from './session.service.js';
import { TokenPairs } from './token-pair.js';

/** A refresh token and the way it came. */
export interface PresentedRefreshToken {
  readonly token: string;
  readonly via: CredentialTransport;
  /** Session of the access cookie that came along. */
  readonly companionId?: string;
}

/** Carries a session's tokens between the kit and a client: in the body, or in cookies. */
@Injectable()
export class TokenTransport {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly cookies: AuthCookies,
    private readonly sessions: SessionService,
    private readonly tokens: TokenPairs,
    private readonly view: UserView,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /** The transport a login asks for. Throws 422 when it is switched off. */
  choose(asked: CredentialTransport | undefined): CredentialTransport {
    const { credentials } = this.options;
    const transport = asked ?? credentials.default;
    if (transport === 'cookie' ? credentials.cookie : credentials.header) return transport;
    throw new AuthKitError('validation_failed', {
      errors: [{ field: 'transport', code: 'switched_off', detail: 'This transport is switched off.' }],
    });
  }

  /** Refuses a state-changing call that another site may have sent (403). */
  assertSameSite(request: IncomingMessage, setsCookies: boolean): void {
    const { headers } = request;
    const involvesCookies = setsCookies || this.cookies.isPresent(headers.cookie);
    assertSameSite({ headers, allowedOrigins: this.options.allowedOrigins, involvesCookies });
  }

  /** Writes the cookies of a cookie session; the body to answer with, tokens in it only for a bearer session. */
  deliver(response: unknown, live: LiveSession): object {
    const tokens = this.tokens.of(live);
    const user = this.view.of(live.known.user);
    const device = live.device?.token;
    if (live.session.transport === 'bearer') {
      return {
        access_token: tokens.accessToken,
        token_type: 'Bearer',
        expires_in: tokens.expiresIn,
        refresh_token: tokens.refreshToken,
        refresh_expires_in: tokens.refreshExpiresIn,
        ...(device !== undefined && { device_token: device }),
        user,
      };
    }
    const cookies = this.cookies.issue(tokens);
    this.setCookies(response, device === undefined ? cookies : [...cookies, this.cookies.issueDevice(device)]);
    return { expires_in: tokens.expiresIn, user };
  }

  clearCookies(response: unknown): void {
    if (this.options.credentials.cookie) this.setCookies(response, this.cookies.clear());
  }

  /** The refresh token of a request: in the body or in the cookie, never both (400), one of them needed (401). */
  refreshToken(request: IncomingMessage, inBody: string | undefined): PresentedRefreshToken {
    const inCookie = this.cookies.refreshToken(request.headers.cookie);
    if (inBody !== undefined && inCookie !== undefined) {
      throw new AuthKitError('ambiguous_credentials', { reason: 'refresh token in body and cookie' });
    }
    if (inBody !== undefined) return { token: inBody, via: 'bearer' };
    if (inCookie === undefined) throw new AuthKitError('authentication_required', { reason: 'no refresh token' });
    const access = this.cookies.accessToken(request.headers.cookie);
    const companionId = access && this.sessions.sessionOfAccessToken(access)?.id;
    return { token: inCookie, via: 'cookie', companionId };
  }

  /** The sessions that a request's cookies prove to be the caller's. */
  sessionsProvenByCookies({ headers: { cookie } }: IncomingMessage): Promise<ProvenSession[]> {
    return this.proven([this.cookies.accessToken(cookie)], [this.cookies.refreshToken(cookie)]);
  }

  /** The sessions that a request proves in any way; a bad proof proves nothing. */
  sessionsProven(request: IncomingMessage, refreshTokenInBody: string | undefined): Promise<ProvenSession[]> {
    const { authorization, cookie } = request.headers;
    const bearer = /^bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    const inCookies = (read: 'accessToken' | 'refreshToken') => {
      try {
        return this.cookies[read](cookie);
      } catch {
        return undefined; // two values of one name: neither proves anything
      }
    };
    return this.proven([bearer, inCookies('accessToken')], [inCookies('refreshToken'), refreshTokenInBody]);
  }

  private async proven(access: (string | undefined)[], refresh: (string | undefined)[]): Promise<ProvenSession[]> {
    const found = new Map<string, ProvenSession>();
    const add = (session: ProvenSession | null) => session && found.set(session.id, session);
    for (const token of access) if (token !== undefined) add(this.sessions.sessionOfAccessToken(token));
    for (const token of refresh) if (token !== undefined) add(await this.sessions.sessionOfRefreshToken(token));
    return [...found.values()];
  }

  private setCookies(response: unknown, cookies: string[]): void {
    for (const cookie of cookies) this.adapterHost.httpAdapter.appendHeader(response, 'Set-Cookie', cookie);
  }
}
