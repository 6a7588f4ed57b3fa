import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { SessionAuthenticator } from '../access/session.authenticator.js';
import { AuthKitError } from '../kernel/errors.js';
import { nodeRequest, RequestContext, type RequestLike } from '../kernel/request-context.js';
import { RESOLVED_OPTIONS } from '../options/tokens.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { AccessTokens } from '../sessions/access-token.js';
import { refuseInOwnWords } from './auth-guard.js';
import { PassportAdmission } from './passport-admission.js';
import { PASSPORT_OPTIONS, type PassportFeatureOptions } from './passport-options.js';

/** The request an adapter hands to guards; each knows the app it belongs to. */
type AdapterRequest = IncomingMessage & RequestLike & { app?: object; server?: object };
type PassportRequest = Parameters<Strategy['authenticate']>[0];

/** Passport's list of strategies is one a process; apps may be several. By Express's app or Fastify's instance. */
const byApp = new WeakMap<object, AuthKitStrategy>();
const strategyOf = (request: AdapterRequest) => byApp.get(request.app ?? request.server ?? request);

refuseInOwnWords('authkit', (request) => strategyOf(request as AdapterRequest)?.admission);

/**
 * The passport-jwt strategy `authkit`: the kit's access tokens and cookies, its keys, and the session behind the token.
 * What is no token of ours fails, and the next strategy of an `AuthGuard([...])` is asked; a token of ours that is not
 * good is an error, and nobody else is asked.
 */
@Injectable()
export class AuthKitStrategy extends PassportStrategy(Strategy, 'authkit') implements OnModuleInit {
  constructor(
    readonly admission: PassportAdmission,
    private readonly sessions: SessionAuthenticator,
    private readonly accessTokens: AccessTokens,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(PASSPORT_OPTIONS) private readonly options: PassportFeatureOptions,
    @Inject(RESOLVED_OPTIONS) { accessToken: { issuer, audience } }: ResolvedOptions,
  ) {
    super({
      jwtFromRequest: (request: RequestLike) => sessions.presentedToken(nodeRequest(request))?.token ?? null,
      secretOrKeyProvider: (_request: unknown, token: string, done: (error: unknown, key?: string) => void) => {
        // jsonwebtoken takes a KeyObject, its types for passport-jwt do not say so.
        done(null, accessTokens.verificationKey(token)?.key as unknown as string);
      },
      // The key decides: verificationKey() gives none for a token that names another algorithm than its key's.
      algorithms: ['HS256', 'RS256', 'PS256', 'ES256'],
      issuer,
      audience,
      // By the kit's clock, in validate().
      ignoreExpiration: true,
      passReqToCallback: true,
    });
  }

  onModuleInit(): void {
    const adapter = this.adapterHost.httpAdapter as AbstractHttpAdapter | null;
    const app = adapter?.getInstance<object | undefined>();
    if (app) byApp.set(app, this);
  }

  /** Called by passport on a copy of this, which it gave `success`, `fail`, `error` for the one request. */
  override authenticate(request: PassportRequest, options?: object): void {
    const own = strategyOf(request);
    // Never another app's keys.
    if (!own) return this.error(new AuthKitError('unavailable', { reason: 'a request of an app nobody knows' }));
    const run = own === Object.getPrototypeOf(this) ? this : (Object.assign(Object.create(own), this) as this);
    run.authenticateOwn(request, options);
  }

  /** Whatever passport-jwt finds has been checked again when this is through. */
  async validate(request: RequestLike): Promise<unknown> {
    try {
      const raw = nodeRequest(request);
      const found = await this.sessions.authenticate(raw);
      if (!found) throw new AuthKitError('authentication_required', { reason: 'no credential' });
      this.admission.enter(found, raw);
      const loadUser = async () => RequestContext.of(raw).loadUser?.();
      const user = this.options.user ? await this.options.user(found.principal, loadUser) : found.principal;
      // Passport takes nothing for a refusal.
      if (!user) throw new AuthKitError('token_revoked', { reason: 'there is no user any more' });
      return user;
    } catch (error) {
      throw asProblem(error);
    }
  }

  private authenticateOwn(request: PassportRequest, options?: object): void {
    try {
      const presented = this.sessions.presentedToken(nodeRequest(request));
      if (!presented) return this.fail(new AuthKitError('authentication_required', { reason: 'no credential' }), 401);
      if (!this.accessTokens.verificationKey(presented.token)) {
        return this.fail(new AuthKitError('token_invalid', { reason: 'access token: none of ours' }), 401);
      }
    } catch (error) {
      // Another kind of Authorization header is for another strategy.
      const isForeign = error instanceof AuthKitError && error.code === 'authentication_required';
      return isForeign ? this.fail(error, 401) : this.error(asProblem(error));
    }
    this.fail = (challenge: unknown) => {
      this.error(new AuthKitError('token_invalid', { reason: `access token: ${String(challenge)}` }));
    };
    super.authenticate(request, options);
  }
}

function asProblem(error: unknown): AuthKitError {
  return error instanceof AuthKitError
    ? error
    : new AuthKitError('unavailable', { reason: String(error), cause: error });
}
