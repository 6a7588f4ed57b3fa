import { randomBytes } from 'node:crypto';
import { Module, UseGuards } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import passportJwt from 'passport-jwt';
import { decorate } from '../lib/decorate.mjs';
import { helloController } from './hello.controller.mjs';

/** As in docs.nestjs.com/recipes/passport, "Implementing Passport JWT". */
export function build() {
  const secret = randomBytes(48).toString('base64url');
  class JwtStrategy extends PassportStrategy(passportJwt.Strategy) {
    constructor() {
      super({
        jwtFromRequest: passportJwt.ExtractJwt.fromAuthHeaderAsBearerToken(),
        ignoreExpiration: false,
        secretOrKey: secret,
      });
    }
    async validate(payload) {
      return { userId: payload.sub, username: payload.username };
    }
  }
  const imports = [PassportModule, JwtModule.register({ global: true, secret, signOptions: { expiresIn: '1d' } })];
  const controllers = [helloController({ guarded: [UseGuards(AuthGuard('jwt'))] })];
  return {
    module: decorate(class AppModule {}, [Module({ imports, providers: [JwtStrategy], controllers })]),
    commands: (app) => ({ token: () => app.get(JwtService).sign({ sub: 1, username: 'john' }) }),
  };
}
