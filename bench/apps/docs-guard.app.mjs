import { randomBytes } from 'node:crypto';
import { Module, SetMetadata, UnauthorizedException } from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { decorate } from '../lib/decorate.mjs';
import { helloController } from './hello.controller.mjs';

const IS_PUBLIC = 'isPublic';

/** As in docs.nestjs.com/security/authentication, "Enable authentication globally". */
class AuthGuard {
  constructor(jwtService, reflector) {
    this.jwtService = jwtService;
    this.reflector = reflector;
  }

  async canActivate(context) {
    if (this.reflector.getAllAndOverride(IS_PUBLIC, [context.getHandler(), context.getClass()])) return true;
    const request = context.switchToHttp().getRequest();
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    if (type !== 'Bearer' || !token) throw new UnauthorizedException();
    try {
      request.user = await this.jwtService.verifyAsync(token);
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}

export function build() {
  const secret = randomBytes(48).toString('base64url');
  const jwt = JwtModule.register({ global: true, secret, signOptions: { expiresIn: '1d' } });
  const guard = {
    provide: APP_GUARD,
    inject: [JwtService, Reflector],
    useFactory: (jwtService, reflector) => new AuthGuard(jwtService, reflector),
  };
  const controllers = [helloController({ open: [SetMetadata(IS_PUBLIC, true)] })];
  return {
    module: decorate(class AppModule {}, [Module({ imports: [jwt], providers: [guard], controllers })]),
    commands: (app) => ({ token: () => app.get(JwtService).sign({ sub: 1, username: 'john' }) }),
  };
}
