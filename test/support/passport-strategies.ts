import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { AuthService, type AuthUser } from 'nest-authkit';
import { signInState } from 'nest-authkit/passport';
import { Strategy as LocalStrategy } from 'passport-local';
import OAuth2Strategy from 'passport-oauth2';
import { OAuthProvider, type Account } from './oauth-provider.js';

/** A table that knows passwords in the clear, because tests of a strategy need no more. */
const LEGACY: Record<string, { password: string; email: string }> = {
  grace: { password: 'old-pw', email: 'grace@example.com' },
};

/** As in the recipe: passport-local, and validate() throws or returns. */
@Injectable()
export class LegacyStrategy extends PassportStrategy(LocalStrategy, 'legacy') {
  /** What validate() does instead of deciding. */
  fault: (() => unknown) | null = null;

  constructor(private readonly auth: AuthService) {
    super();
  }

  async validate(username: string, password: string): Promise<AuthUser | false> {
    if (this.fault) return this.fault() as false;
    const member = LEGACY[username];
    if (member?.password !== password) return false;
    return (await this.auth.findUser(member.email)) ?? this.auth.register({ email: member.email, password: null });
  }
}

abstract class ProviderStrategy extends PassportStrategy(OAuth2Strategy, 'acme') {
  constructor(
    private readonly provider: OAuthProvider,
    private readonly auth: AuthService,
    path: string,
    security: Partial<OAuth2Strategy.StrategyOptions>,
  ) {
    super({
      authorizationURL: `${provider.origin}/authorize`,
      tokenURL: `${provider.origin}/token`,
      clientID: provider.clientId,
      clientSecret: provider.clientSecret,
      // Relative on purpose: it is resolved by baseUrl, whatever Host says.
      callbackURL: path,
      ...security,
    });
    this._oauth2.useAuthorizationHeaderforGET(true);
  }

  override userProfile(accessToken: string, done: (error?: unknown, profile?: Account) => void): void {
    this._oauth2.get(`${this.provider.origin}/userinfo`, accessToken, (error, body) => {
      if (error) done(new Error('no profile'));
      else done(null, JSON.parse(String(body)) as Account);
    });
  }

  async validate(_accessToken: string, _refreshToken: string, { email }: Account): Promise<AuthUser> {
    const found = await this.auth.findUser(email);
    return found ?? this.auth.register({ email, password: null }, { emailVerified: true });
  }
}

@Injectable()
export class AcmeStrategy extends ProviderStrategy {
  constructor(@Inject(OAuthProvider) provider: OAuthProvider, auth: AuthService) {
    super(provider, auth, '/auth/passport/acme/callback', { store: signInState(), pkce: true });
  }
}

/** The same provider by another name. */
@Injectable()
export class OtherStrategy extends ProviderStrategy {
  constructor(@Inject(OAuthProvider) provider: OAuthProvider, auth: AuthService) {
    super(provider, auth, '/auth/passport/other/callback', { store: signInState(), pkce: true });
  }
}

/** As the type allows and nobody should: without a state. */
@Injectable()
export class CarelessStrategy extends ProviderStrategy {
  constructor(@Inject(OAuthProvider) provider: OAuthProvider, auth: AuthService) {
    super(provider, auth, '/auth/passport/careless/callback', {});
  }
}
